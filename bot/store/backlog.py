"""What is to be written soon, by those who cannot wait for it: a bounded queue, and one task that writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from bot import logs
from bot.clock import Clock
from bot.errors import StoreUnavailable

T = TypeVar("T")

HOLDS = 5_000
"""Things that may wait while the database is away; further ones are let go, which the log says."""

AT_ONCE = 200
RETRY_EVERY = 2.0
"""Seconds between two attempts to write."""

log = logs.get(__name__)


class Backlog(Generic[T]):
    """The queue of one kind of thing, called `what` in the log. `write` puts several into one transaction."""

    def __init__(self, what: str, write: Callable[[Sequence[T]], Awaitable[None]], clock: Clock) -> None:
        self._what = what
        self._write = write
        self._clock = clock
        self._queue: asyncio.Queue[T] = asyncio.Queue(HOLDS)
        self._lost = 0

    def put(self, thing: T) -> None:
        """Have it written soon; where too much waits already, it is not, and the log says so."""
        try:
            self._queue.put_nowait(thing)
        except asyncio.QueueFull:
            if not self._lost:
                log.warning("not_kept", what=self._what, reason="too much waits for the store already")
            self._lost += 1

    async def run(self) -> None:
        """Write what is put, until cancelled."""
        while True:
            some = [await self._queue.get()]
            while len(some) < AT_ONCE and not self._queue.empty():
                some.append(self._queue.get_nowait())
            await self._written(some)
            for _ in some:
                self._queue.task_done()

    async def settle(self, seconds: float) -> None:
        """Return when all that was put is written, or the time for that is over; `run` runs meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self._queue.join()
        except TimeoutError:
            log.warning("not_kept", what=self._what, number=self._queue.qsize(), reason="podbot has to stop")

    async def _written(self, some: Sequence[T]) -> None:
        problem = ""
        while True:
            try:
                await self._write(some)
            except StoreUnavailable as error:
                if str(error) != problem:
                    log.warning("not_kept_yet", what=self._what, reason=str(error))
                problem = str(error)
                await self._clock.sleep(RETRY_EVERY)
            else:
                break
        if self._lost:
            log.warning("not_kept", what=self._what, number=self._lost, reason="too much waited")
            self._lost = 0
