"""The owner of the workspace's background tasks: bounded in number, awaited at close."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

LIMIT = 1_000


class Errands:
    """Runs deliveries nobody waits for; a failure that no errand expected is raised at close."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[Exception] = []

    def run(self, errand: Coroutine[Any, Any, None], *, name: str) -> None:
        """Starts an errand, or drops it when too many are under way."""
        if len(self._tasks) >= LIMIT:
            errand.close()
            return
        task = asyncio.get_running_loop().create_task(errand, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(failure := task.exception(), Exception):
            self._failures.append(failure)

    async def close(self) -> None:
        """Cancels what still runs and waits for it.

        Raises:
            ExceptionGroup: With every failure since the start.
        """
        for task in (running := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._failures:
            raise ExceptionGroup("errands of the workspace failed", self._failures)
