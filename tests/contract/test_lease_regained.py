"""A lease that is lost for a moment while the store is away: what was told from memory is told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from bot.errors import Deposed, StoreUnavailable
from bot.incidents.keeper import Keeper
from bot.incidents.records import Batch, KeptIncident
from bot.incidents.unwritten import Unwritten
from bot.model.deaths import DeathId
from bot.model.incidents import IncidentId
from bot.model.leadership import Term
from bot.model.memory import Checkpoint, Counted, Findings, PodMemory
from bot.model.pods import ClusterName
from bot.store.leader import LeaderStore
from bot.store.store import Store
from bot.watch.shade import Shade
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death
from tests.support.keepers import Said, a_keeper, at_work
from tests.support.pods import at
from tests.support.stores import a_batch, an_incident
from tests.support.waiting import eventually

REACHED = Checkpoint(cluster=CLUSTER, namespace="", version="7", at=at(11))


def left_over() -> Batch:
    """What a term left: a death and its incident."""
    return a_batch(an_incident("1F3K", a_death()), a_death())


class Reached:
    """Implements `store_ports.IncidentStore`: one term's, as long as its database can be reached."""

    def __init__(self, store: LeaderStore) -> None:
        self.away = False
        self.hangs: asyncio.Event | None = None
        self.saved: list[Batch] = []
        self._store = store

    async def known(self, deaths: Sequence[DeathId]) -> frozenset[DeathId]:
        self._look()
        return await self._store.known(deaths)

    async def save(self, batch: Batch) -> None:
        self._look()
        if self.hangs is not None:
            self.hangs.set()
            await asyncio.Event().wait()
        await self._store.save(batch)
        self.saved.append(batch)

    async def taken(self, ids: Sequence[IncidentId]) -> frozenset[IncidentId]:
        self._look()
        return await self._store.taken(ids)

    async def live(self) -> Sequence[KeptIncident]:
        self._look()
        return await self._store.live()

    def _look(self) -> None:
        if self.away:
            raise StoreUnavailable("the server restarts")


@pytest.fixture
def outbox() -> Said:
    """What is said in all terms."""
    return Said()


@asynccontextmanager
async def a_term(outbox: Said, store: Reached) -> AsyncIterator[Keeper]:
    keeper = a_keeper(
        store=store,
        outbox=outbox,
        clock=HeldClock(),
    )
    await keeper.begin()
    async with at_work(keeper):
        yield keeper


def told(outbox: Said) -> set[IncidentId]:
    """Which incidents have a message."""
    return {each.incident for each in outbox.letters if each.incident is not None}


def deaths_of(keeper: Keeper, identity: IncidentId) -> int:
    """How many an incident counts; none where there is no such incident."""
    incident = keeper.incident(identity)
    return incident.deaths if incident is not None else 0


def died() -> Findings:
    memory = PodMemory(counted={"app": Counted(0, at(10))})
    return Findings(cluster=CLUSTER, uid=a_death().id.uid, deaths=(a_death(),), memory=memory)


async def test_what_was_told_from_memory_is_taken_over(store: Store, outbox: Said) -> None:
    """The process has its lease again: the same incident goes on, and nothing is told under another id."""
    shade, unwritten = Shade(CLUSTER, HeldClock()), Unwritten(CLUSTER)
    first = Reached(store.term(CLUSTER, Term(1)))
    async with a_term(outbox, first) as keeper:
        await shade.hand_over(keeper.record)
        first.away = True
        await shade.take(died())
        await keeper.reached(REACHED)
        await eventually(lambda: told(outbox) != set())
        shade.withdraw()
    (identity,) = told(outbox)
    unwritten.leave(Term(1), keeper.unwritten())

    second = Reached(store.term(CLUSTER, Term(2)))
    second.away = True
    with pytest.raises(StoreUnavailable):
        await unwritten.write(Term(2), second)
    second.away = False
    await unwritten.write(Term(2), second)
    async with a_term(outbox, second) as keeper:
        assert deaths_of(keeper, identity) == 1
        await shade.hand_over(keeper.record)
        later = Findings(cluster=CLUSTER, uid=a_death().id.uid, deaths=(a_death(restart=1, seconds=20),))
        await shade.take(later)
        await eventually(lambda: deaths_of(keeper, identity) == 2)
    assert told(outbox) == {identity}
    assert await store.watched(CLUSTER).checkpoints() == (REACHED,)


async def test_what_was_being_written_is_left_over_too(store: Store, outbox: Said) -> None:
    """Nobody knows whether the database took it: it is written once more, and is there once."""
    first, unwritten = Reached(store.term(CLUSTER, Term(1))), Unwritten(CLUSTER)
    async with a_term(outbox, first) as keeper:
        first.hangs = asyncio.Event()
        await keeper.record(died())
        await first.hangs.wait()
    left = keeper.unwritten()
    assert left is not None
    assert [each.death.id for each in left().deaths] == [a_death().id]
    unwritten.leave(Term(1), left)
    second = store.term(CLUSTER, Term(2))
    await unwritten.write(Term(2), second)
    await unwritten.write(Term(2), second)
    assert await second.known([a_death().id]) == {a_death().id}
    (kept,) = await second.live()
    assert kept.incident.deaths == 1


@pytest.mark.parametrize("term", [Term(3), Term(1)], ids=["another-led", "terms-began-anew"])
async def test_what_another_leader_may_have_told_is_not_written(store: Store, term: Term) -> None:
    """It has found the same deaths, and told them under its own ids."""
    unwritten = Unwritten(CLUSTER)
    unwritten.leave(Term(1 if term > 1 else 2), left_over)
    kept = store.term(CLUSTER, term)
    await unwritten.write(term, kept)
    assert await kept.live() == ()


async def test_it_lasts_until_a_term_has_written_it(store: Store) -> None:
    """The lease was lost once more while the store was still away; nothing new was there to be left."""
    unwritten = Unwritten(CLUSTER)
    unwritten.leave(Term(1), left_over)
    second = Reached(store.term(CLUSTER, Term(2)))
    second.away = True
    with pytest.raises(StoreUnavailable):
        await unwritten.write(Term(2), second)
    unwritten.leave(Term(2), None)
    third = Reached(store.term(CLUSTER, Term(3)))
    await unwritten.write(Term(3), third)
    await unwritten.write(Term(3), third)
    assert len(third.saved) == 1


async def test_whatever_is_wrong_with_it_the_next_term_begins(store: Store) -> None:
    """Refused by the database or by a later term, it is let go."""
    unwritten = Unwritten(CLUSTER)
    elsewhere = Reached(store.term(ClusterName("prod-us"), Term(2)))

    async def stumble(batch: Batch) -> None:
        raise KeyError(batch)

    elsewhere.save = stumble  # type: ignore[method-assign]  # of this test alone
    unwritten.leave(Term(1), left_over)
    await unwritten.write(Term(2), elsewhere)

    await store.term(CLUSTER, Term(9)).live()
    unwritten.leave(Term(1), left_over)
    with pytest.raises(Deposed):
        await unwritten.write(Term(2), store.term(CLUSTER, Term(2)))
