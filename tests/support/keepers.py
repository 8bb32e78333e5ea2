"""What a keeper under test stands on: logs, an outbox and a store in memory, and a task that runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from bot.incidents.keeper import Keeper
from bot.incidents.records import Batch, KeptIncident, ToldEntry
from bot.incidents.unrouted import Unrouted
from bot.incidents.unstored import Unstored
from bot.model.incidents import IncidentId
from bot.model.letters import Letter
from bot.model.people import ChannelId
from bot.pods.redact import mask_lines
from bot.store import codec
from tests.support.deaths import CLUSTER


class LastWords:
    """Implements `incidents.ports.LogSource`: the same lines, whatever died."""

    def __init__(self, *lines: str) -> None:
        self._lines = lines

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool, tail: int
    ) -> tuple[str, ...]:
        return self._lines


class Said:
    """Implements `incidents.ports.Outbox`: every letter, in the order in which they came."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def put(self, letters: Sequence[Letter], *, saved: bool = True) -> None:
        self.letters += letters


class LastingStore(Unstored):
    """Keeps incidents for the next life, as a database would, and their stories."""

    def __init__(self) -> None:
        super().__init__()
        self.incidents: dict[IncidentId, KeptIncident] = {}
        self.stories: dict[tuple[IncidentId, int], ToldEntry] = {}

    async def save(self, batch: Batch) -> None:
        await super().save(batch)
        self.incidents |= {each.incident.id: each for each in batch.incidents}
        self.stories |= {(each.incident, each.entry.number): each for each in batch.stories}

    async def live(self) -> Sequence[KeptIncident]:
        return tuple(codec.incident.read(codec.incident.write(each)) for each in self.incidents.values())


a_keeper = partial(
    Keeper, cluster=CLUSTER, router=Unrouted(ChannelId("C1")), source=LastWords(), mask=mask_lines
)
"""Keeps the incidents of `CLUSTER`; what it says goes to the channel C1, and pods have left no logs."""


@asynccontextmanager
async def at_work(keeper: Keeper) -> AsyncIterator[None]:
    """The keeper runs, and does not end by itself."""
    task = asyncio.create_task(keeper.run(), name="keeper under test")
    try:
        yield
        assert not task.done(), "the keeper goes on"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
