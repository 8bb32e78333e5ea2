"""What lanes share: Slack as a whole, and the dispatcher, whom they tell what they cannot settle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bot.outbox.desk import Entry
from bot.outbox.ports import Undeliverable
from bot.outbox.schedule import Allowance

if TYPE_CHECKING:
    from bot.outbox.lane import Lane


@dataclass(slots=True, eq=False)
class Gate:
    """Slack as a whole, as all lanes share it. Times are monotonic."""

    allowance: Allowance = field(default_factory=Allowance)
    updates_from: float = 0.0
    """Slack's own word on when it takes updates again."""
    closed_for: str = ""
    """Why Slack takes nothing from podbot; empty while it does."""
    probe_at: float = 0.0


class Office(Protocol):
    """The dispatcher, as its lanes see it."""

    def channel_closed(self, lane: Lane, refused: Entry) -> None:
        """The channel takes no messages: what waits for it goes elsewhere, where there is such a place."""

    def channel_open(self, lane: Lane) -> None:
        """The channel takes messages again."""

    def slack_closed(self, code: str) -> None:
        """Slack takes nothing from podbot."""

    def slack_open(self) -> None:
        """Slack takes what it refused before."""

    def gave_up(self, entry: Entry, code: str) -> None:
        """Slack takes this letter in no form."""

    def cannot_look(self, lane: Lane, error: Undeliverable) -> None:
        """Whether a message stands in the channel cannot be found out."""

    async def step_made(self) -> None:
        """Something was delivered, or was tried."""
