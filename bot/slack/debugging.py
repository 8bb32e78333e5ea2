"""Debug containers in Slack: said in the channel when one starts, answered when it has ended."""

from __future__ import annotations

from typing import Protocol

from bot.commands.replies import reply
from bot.model.debugging import DebugOutput, DebugStarted
from bot.slack.place import Place
from bot.slack.speaker import Speaker


class DebugSource(Protocol):
    """The part of the pod service that is needed here."""

    async def debug_output(self, started: DebugStarted) -> DebugOutput:
        """What a debug container wrote, when it has ended; takes up to a minute."""
        ...


async def tell(pods: DebugSource, speaker: Speaker, place: Place, started: DebugStarted) -> None:
    """Tell the channel what was changed, then the asker what came of it."""
    begun = reply(started)
    if not await speaker.announce(place, begun):
        await speaker.tell(place, begun)
    await speaker.tell(place, reply(await pods.debug_output(started)))
