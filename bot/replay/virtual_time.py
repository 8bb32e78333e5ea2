"""Time that passes in a recording: an event loop that never waits.

Where a loop would sleep until its next timer, this one moves its own clock there. Whatever can run at a
moment runs before the next moment comes, so that an hour of a recording takes as long as its work does.
"""

from __future__ import annotations

import asyncio
import selectors
from datetime import datetime, timedelta


class _NeverWaiting(selectors.SelectSelector):
    """Looks what is ready, and counts the time that would have been waited."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; without any timer to wait for it waits for real, which a signal ends."""
        if timeout is None:
            return super().select(None)
        found = super().select(0)
        if not found:
            self.passed += timeout
        return found


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop for `asyncio.Runner`; its time begins at 0."""

    def __init__(self) -> None:
        self._waiting = _NeverWaiting()
        super().__init__(self._waiting)

    def time(self) -> float:
        """Seconds that have passed in the recording."""
        return self._waiting.passed


class RecordedClock:
    """`bot.clock.Clock` in the running loop's time, which begins at `start`."""

    def __init__(self, start: datetime) -> None:
        self._start = start

    def now(self) -> datetime:
        """The moment the recording has come to."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds since the recording's start."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Let the others go on for so long."""
        await asyncio.sleep(seconds)

    async def sleep_until(self, moment: datetime) -> None:
        """Return at `moment`, at once where that is past."""
        await asyncio.sleep(max((moment - self.now()).total_seconds(), 0.0))
