"""Where the simulated cluster takes the time from: the machine's clock, or one that a test moves by hand.

`agenda` schedules against these; nothing else in the cluster asks what time it is.
"""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Gives the time in UTC and sleeps until a moment of it."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Return once `now()` is at or past `moment`."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        """Sleep in real time until `moment`."""
        await asyncio.sleep(max(0.0, (moment - self.now()).total_seconds()))


class ManualClock:
    """A clock that stands still until `move_to` moves it; sleepers wake when it passes their moment."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        """Return the moment it was last moved to."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Move forward to `moment`; never backward."""
        self._now = max(self._now, moment)
        for sleeper in [s for s in self._sleepers if s[0] <= self._now]:
            self._sleepers.remove(sleeper)
            sleeper[1].set()

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until somebody moves the clock to `moment`."""
        if moment <= self._now:
            return
        sleeper = (moment, asyncio.Event())
        self._sleepers.append(sleeper)
        try:
            await sleeper[1].wait()
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)
