"""What a channel's lane and its calls share: with each other, with other channels, and with `ways`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.model.people import ChannelId
from bot.outbox.desk import Entry
from bot.outbox.ports import DeliveryFailed, Undeliverable
from bot.outbox.schedule import Allowance


@dataclass(slots=True, eq=False)
class Gate:
    """Slack as a whole, as all lanes share it. Times are monotonic."""

    allowance: Allowance = field(default_factory=Allowance)
    updates_from: float = 0.0
    """Slack's own word on when it takes updates again."""
    closed_for: str = ""
    """Why Slack takes nothing from podbot; empty while it does."""
    probe_at: float = 0.0


@dataclass(slots=True, eq=False)
class Pace:
    """One channel, as its lane and its calls share it. Times are monotonic."""

    closed_for: str = ""
    """Why the channel takes no messages; empty while it does."""
    moving_since: float = 0.0
    """Since when letters wait without one being delivered."""
    failures: int = 0
    """Calls in a row that came to nothing."""
    paused_until: float = 0.0
    posts_from: float = 0.0
    looks_from: float = 0.0


class Office(Protocol):
    """Who is told what cannot be settled between a channel and Slack: `ways`."""

    def channel_closed(self, channel: ChannelId, refused: Entry) -> None:
        """The channel takes no messages: what waits for it goes elsewhere, where there is such a place."""

    def channel_open(self, channel: ChannelId) -> None:
        """The channel takes messages again."""

    def slack_closed(self, code: str) -> None:
        """Slack takes nothing from podbot."""

    def slack_open(self) -> None:
        """Slack takes what it refused before."""

    def gave_up(self, entry: Entry, code: str) -> None:
        """Slack takes this letter in no form."""

    def refused(self, channel: ChannelId, entry: Entry, code: str) -> None:
        """The channel does not take this letter in any form, and nobody knows why."""

    def cannot_look(self, channel: ChannelId, error: DeliveryFailed | Undeliverable) -> None:
        """Whether a message stands in the channel cannot be found out, or not in time."""

    def can_look(self, channel: ChannelId) -> None:
        """It can be found out."""

    async def say(self, entry: Entry) -> None:
        """It was found out that a letter has never been said: whether it still is to be is decided anew."""

    async def step_made(self) -> None:
        """Something was delivered, or was tried."""
