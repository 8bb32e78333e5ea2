"""A clock for whole bots in tests: waits are short, and hours pass at a word."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class HurriedClock:
    """The machine's clock, on which waits pass `speed` times as fast, and which can be put forward.

    Dates stay true, so that they fit those that servers write; monotonic time is the event loop's, so that it
    passes as fast as waits do, and work takes none of it (`patient_loop`).
    """

    def __init__(self, speed: float = 5.0) -> None:
        self._speed = speed
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() * self._speed + self._ahead.total_seconds()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)

    def put_forward(self, by: timedelta) -> None:
        """Let time pass at once."""
        self._ahead += by
