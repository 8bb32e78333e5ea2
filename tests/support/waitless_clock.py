"""A clock for one caller that tries again and gives up: only its own waits pass time, and they cost none."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime


class WaitlessClock:
    """Implements `bot.clock.Clock`. Whatever work takes, on however busy a machine, is no time on it.

    Dates stay true, so that they fit those that servers write.
    """

    def __init__(self) -> None:
        self._waited = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self._waited

    async def sleep(self, seconds: float) -> None:
        self._waited += max(seconds, 0.0)
        await asyncio.sleep(0)
