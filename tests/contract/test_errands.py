"""Errands, edited silences and the incidents that any replica may look up, over every database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.clock import SystemClock
from bot.incidents import silencing
from bot.incidents.acts import Act, ActRefusal, ActResult
from bot.incidents.errands import SharedBoard, run_errands
from bot.incidents.store_ports import ErrandStore, Incidents, SilenceStore
from bot.model.incident_commands import AcknowledgeIncident, SilenceIncident
from bot.model.incidents import Ending, IncidentId, IncidentState, SilenceId
from bot.model.people import UserId
from bot.model.pods import ClusterName
from bot.model.silences import Silence
from bot.store.leader import LeaderStore
from bot.store.store import Store
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death
from tests.support.incident_board import MemoryBoard
from tests.support.pods import at
from tests.support.stores import a_batch, an_incident

ALICE = UserId("U01ALICE")
ID = IncidentId("1F3K")
HOUR = timedelta(hours=1)


def a_silence(identity: str = "S1111") -> Silence:
    incident = an_incident(ID, a_death())
    return silencing.of_incident(SilenceId(identity), incident, HOUR, ALICE, at(0), reason="tests")


def an_act(seconds: float = 0) -> Act:
    return Act(command=AcknowledgeIncident(incident=ID, lasting=HOUR), by=ALICE, at=at(seconds))


def test_it_is_what_the_ports_ask_for(store: Store) -> None:
    """Said once to the type checker, as nothing else joins them."""
    errands: ErrandStore = store.errands(CLUSTER)
    incidents: Incidents = store.archive(CLUSTER)
    silences: SilenceStore = store.silences
    assert (errands, incidents, silences) is not None


async def test_an_errand_comes_back_with_its_answer(store: Store) -> None:
    """As it was left, silence and all; the oldest first, and those of the cluster alone."""
    errands, elsewhere = store.errands(CLUSTER), store.errands(ClusterName("staging"))
    silenced = Act(command=SilenceIncident(incident=ID), by=ALICE, at=at(1), silence=a_silence())
    await errands.put("second", silenced)
    await errands.put("first", an_act())
    await elsewhere.put("other", an_act())
    assert [(each.id, each.act) for each in await errands.waiting()] == [
        ("first", an_act()),
        ("second", silenced),
    ]
    assert await errands.result("first") is None
    assert await errands.take("first", at(2))
    result = ActResult(incident=an_incident(ID, a_death()))
    await errands.answer("first", result, at(2))
    assert await errands.result("first") == result
    assert [each.id for each in await errands.waiting()] == ["second"]
    refused = ActResult(refusal=ActRefusal.STILL_FAILING, words="2 of 5 Ready")
    await errands.answer("second", refused, at(3))
    assert await errands.result("second") == refused


async def test_an_errand_belongs_to_whoever_takes_it_first(store: Store) -> None:
    """The leader who does it, or the asker who withdraws it."""
    errands = store.errands(CLUSTER)
    await errands.put("one", an_act())
    assert sum(await asyncio.gather(*(errands.take("one", at(1)) for _ in range(10)))) == 1
    assert not await errands.take("none such", at(1))


async def test_a_silence_is_edited_while_deaths_are_counted(store: Store) -> None:
    """Neither change is lost, however many come at once."""
    silence = a_silence()
    await store.silences.put(silence)

    def edited(each: Silence) -> Silence:
        return silencing.edited(each, at(60), lasting=2 * HOUR, reason="longer")

    def counted(each: Silence) -> Silence:
        return silencing.counted(each, {ID: 1})

    await asyncio.gather(*(store.silences.change(silence.id, each) for each in [counted] * 9 + [edited]))
    after = await store.silences.get(silence.id)
    assert after is not None
    assert (after.deaths, after.until, after.reason) == (9, at(60) + 2 * HOUR, "longer")
    assert await store.silences.change(SilenceId("S2222"), edited) is None


async def test_any_replica_finds_an_incident(store: Store, kept: LeaderStore) -> None:
    """Open or over, of its cluster; the open ones in the order of their first death."""
    first, second = a_death(), a_death(uid="uid-2", seconds=20)
    opened = an_incident(ID, first)
    over = replace(
        an_incident("2222", second),
        state=IncidentState.GONE,
        ending=Ending(since=at(60), words="deleted"),
    )
    await kept.save(a_batch(opened, first))
    await kept.save(a_batch(over, second))
    archive = store.archive(CLUSTER)
    assert await archive.find(ID) == opened
    assert await archive.find(IncidentId("2222")) == over
    assert await archive.find(IncidentId("3333")) is None
    assert await archive.open_ones() == (opened,)
    assert await store.archive(ClusterName("staging")).find(ID) is None


async def test_a_press_reaches_the_leader_through_the_store(store: Store) -> None:
    """One replica leaves it, the one that leads does it once, and the answer comes back."""
    clock = SystemClock()
    keeper = MemoryBoard(clock=HeldClock())
    keeper.hold(an_incident(ID, a_death()))
    act = Act(command=AcknowledgeIncident(incident=ID), by=ALICE, at=clock.now())
    leading = asyncio.create_task(run_errands(keeper, store.errands(CLUSTER), clock), name="leader")
    try:
        results = await asyncio.gather(
            *(SharedBoard(lambda: None, store.errands(CLUSTER), clock).act(act) for _ in range(3))
        )
    finally:
        leading.cancel()
        await asyncio.gather(leading, return_exceptions=True)
    assert len(keeper.acts) == len(results) == 3
    assert results[-1].incident is not None
    assert results[-1].incident.acknowledged is not None
