"""A held clock whose machine is set right, is suspended, or stands still: what clocks do at such times."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.support.clock import HeldClock


class LeapingClock(HeldClock):
    """Implements `bot.clock.Clock`; `slept` is what `bot.ops.suspension.slept` would say."""

    def __init__(self) -> None:
        super().__init__()
        self._off = timedelta()
        self._slept = 0.0

    def now(self) -> datetime:
        return super().now() + self._off

    def slept(self) -> float:
        return self._slept

    def leap(self, seconds: float) -> None:
        """Somebody sets the wall clock; nothing else happens."""
        self._off += timedelta(seconds=seconds)

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: the wall goes on, and the clock by which is waited does not."""
        self._slept += seconds
        self.leap(seconds)

    def stand_still(self, seconds: float) -> None:
        """The process is stopped: all clocks go on, and whoever is due is late."""
        self._passed += seconds
