"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


class HeldClock:
    """Implements `bot.clock.Clock`. `advance` wakes whoever's time has come, in order."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._passed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        self._count += 1
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + seconds, self._count, woken))
        await woken

    @property
    def sleepers(self) -> int:
        """How many sleep."""
        return len(self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Move time on, stopping at each sleeper's hour to let it run."""
        end = self._passed + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, woken = heapq.heappop(self._sleepers)
            self._passed = max(self._passed, at)
            if not woken.done():
                woken.set_result(None)
            await settle()
        self._passed = end
        await settle()


async def settle(rounds: int = 20) -> None:
    """Let every task that can go on do so, some steps far."""
    for _ in range(rounds):
        await asyncio.sleep(0)
