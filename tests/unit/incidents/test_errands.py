"""A press that reaches a replica which does not lead: done once by the one that does, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.errors import Deposed, StoreUnavailable
from bot.incidents import engine
from bot.incidents.acts import Act, ActRefusal, ActResult
from bot.incidents.errands import TOO_OLD, WAITS_FOR, SharedBoard, run_errands
from bot.incidents.latest import LatestIncidents
from bot.model.incident_commands import AcknowledgeIncident
from bot.model.incident_problems import NotAnsweredInTime, StoreAway
from bot.model.incidents import IncidentId, SilenceId
from bot.model.people import UserId
from tests.support.clock import HeldClock
from tests.support.deaths import a_death
from tests.support.incident_board import MemoryBoard, MemoryErrands

ID = IncidentId("1F3K")


def an_act(clock: HeldClock) -> Act:
    return Act(command=AcknowledgeIncident(incident=ID), by=UserId("U01ALICE"), at=clock.now())


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def keeper(clock: HeldClock) -> MemoryBoard:
    board = MemoryBoard(clock=clock)
    board.hold(engine.opened(ID, a_death()))
    return board


@pytest.fixture
def errands() -> MemoryErrands:
    return MemoryErrands()


@asynccontextmanager
async def led(keeper: MemoryBoard, errands: MemoryErrands, clock: HeldClock) -> AsyncIterator[None]:
    leader = asyncio.create_task(run_errands(keeper, errands, clock), name="errands")
    try:
        yield
    finally:
        leader.cancel()
        await asyncio.gather(leader, return_exceptions=True)


async def asked(clock: HeldClock, errands: MemoryErrands, seconds: float = WAITS_FOR + 1) -> ActResult:
    """What a replica that does not lead is told, some seconds later at most."""
    board = SharedBoard(lambda: None, errands, clock)
    asking = asyncio.create_task(board.act(an_act(clock)), name="asking")
    for _ in range(int(seconds * 10)):
        await clock.advance(0.1)
    return await asyncio.wait_for(asking, 1)


async def test_the_leader_is_asked_directly(
    keeper: MemoryBoard, errands: MemoryErrands, clock: HeldClock
) -> None:
    """No errand where the keeper is at hand; the store may be away."""
    errands.away = True
    result = await SharedBoard(lambda: keeper, errands, clock).act(an_act(clock))
    assert result.incident is not None
    assert result.incident.acknowledged is not None


async def test_another_replica_does_it_and_answers(
    keeper: MemoryBoard, errands: MemoryErrands, clock: HeldClock
) -> None:
    """Once, and the asker is told how the incident is then."""
    async with led(keeper, errands, clock):
        result = await asked(clock, errands)
    assert result == ActResult(incident=keeper.held[ID])
    assert len(keeper.acts) == 1


async def test_what_nobody_took_is_never_done_later(
    keeper: MemoryBoard, errands: MemoryErrands, clock: HeldClock
) -> None:
    """The asker was told that nothing was changed."""
    assert await asked(clock, errands) == ActResult(refusal=ActRefusal.TOO_LATE)
    async with led(keeper, errands, clock):
        await clock.advance(5)
    assert keeper.acts == []


async def test_what_was_taken_and_not_answered_is_not_called_undone(
    errands: MemoryErrands, clock: HeldClock
) -> None:
    """A leader may end between the two."""

    async def taken() -> None:
        while not errands.rows:
            await clock.sleep(0.1)
        await errands.take(next(iter(errands.rows)), clock.now())

    taking = asyncio.create_task(taken(), name="taking")
    with pytest.raises(NotAnsweredInTime, match="Whether anything was changed shows in the message"):
        await asked(clock, errands)
    await taking


async def test_what_a_replica_left_behind_is_too_old(
    keeper: MemoryBoard, errands: MemoryErrands, clock: HeldClock
) -> None:
    """Whoever pressed has long looked elsewhere."""
    await errands.put("old", an_act(clock))
    await clock.advance((TOO_OLD + timedelta(seconds=1)).total_seconds())
    async with led(keeper, errands, clock):
        await clock.advance(1)
    assert await errands.result("old") == ActResult(refusal=ActRefusal.TOO_LATE)
    assert keeper.acts == []


async def test_a_store_that_is_away_does_not_end_the_leaders_round(
    keeper: MemoryBoard, errands: MemoryErrands, clock: HeldClock
) -> None:
    """It goes on when the store is back; who asks meanwhile is told."""
    errands.away = True
    async with led(keeper, errands, clock):
        await clock.advance(2)
        with pytest.raises(StoreAway):
            await asked(clock, errands)
        errands.away = False
        assert (await asked(clock, errands)).incident is not None


async def test_without_other_replicas_there_is_nobody_to_wait_for(clock: HeldClock) -> None:
    """Before the only one leads, nothing can be done."""
    result = await SharedBoard(lambda: None, None, clock).act(an_act(clock))
    assert result == ActResult(refusal=ActRefusal.TOO_LATE)


async def test_what_the_keeper_holds_is_newer_than_the_store(keeper: MemoryBoard, clock: HeldClock) -> None:
    """On the other replicas, and of what the keeper let go of, the store's word holds."""
    stored = MemoryBoard(clock=clock)
    stored.hold(engine.with_death(keeper.held[ID], a_death(restart=1)))
    assert await LatestIncidents(lambda: keeper, stored).find(ID) == keeper.held[ID]
    assert await LatestIncidents(lambda: None, stored).find(ID) == stored.held[ID]
    assert await LatestIncidents(lambda: keeper, stored).find(IncidentId("2222")) is None
    assert await LatestIncidents(lambda: keeper, stored).open_ones() == [stored.held[ID]]


async def test_one_act_that_fails_ends_nothing(
    keeper: MemoryBoard, errands: MemoryErrands, clock: HeldClock
) -> None:
    """A mistake of ours about one incident leaves the others their presses."""
    fails = [True]

    def stumbles() -> ActResult | None:
        if fails.pop() if fails else False:
            raise RuntimeError("a mistake of ours")
        return None

    keeper.on_act = stumbles
    async with led(keeper, errands, clock):
        with pytest.raises(NotAnsweredInTime):
            await asked(clock, errands)
        assert (await asked(clock, errands)).incident is not None


async def test_a_silence_is_heard_of_at_once_where_its_keeper_is(
    keeper: MemoryBoard, errands: MemoryErrands, clock: HeldClock
) -> None:
    """Any other replica's keeper reads the row: no errand is left, and nobody waits."""
    await SharedBoard(lambda: keeper, errands, clock).silence_changed(SilenceId("S1F3K"))
    await SharedBoard(lambda: None, errands, clock).silence_changed(SilenceId("S2222"))
    assert keeper.silences_changed == ["S1F3K"]
    assert errands.rows == {}


@pytest.mark.parametrize("error", [StoreUnavailable("the disk is full"), Deposed("another leads")])
async def test_a_silence_that_is_written_is_no_failure(
    keeper: MemoryBoard, clock: HeldClock, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever keeps its keeper from hearing of it now: the row is there, and is read by whoever leads."""

    async def stumbles(_: SilenceId) -> None:
        raise error

    monkeypatch.setattr(keeper, "silence_changed", stumbles)
    await SharedBoard(lambda: keeper, None, clock).silence_changed(SilenceId("S1F3K"))
