"""All of it together: the heartbeat stays away and people are told, for the same reasons, each in time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.incidents.route_config import Heartbeat
from bot.model.leadership import Term
from bot.model.letters import Letter
from bot.model.pods import ClusterName
from bot.ops.leadership import Lead
from bot.ops.watchman import Watchman
from bot.watch.freshness import Freshness, Sync
from tests.support.clock import HeldClock
from tests.support.outbox import ALERTS, Hook
from tests.support.receiver import Receiver, receiving
from tests.support.waiting import eventually


@dataclass(slots=True)
class Held:
    """Implements `bot.ops.leadership.Leadership`."""

    leader: str | None = "this one"
    leading: Term | None = field(default_factory=lambda: Term(1))
    problem: str = ""

    async def run(self, lead: Lead) -> None:
        raise AssertionError("the watchman leads nothing")


@dataclass(slots=True)
class Line:
    """Implements `bot.ops.watchman.Watched`."""

    freshness: Freshness | None
    name: ClusterName = field(default_factory=lambda: ClusterName("prod"))
    leadership: Held = field(default_factory=Held)
    store_trouble: str = ""


@dataclass(slots=True)
class Post:
    """Implements `bot.incidents.ports.Outbox`."""

    letters: list[Letter] = field(default_factory=list)

    async def put(self, letters: Sequence[Letter]) -> None:
        self.letters += letters


@dataclass(slots=True)
class World:
    clock: HeldClock
    line: Line
    receiver: Receiver
    post: Post = field(default_factory=Post)
    slack: str = ""
    connected: bool = True

    async def ask(self) -> str:
        return self.slack

    async def first(self, _key: str) -> bool:
        return True

    async def passes(self, seconds: int) -> int:
        """How many beats arrive meanwhile; what is watched is heard of all the time, unless it is away."""
        before = len(self.receiver.raw)
        for _ in range(seconds):
            freshness = self.line.freshness
            if freshness is not None and freshness.sync is Sync.IN_SYNC:
                self.line.freshness = replace(freshness, last_contact=self.clock.now())
            await self.clock.advance(1)
            await eventually(lambda: self.clock.sleepers == 3)
        return len(self.receiver.raw) - before


async def test_what_keeps_an_alert_away_stops_the_heartbeat_and_is_told() -> None:
    """A watch, Slack's answers, the connection, who leads: each by itself."""
    async with receiving() as receiver:
        clock = HeldClock()
        fresh = Freshness(sync=Sync.IN_SYNC, since=clock.now(), last_contact=clock.now())
        world = World(clock, Line(fresh), receiver)
        watchman = Watchman(
            [world.line],
            ask_slack=world.ask,
            slack_connected=lambda: world.connected,
            delivery=dict,
            heartbeat=lambda: Heartbeat(url=receiver.url, every=timedelta(seconds=10)),
            outbox=world.post,
            channel=ALERTS,
            last_resort=Hook(),
            is_first=world.first,
            clock=clock,
        )
        task = asyncio.create_task(watchman.run(), name="watchman under test")
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

        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
