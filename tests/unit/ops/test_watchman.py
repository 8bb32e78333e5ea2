"""All of it together: the heartbeat stays away and people are told, for the same reasons, each in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.incidents.route_config import Heartbeat
from bot.model.leadership import Term
from bot.model.letters import Letter
from bot.model.pods import ClusterName
from bot.ops.condition import SILENT_AFTER
from bot.ops.episodes import PATIENCE
from bot.ops.leadership import Lead
from bot.ops.watchman import Watchman
from bot.watch.freshness import Freshness, Sync
from tests.support.leaping_clock import LeapingClock
from tests.support.outbox import ALERTS, Hook
from tests.support.receiver import Receiver, receiving
from tests.support.waiting import eventually

HOUR = 3_600


@dataclass(slots=True)
class Held:
    """Implements `bot.ops.leadership.Leadership`."""

    leader: str | None = "this one"
    leading: Term | None = field(default_factory=lambda: Term(1))
    problem: str = ""
    stops_within: float = 3.0

    async def run(self, lead: Lead) -> None:
        raise AssertionError("the watchman leads nothing")


@dataclass(slots=True)
class Line:
    """Implements `bot.ops.watchman.Watched`."""

    freshness: Freshness | None
    name: ClusterName = field(default_factory=lambda: ClusterName("prod"))
    leadership: Held = field(default_factory=Held)
    store_trouble: str = ""
    name_problem: str = ""


@dataclass(slots=True)
class Post:
    """Implements `bot.incidents.ports.Outbox`."""

    letters: list[Letter] = field(default_factory=list)

    async def put(self, letters: Sequence[Letter], *, saved: bool = True) -> None:
        self.letters += letters


@dataclass(slots=True)
class World:
    clock: LeapingClock
    line: Line
    receiver: Receiver
    post: Post = field(default_factory=Post)
    hook: Hook = field(default_factory=Hook)
    slack: str = ""
    connected: bool = True
    silent: bool = False
    """The watch seems to go on, and nothing is heard."""

    @property
    def fresh(self) -> Freshness:
        now, heard = self.clock.now(), self.clock.monotonic()
        return Freshness(sync=Sync.IN_SYNC, since=now, last_contact=now, heard=heard)

    async def ask(self) -> str:
        return self.slack

    async def first(self, _key: str) -> bool:
        return True

    async def passes(self, seconds: int) -> int:
        """How many beats arrive meanwhile; what is watched is heard of all the time, unless it is away."""
        before = len(self.receiver.raw)
        for _ in range(seconds):
            freshness = self.line.freshness
            if freshness is not None and freshness.sync is Sync.IN_SYNC and not self.silent:
                self.line.freshness = replace(freshness, heard=self.clock.monotonic())
            await self.clock.advance(1)
            await eventually(lambda: self.clock.sleepers == 3)
        return len(self.receiver.raw) - before


@asynccontextmanager
async def watching() -> AsyncIterator[World]:
    """A watchman at work over a cluster and a Slack that are well; it beats every ten seconds."""
    async with receiving() as receiver:
        clock = LeapingClock()
        world = World(clock, Line(None), receiver)
        world.line.freshness = world.fresh
        watchman = Watchman(
            [world.line],
            ask_slack=world.ask,
            slack_connected=lambda: world.connected,
            delivery=dict,
            heartbeat=lambda: Heartbeat(url=receiver.url, every=timedelta(seconds=10)),
            outbox=world.post,
            channel=ALERTS,
            last_resort=world.hook,
            is_first=world.first,
            clock=clock,
            slept=clock.slept,
        )
        task = asyncio.create_task(watchman.run(), name="watchman under test")
        yield world
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_keeps_an_alert_away_stops_the_heartbeat_and_is_told() -> None:
    """A watch, Slack's answers, the connection, who leads: each by itself."""
    async with watching() as world:
        fresh = world.fresh
        assert await world.passes(25) >= 2

        world.line.freshness = replace(fresh, sync=Sync.AWAY, problem="connection refused")
        assert await world.passes(130) == 0
        assert [each.message.text.split(" since")[0] for each in world.post.letters] == [
            "podbot itself: prod has not been watched"
        ]
        world.line.freshness = fresh
        assert await world.passes(40) >= 3
        assert [each.revision for each in world.post.letters] == [1, 2]

        world.slack = "Slack answered internal_error"
        await world.passes(31)
        assert await world.passes(60) == 0
        world.slack = ""
        await world.passes(40)

        world.connected = False
        assert await world.passes(60) == 0
        world.connected = True
        assert await world.passes(20) >= 1

        world.line.leadership.leading = None
        assert await world.passes(60) == 0
        assert len(world.post.letters) == 2, "what was brief, or is another replica's to tell, is not told"


LEAPS = pytest.mark.parametrize(
    "leap",
    [
        pytest.param(lambda clock: clock.leap(HOUR), id="forward"),
        pytest.param(lambda clock: clock.leap(-HOUR), id="backward"),
        pytest.param(lambda clock: clock.suspend(HOUR), id="suspended"),
        pytest.param(lambda clock: clock.stand_still(HOUR), id="stood still"),
    ],
)


@LEAPS
async def test_no_clock_makes_anybody_ill(leap: Callable[[LeapingClock], None]) -> None:
    """Nothing is told, in Slack or by the webhook, and the heartbeat is there once all has answered."""
    async with watching() as world:
        await world.passes(25)
        leap(world.clock)
        await world.passes(300)
        assert (world.post.letters, world.hook.told) == ([], [])
        assert await world.passes(25) >= 2


@LEAPS
async def test_an_outage_after_a_leap_is_told_as_old_as_it_is(leap: Callable[[LeapingClock], None]) -> None:
    """It began when it was seen to begin, on the clock as it then is."""
    async with watching() as world:
        await world.passes(25)
        leap(world.clock)
        away = Freshness(sync=Sync.AWAY, since=world.clock.now(), last_contact=None, problem="refused")
        world.line.freshness = away
        began = world.clock.now()
        await world.passes(int(PATIENCE) - 5)
        assert world.post.letters == []
        await world.passes(10)
        (letter,) = world.post.letters
        assert f" since {began + timedelta(seconds=1):%H:%M} UTC: refused." in letter.message.text
        assert world.hook.told == []


@pytest.mark.parametrize("leap", [pytest.param(HOUR, id="forward"), pytest.param(-HOUR, id="backward")])
async def test_a_clock_that_is_set_leaves_out_no_beat(leap: int) -> None:
    """Nor does it hide that nothing is heard any more."""
    async with watching() as world:
        await world.passes(25)
        world.clock.leap(leap)
        assert await world.passes(30) == 3
        world.silent = True
        await world.passes(int(SILENT_AFTER.total_seconds()) + 1)
        assert await world.passes(60) == 0


async def test_after_a_sleep_nothing_beats_before_all_has_answered_anew() -> None:
    """What was seen before proves nothing, however little time passed by the clock that stood still."""
    async with watching() as world:
        await world.passes(31)
        world.silent = True
        world.clock.suspend(HOUR)
        assert await world.passes(20) == 0
        world.silent = False
        assert await world.passes(8) == 0, "Slack was asked before, and is not asked yet again"
        assert await world.passes(10) >= 1
        world.silent = True
        world.clock.suspend(HOUR)
        assert await world.passes(100) == 0, "Slack answers, the cluster does not"
