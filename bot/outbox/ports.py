"""What the outbox needs: Slack, the store, and a way out where Slack takes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.errors import PodbotError
from bot.model.letters import KeptLetter, LetterKey, Posted
from bot.model.messages import Message
from bot.model.people import ChannelId, MessageTs


class DeliveryFailed(PodbotError):
    """Slack did not take it this time: no answer, 5xx, or "try later". Worth another try.

    `retry_after` is Slack's own word on when (seconds), where it gave one. `refused` says that it was
    certainly not done; otherwise nobody knows.
    """

    def __init__(self, reason: str, retry_after: float | None = None, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.refused = refused


class Undeliverable(PodbotError):
    """Slack will never take it like this: `code` is Slack's error (`channel_not_found`, `invalid_blocks`).

    `details` is what Slack adds, such as the scope that is missing.
    """

    def __init__(self, code: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(f"Slack refuses it for good: {code}")
        self.code = code
        self.details = details


class Delivery(Protocol):
    """Messages to channels. Raises `DeliveryFailed` or `Undeliverable`; never repeats a post by itself."""

    async def post(
        self,
        channel: ChannelId,
        message: Message,
        *,
        letter: LetterKey,
        thread: MessageTs | None = None,
        broadcast: bool = False,
        plain: bool = False,
    ) -> MessageTs:
        """Post a new message, marked as this letter's; returns its id.

        `broadcast`: a reply that the channel sees, too. `plain`: as text, without blocks.
        """
        ...

    async def update(
        self, channel: ChannelId, ts: MessageTs, message: Message, *, letter: LetterKey, plain: bool = False
    ) -> None:
        """Replace a message that `post` made."""
        ...

    async def find(
        self,
        channel: ChannelId,
        letters: Collection[LetterKey],
        *,
        since: datetime,
        thread: MessageTs | None = None,
    ) -> Mapping[LetterKey, MessageTs]:
        """Which of these letters stand in the channel, or in a thread of it, posted since then."""
        ...


class LastResort(Protocol):
    """A way to people that does not need podbot's own access to Slack."""

    async def tell(self, text: str) -> None:
        """Say it. Raises a `PodbotError` where that failed; it may be tried again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """Where a letter goes that cannot go its own way."""

    channel: ChannelId | None = None
    """Takes the letters of channels that are closed; also hears of trouble with the outbox."""
    webhook: LastResort | None = None
    """Is told while there is no channel left, or Slack takes nothing from podbot."""


class OutboxStore(Protocol):
    """What is kept of letters. Raises `bot.errors.StoreUnavailable`, and `bot.errors.Deposed`."""

    async def kept(self) -> Sequence[KeptLetter]:
        """All letters that wait, may get another wording, or have one of these in their thread."""
        ...

    async def note(self, key: LetterKey, posted: Posted, at: datetime) -> None:
        """Remember how far a letter has come. Deaths that its revision tells of are announced as of `at`.

        Also of a letter that is not saved yet, as the store was away: once it is saved it keeps what was
        noted of it.
        """
        ...

    async def give_up(self, key: LetterKey, problem: str, at: datetime) -> None:
        """Lay a letter aside that Slack will never take; it is kept with the reason, and tried no more."""
        ...
