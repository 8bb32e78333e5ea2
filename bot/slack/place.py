"""Where a request was made, and with that, where its answer belongs."""

from __future__ import annotations

import msgspec

from bot.model.people import ChannelId, MessageTs, UserId
from bot.model.pods import ClusterName


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person in a channel, perhaps in a thread; a struct, so that a dialog can carry it along."""

    user: UserId
    channel: ChannelId
    thread: MessageTs | None = None
    """Set where the request was made inside a thread, or about the message that would begin it."""
    unbegun: bool = False
    """Nobody has replied in the thread yet, where Slack shows nothing that is for one person alone."""
    response_url: str = ""
    """Slack's address for answers to this very request: 5 uses, 30 minutes; empty where there is none."""
    cluster: ClusterName | None = None
    """The cluster that the request is about; None where one is served, or the request is about none."""

    @property
    def private_thread(self) -> MessageTs | None:
        """The thread for what the person alone is to see; None where that belongs into the channel."""
        return None if self.unbegun else self.thread
