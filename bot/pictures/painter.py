"""Has pictures drawn beside the event loop, one at a time. Implements `incidents.ports.Pictures`."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from bot.model.statistics import Statistics
from bot.pictures import statistics as statistics_picture


class Painter:
    """Owns one thread, from `async with` to its end; one picture waits for the other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="painter")

    async def statistics(self, statistics: Statistics) -> bytes:
        """Deaths by time and the worst workloads, as a PNG."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, statistics_picture.draw, statistics)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What is being drawn takes a tenth of a second; what waits is not wanted any more.
        self._thread.shutdown(wait=False, cancel_futures=True)
