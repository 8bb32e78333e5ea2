"""When an answer may be missing without anybody's fault: the bot was ended before it could be given. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ANSWERED_WITHIN = 12.0
"""Seconds in which a command that was taken is answered where Slack takes the answer."""

TRIED_AGAIN_WITHIN = 20.0
"""Seconds after which the bot has tried again, once Slack takes answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuses:
    """All moments by the machine's monotonic clock."""

    killed: Sequence[float]
    """When a bot was ended without warning."""
    stopped: Sequence[float]
    """When a bot was told to end. It answers what it has taken, if Slack lets it."""
    held_up: Sequence[tuple[float, float]]
    """From when to when nothing was said: Slack did not take it, or the bot hung."""

    def cut_short(self, asked_at: float) -> bool:
        """Whether the answer to what was asked then may have been cut off."""
        return any(0 <= moment - asked_at <= ANSWERED_WITHIN for moment in self.killed) or any(
            self._held_up(asked_at, moment) for moment in (*self.killed, *self.stopped)
        )

    def _held_up(self, asked_at: float, end: float) -> bool:
        """Whether the bot may have been kept from answering until its end."""
        return asked_at <= end and any(
            begins <= end and ends + TRIED_AGAIN_WITHIN >= end and asked_at <= ends
            for begins, ends in self.held_up
        )
