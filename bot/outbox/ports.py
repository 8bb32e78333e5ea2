"""What the outbox needs from Slack."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.errors import PodbotError
from bot.model.letters import KeptLetter, LetterKey, Posted
from bot.model.messages import Message
from bot.model.people import ChannelId, MessageTs


class DeliveryFailed(PodbotError):
    """Slack did not take it this time: no answer, 5xx, or "try later". Worth another try.

    `retry_after` is Slack's own word on when (seconds), where it gave one.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Undeliverable(PodbotError):
    """Slack will never take it like this: `code` is Slack's error (`channel_not_found`, `invalid_blocks`)."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refuses it for good: {code}")
        self.code = code


class Delivery(Protocol):
    """Messages to channels. Raises `DeliveryFailed` or `Undeliverable`; never repeats a post by itself."""

    async def post(self, channel: ChannelId, message: Message) -> MessageTs:
        """Post a new message; returns its id."""
        ...

    async def update(self, channel: ChannelId, ts: MessageTs, message: Message) -> None:
        """Replace a message that `post` made."""
        ...


class OutboxStore(Protocol):
    """What is kept of letters. Raises `bot.errors.StoreUnavailable`, and `bot.errors.Deposed`."""

    async def kept(self) -> Sequence[KeptLetter]:
        """All letters that wait, or may still get another wording."""
        ...

    async def note(self, key: LetterKey, posted: Posted, at: datetime) -> None:
        """Remember how far a letter has come. Deaths that its revision tells of are announced as of `at`."""
        ...

    async def give_up(self, key: LetterKey, problem: str, at: datetime) -> None:
        """Lay a letter aside that Slack will never take; it is kept with the reason, and tried no more."""
        ...
