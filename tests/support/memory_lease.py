"""A lease in memory, requests for which can be slow, get lost or fail; and time that nobody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar

from bot.errors import ClusterUnreachable, ObjectConflict, ObjectNotFound
from bot.model.leadership import LeaseRecord
from bot.replay.virtual_time import RecordedClock, VirtualTimeLoop

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
_T = TypeVar("_T")


def virtually(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run a coroutine in time that passes as fast as the work is done."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(work())


def in_virtual_time(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Has a test run so: its hours pass at once, and in the same order each time."""

    @wraps(test)
    def run() -> None:
        virtually(test)

    return run


@dataclass(slots=True, kw_only=True)
class Mishap:
    """What becomes of one request: the time it takes to the server and back, and what is lost on the way."""

    there: float = 0.0
    back: float = 0.0
    request_lost: bool = False
    answer_lost: bool = False


@dataclass(slots=True, kw_only=True)
class LeaseServer:
    """The one place where the lease is kept."""

    record: LeaseRecord | None = None
    versions: int = 0
    writes: list[LeaseRecord] = field(default_factory=list)

    def write(self, record: LeaseRecord) -> LeaseRecord:
        current = self.record.version if self.record else ""
        if record.version != current:
            if not current:
                raise ObjectNotFound("no lease")
            raise ObjectConflict("changed")
        self.versions += 1
        self.record = replace(record, version=str(self.versions))
        self.writes.append(self.record)
        return self.record


@dataclass(slots=True, kw_only=True)
class MemoryLease:
    """One process's way to it; implements `ops.leases.Lease`."""

    server: LeaseServer
    mishaps: Callable[[], Mishap] = Mishap
    away: Exception | None = None
    requests: int = 0

    @property
    def name(self) -> str:
        return "lease podbot"

    async def read(self) -> LeaseRecord | None:
        return await self._asked(lambda: self.server.record)

    async def create(self, record: LeaseRecord) -> LeaseRecord:
        assert not record.version
        return await self._asked(lambda: self.server.write(record))

    async def replace(self, record: LeaseRecord) -> LeaseRecord:
        assert record.version
        return await self._asked(lambda: self.server.write(record))

    async def _asked(self, what: Callable[[], _T]) -> _T:
        """A request goes on to the server even where whoever sent it has stopped waiting."""
        self.requests += 1
        if self.away is not None:
            raise self.away
        mishap = self.mishaps()
        arriving = asyncio.create_task(self._arrives(what, mishap), name="request")
        _under_way.add(arriving)
        arriving.add_done_callback(_under_way.discard)
        try:
            answer = await asyncio.shield(arriving)
        except asyncio.CancelledError:
            arriving.add_done_callback(_looked_at)
            raise
        if mishap.request_lost or mishap.answer_lost:
            raise ClusterUnreachable("the connection broke off")
        assert answer is not None
        return answer[0]

    async def _arrives(self, what: Callable[[], _T], mishap: Mishap) -> tuple[_T] | None:
        await asyncio.sleep(mishap.there)
        done = None if mishap.request_lost else (what(),)
        await asyncio.sleep(mishap.back)
        return done


_under_way: set[asyncio.Task[Any]] = set()


def _looked_at(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()


class DriftingClock(RecordedClock):
    """A clock that goes a little too fast or too slow, and stands where it likes."""

    def __init__(self, *, rate: float = 1.0, offset: float = 0.0) -> None:
        super().__init__(START)
        self._rate = rate
        self._offset = offset

    def monotonic(self) -> float:
        return super().monotonic() * self._rate + self._offset

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._rate)
