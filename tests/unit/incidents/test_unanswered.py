"""Deaths that may have been told before wait for the ledger, and for nothing else; fresh ones do not wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.errors import StoreUnavailable
from bot.incidents import intake, journal, unanswered
from bot.incidents.records import Batch
from bot.incidents.unstored import Unstored
from bot.model.deaths import Death, DeathId
from bot.model.memory import Checkpoint, Counted, Findings, PodMemory
from bot.model.pods import PodUid
from tests.support.clock import HeldClock, settle
from tests.support.deaths import CLUSTER, a_death
from tests.support.keepers import Said, a_keeper, at_work
from tests.support.pods import at

AGAIN = journal.RETRY_EVERY + 0.1


class Store(Unstored):
    """What was written, in its order. `away`: it refuses everything; `full`: what is to be written."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.full = False
        self.writes = asyncio.Event()
        self.writes.set()
        self.written: list[object] = []
        self.memory: dict[PodUid, PodMemory | None] = {}

    async def known(self, deaths: Sequence[DeathId]) -> frozenset[DeathId]:
        if self.away:
            raise StoreUnavailable("the server restarts")
        return await super().known(deaths)

    async def save(self, batch: Batch) -> None:
        if self.away or self.full:
            raise StoreUnavailable("the server restarts")
        await self.writes.wait()
        await super().save(batch)
        self.written += [each.death.id for each in batch.deaths]
        self.written += [uid for uid, memory in batch.remembered.items() if memory != self.memory.get(uid)]
        self.memory |= batch.remembered
        self.written += [each.version for each in batch.checkpoints]


class Desk:
    """A keeper, its store, and which deaths it has told."""

    def __init__(self, store: Store) -> None:
        self.clock = HeldClock()
        self.store = store
        self.outbox = Said()
        self.keeper = a_keeper(
            store=store,
            outbox=self.outbox,
            clock=self.clock,
        )

    @property
    def said(self) -> Sequence[str]:
        """How many deaths each message told of."""
        return [
            str(each.message.metadata.payload["deaths"])
            for each in self.outbox.letters
            if each.thread is None and each.message.metadata is not None
        ]

    async def finds(self, *each: Findings) -> None:
        for findings in each:
            await self.keeper.record(findings)
        await settle()

    @property
    def deaths(self) -> int:
        """How many were counted by what was said last."""
        return int(self.said[-1]) if self.said else 0


@asynccontextmanager
async def a_desk(store: Store | None = None) -> AsyncIterator[Desk]:
    desk = Desk(store or Store())
    async with at_work(desk.keeper):
        yield desk


def remembering(restart: int) -> PodMemory:
    return PodMemory(counted={"app": Counted(restart, at(restart))})


def fresh(restart: int, uid: str = "uid-1") -> Findings:
    return found(a_death(restart=restart, uid=uid))


def old(restart: int, uid: str = "uid-1") -> Findings:
    return replace(fresh(restart, uid), may_be_known=True)


def found(death: Death) -> Findings:
    memory = remembering(death.id.restart)
    return Findings(cluster=CLUSTER, uid=death.id.uid, deaths=(death,), memory=memory)


async def told_before(*findings: Findings) -> Store:
    """A store in which the leader before has written these."""
    store = Store()
    async with a_desk(store) as desk:
        await desk.finds(*findings)
    assert desk.deaths == len(findings)
    store.written.clear()
    return store


async def test_what_was_told_is_not_told_again_because_the_store_went_away() -> None:
    """It answered when the term began, and not any more when the standby's findings came."""
    store = await told_before(fresh(0), fresh(1))
    async with a_desk(store) as desk:
        store.away = True
        await desk.finds(old(0), old(1))
        await desk.clock.advance(300)
        assert desk.said == []
        store.away = False
        await desk.clock.advance(AGAIN)
        assert desk.said == []
        assert store.memory[PodUid("uid-1")] == remembering(1)


async def test_what_was_not_told_is_told_once_the_ledger_says_so() -> None:
    """Nobody but the standby had seen the second."""
    store = await told_before(fresh(0))
    async with a_desk(store) as desk:
        store.away = True
        await desk.finds(old(0), old(1))
        assert desk.said == []
        store.away = False
        await desk.clock.advance(AGAIN)
        assert desk.deaths == 1
        assert store.written == [a_death(restart=1).id, "uid-1"]


async def test_a_fresh_death_does_not_wait() -> None:
    """Of another pod, or of the same: it goes out from memory while the older ones wait."""
    async with a_desk() as desk:
        desk.store.away = True
        await desk.finds(old(0), fresh(1), fresh(0, uid="uid-2"))
        assert desk.deaths == 2
        desk.store.away = False
        await desk.clock.advance(AGAIN)
        await desk.clock.advance(AGAIN)
        assert desk.deaths == 3


async def test_what_comes_after_is_not_remembered_before() -> None:
    """Memory that counts a death that waits, or a checkpoint past it, would lose it if podbot were killed."""
    store = Store()
    async with a_desk(store) as desk:
        store.full = store.away = True
        await desk.finds(old(0), old(1), fresh(2))
        for version in ("7", "8"):
            await desk.keeper.reached(Checkpoint(cluster=CLUSTER, namespace="", version=version, at=at(11)))
        await desk.finds(Findings(cluster=CLUSTER, uid=PodUid("uid-1"), memory=remembering(3)))
        await desk.finds(Findings(cluster=CLUSTER, uid=PodUid("uid-2"), memory=remembering(0)))
        store.full = store.away = False
        await desk.clock.advance(2 * AGAIN)
        waited = [store.written.index(a_death(restart=number).id) for number in (0, 1)]
        assert store.written.index("uid-1") > max(waited)
        assert store.written.index("8") > max(waited)
        assert "7" not in store.written
        assert store.memory == {"uid-1": remembering(3), "uid-2": remembering(0)}


async def test_what_comes_with_the_answer_is_the_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A death that is taken in one go with an older one of its pod leaves its own memory, not that one's."""
    monkeypatch.setattr(intake, "AT_ONCE", 3)
    async with a_desk() as desk:
        desk.store.away = True
        await desk.finds(*(old(0, uid) for uid in ("uid-2", "uid-3", "uid-4", "uid-1")))
        desk.store.away = False
        desk.store.writes.clear()
        await desk.clock.advance(AGAIN)  # the first lot is being written; the fourth death still waits
        await desk.finds(*(fresh(5, uid) for uid in ("uid-6", "uid-7", "uid-8")), fresh(1))
        desk.store.writes.set()
        await settle(100)
        assert desk.store.memory[PodUid("uid-1")] == remembering(1)


async def test_a_full_disk_answers_all_the_same() -> None:
    """Nothing can be written, and the ledger be read: the death is told, from memory."""
    store = await told_before(fresh(0))
    async with a_desk(store) as desk:
        store.full = True
        await desk.finds(fresh(2))
        assert desk.deaths == 1
        await desk.finds(old(0), old(1))
        await desk.clock.advance(AGAIN)
        assert desk.deaths == 2


async def test_what_this_process_has_in_hand_is_known_without_the_ledger() -> None:
    """It was told from memory, and comes again from the history."""
    async with a_desk() as desk:
        desk.store.away = True
        await desk.finds(fresh(0))
        await desk.finds(old(0))
        desk.store.away = False
        await desk.clock.advance(2 * AGAIN)
        assert desk.deaths == 1
        assert [each for each in desk.store.written if isinstance(each, DeathId)] == [a_death().id]


async def test_many_are_asked_about_in_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order in which they were found, with nothing left over."""
    monkeypatch.setattr(intake, "AT_ONCE", 3)
    async with a_desk() as desk:
        desk.store.away = True
        await desk.finds(*(old(number) for number in range(10)))
        assert desk.said == []
        desk.store.away = False
        await desk.clock.advance(2 * AGAIN)
        ids = [each.restart for each in desk.store.written if isinstance(each, DeathId)]
        assert ids == list(range(10))


async def test_the_wait_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it the oldest are told: twice is better than never."""
    monkeypatch.setattr(unanswered, "MOST_WAITING", 5)
    async with a_desk() as desk:
        desk.store.away = True
        await desk.finds(*(old(number) for number in range(8)))
        assert desk.deaths == 3
        desk.store.away = False
        await desk.clock.advance(2 * AGAIN)
        assert desk.deaths == 8
