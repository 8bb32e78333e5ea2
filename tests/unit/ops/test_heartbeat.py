"""The heartbeat is there while podbot is well, and stays away when something could keep an alert away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.incidents.route_config import Heartbeat
from bot.model.pods import ClusterName
from bot.ops import heartbeat
from bot.ops.condition import (
    SILENT_AFTER,
    ClusterCondition,
    SlackCondition,
    ailments,
    troubles,
    watch_problem,
)
from bot.ops.heartbeat import STANDS_STILL, Heart
from bot.ops.pulse import ASK_EVERY, ASKS_WITHIN, STALE_AFTER, Pulse
from bot.watch.freshness import Freshness, Sync
from tests.support.clock import START, HeldClock, settle
from tests.support.receiver import Receiver, receiving
from tests.support.waiting import eventually

FRESH = Freshness(sync=Sync.IN_SYNC, since=START, last_contact=START, heard=0.0)
PROD, STAGING = ClusterName("prod"), ClusterName("staging")
WELL = ClusterCondition(name=PROD, freshness=FRESH, leads=True, led=True)


@dataclass(slots=True)
class Beating:
    clock: HeldClock
    receiver: Receiver
    heart: Heart
    ill: dict[str, str] = field(default_factory=dict)
    plan: list[Heartbeat] = field(default_factory=list)
    leads: list[bool] = field(default_factory=lambda: [True])

    async def passes(self, seconds: int) -> int:
        """How many beats arrive meanwhile; no second passes before the calls of the last one are over."""
        before = len(self.receiver.raw)
        for _ in range(seconds):
            await self.clock.advance(1)
            await eventually(lambda: self.clock.sleepers > 0)
        return len(self.receiver.raw) - before


@asynccontextmanager
async def beating(every: float = 60) -> AsyncIterator[Beating]:
    async with receiving() as receiver:
        clock = HeldClock()
        plan = [Heartbeat(url=receiver.url, every=timedelta(seconds=every))]
        ill: dict[str, str] = {}
        leads = [True]
        heart = Heart(
            plan=lambda: plan[0] if plan else None,
            ailments=lambda: ill,
            is_ours=lambda: leads[0],
            clock=clock,
        )
        task = asyncio.create_task(heart.run(), name="heart under test")
        await settle()
        yield Beating(clock, receiver, heart, ill, plan, leads)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_beats_at_once_and_then_as_often_as_is_asked() -> None:
    """A check that was made for it turns green when podbot has started."""
    async with beating(60) as place:
        assert await place.passes(2) == 1
        assert await place.passes(60) == 1
        assert await place.passes(120) == 2


async def test_it_stays_away_while_anything_ails_and_is_there_soon_after() -> None:
    """Within seconds, and not after another whole interval."""
    async with beating(60) as place:
        await place.passes(2)
        place.ill["watch of prod"] = "nothing heard for 200 s"
        assert await place.passes(300) == 0
        place.ill.clear()
        assert await place.passes(6) == 1


async def test_a_replica_that_does_not_lead_is_silent() -> None:
    """So that nothing beats where nobody leads."""
    async with beating(10) as place:
        place.leads[0] = False
        assert await place.passes(60) == 0
        place.leads[0] = True
        assert await place.passes(2) == 1


async def test_an_address_that_does_not_answer_is_trouble_and_is_called_again() -> None:
    """The others would raise the alarm; people at podbot's end are told why."""
    async with beating(60) as place:
        place.receiver.answers += [500]
        await place.passes(2)
        assert place.heart.problem == "it answered 500"
        assert await place.passes(6) == 1
        assert place.heart.problem == ""


async def test_without_a_plan_there_is_no_beat() -> None:
    """The configuration may gain or lose it at any time."""
    async with beating(10) as place:
        plan = place.plan.pop()
        assert await place.passes(30) == 0
        place.plan.append(plan)
        assert await place.passes(2) == 1


class LateClock(HeldClock):
    """Its first sleeps take much longer than they should."""

    def __init__(self) -> None:
        super().__init__()
        self.late = 0.0

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + self.late)


async def test_an_event_loop_that_stands_still_is_no_sign_of_life() -> None:
    """The beat after it is left out; where it goes on so, all are."""
    async with receiving() as receiver:
        clock, plan = LateClock(), Heartbeat(url=receiver.url, every=timedelta(seconds=10))
        clock.late = STANDS_STILL + 1
        heart = Heart(plan=lambda: plan, ailments=dict, is_ours=lambda: True, clock=clock)
        task = asyncio.create_task(heart.run(), name="heart under test")
        await clock.advance(100)
        assert receiver.raw == []
        clock.late = 0.0
        await clock.advance(20)
        await eventually(lambda: len(receiver.raw) > 0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("freshness", "problem"),
    [
        pytest.param(None, "it has not begun", id="not begun"),
        pytest.param(FRESH, "", id="fresh"),
        pytest.param(
            Freshness(sync=Sync.STARTING, since=START, last_contact=None),
            "the pods are being listed",
            id="lists",
        ),
        pytest.param(
            Freshness(sync=Sync.AWAY, since=START, last_contact=START, problem="refused"),
            "refused",
            id="away",
        ),
        pytest.param(
            replace(FRESH, heard=-SILENT_AFTER.total_seconds()),
            "nothing heard for 240 s",
            id="silent, whatever it says",
        ),
    ],
)
def test_a_watch_is_fresh_while_something_is_heard(freshness: Freshness | None, problem: str) -> None:
    """Being connected is not enough."""
    assert watch_problem(freshness, 60.0) == problem


def test_what_keeps_it_from_beating() -> None:
    """Each watch, a cluster that nobody leads, and Slack; a cluster that another leads is no ailment."""
    elsewhere = ClusterCondition(name=STAGING, freshness=FRESH, leads=False, led=True)
    assert ailments([WELL, elsewhere], SlackCondition(), 0.0) == {}
    nobodys = ClusterCondition(name=STAGING, freshness=None, leads=False, led=False)
    assert ailments([WELL, nobodys], SlackCondition(problem="no answer", connected=False), 0.0) == {
        "watch of staging": "it has not begun",
        "lease of staging": "nobody leads",
        "slack": "no answer",
        "connection": "no connection is open",
    }


def test_what_people_are_to_hear_of() -> None:
    """One subject for a store that several parts miss; how a standby sees things is nobody's business."""
    ill = ClusterCondition(name=PROD, freshness=None, leads=True, led=True, store_problem="the disk is full")
    standby = ClusterCondition(name=STAGING, freshness=None, leads=False, led=True)
    unknown = ClusterCondition(
        name=ClusterName("test"), freshness=FRESH, leads=False, led=True, lease_problem="forbidden"
    )
    delivery = {"store of prod": "3 notes wait", "webhook": "it answered 500", "slack": "token_revoked"}
    found = troubles(
        [ill, standby, unknown],
        delivery=delivery,
        slack=SlackCondition(problem="Slack answered token_revoked"),
        heartbeat_problem="it answered 404",
        moment=0.0,
    )
    assert found == {
        "watch of prod": "it has not begun",
        "lease of test": "forbidden",
        "store": "the disk is full",
        "fallback webhook": "it answered 500",
        "slack": "token_revoked",
        "heartbeat": "it answered 404",
    }


def test_another_cluster_under_a_name_is_a_subject_of_its_own() -> None:
    """Not a watch that comes back; and it keeps podbot from beating, as the watch of this name is none."""
    starting = Freshness(sync=Sync.STARTING, since=START, last_contact=None, problem="another cluster's")
    refused = replace(WELL, freshness=starting, name_problem="another cluster's")
    well = replace(WELL, name=STAGING)
    found = troubles([refused, well], delivery={}, slack=SlackCondition(), heartbeat_problem="", moment=0.0)
    assert found == {"name of prod": "another cluster's"}
    assert ailments([refused, well], SlackCondition(), 0.0) == {"watch of prod": "another cluster's"}


async def test_a_pulse_that_was_not_felt_lately_is_none() -> None:
    """Before the first answer, after a bad one, and when nobody asks any more."""
    clock, answers, asked = HeldClock(), ["", "Slack answered invalid_auth", ""], []

    async def ask() -> str:
        asked.append(clock.monotonic())
        return answers.pop(0)

    pulse = Pulse(ask, clock)
    assert pulse.problem == "it has not answered yet"
    task = asyncio.create_task(pulse.run(), name="pulse under test")
    await settle()
    assert pulse.problem == ""
    await clock.advance(ASK_EVERY)
    assert pulse.problem == "Slack answered invalid_auth"
    await clock.advance(ASK_EVERY)
    assert pulse.problem == ""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await clock.advance(STALE_AFTER + 1)
    assert "not asked" in pulse.problem
    assert asked == [0, ASK_EVERY, 2 * ASK_EVERY]


async def test_a_pulse_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """What hangs is a problem, too."""
    monkeypatch.setattr("bot.ops.pulse.ASKS_WITHIN", 0.01)

    async def hang() -> str:
        await asyncio.Event().wait()
        return ""

    pulse = Pulse(hang, HeldClock())
    task = asyncio.create_task(pulse.run(), name="pulse under test")
    await eventually(lambda: "no answer within" in pulse.problem)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert heartbeat.TICK < ASKS_WITHIN < ASK_EVERY
