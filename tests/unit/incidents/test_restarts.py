"""Deaths, storms and groups while podbot is killed again and again: none lost, none told twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.clock import Clock
from bot.incidents.keeper import Keeper
from bot.incidents.unrouted import Unrouted
from bot.model.deaths import Cause, Death
from bot.model.leadership import Term
from bot.model.people import ChannelId
from bot.model.pods import Owner
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.ports import DeliveryFailed
from bot.pods.redact import mask_lines
from bot.store.schema import deaths
from bot.store.store import Store, open_store
from tests.support.deaths import CLUSTER, a_death, a_pods_death
from tests.support.findings import found
from tests.support.hurried_clock import HurriedClock
from tests.support.outbox import StandingSlack
from tests.support.stores import Entries

CHANNEL = ChannelId("C1")
SPEED = 40.0


class Slack(StandingSlack):
    """Takes its time, and loses some answers."""

    def __init__(self, chance: random.Random, clock: Clock) -> None:
        super().__init__(clock)
        self.chance = chance

    async def arrives(self, *, is_new: bool) -> None:
        await asyncio.sleep(self.chance.random() * 0.002)
        self._fail(0.05 if is_new else 0.1, refused=True)

    async def answers(self) -> None:
        await asyncio.sleep(self.chance.random() * 0.002)
        self._fail(0.1)

    def _fail(self, often: float, *, refused: bool = False) -> None:
        if self.chance.random() < often:
            raise DeliveryFailed("connection reset", refused=refused)

    def counted(self) -> int:
        """The deaths of which all messages together tell."""
        payloads = (each.metadata.payload for each in self.standing.values() if each.metadata)
        return sum(int(each["deaths"]) for each in payloads if "deaths" in each)


class Logs:
    """A log that takes its time."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool, tail: int
    ) -> tuple[str, ...]:
        await asyncio.sleep(self._chance.choice([0.0, 0.01, 0.05]))
        return ("last words",)


@asynccontextmanager
async def a_life(store: Store, slack: Slack, clock: HurriedClock, term: int) -> AsyncIterator[Keeper]:
    """One process from its start to its end by kill -9: nothing is settled."""
    leader = store.term(CLUSTER, Term(term))
    outbox = Dispatcher(slack, clock)
    keeper = Keeper(
        cluster=CLUSTER,
        router=Unrouted(CHANNEL),
        store=leader,
        outbox=outbox,
        source=Logs(slack.chance),
        mask=mask_lines,
        clock=clock,
        silences=store.silences,
    )
    await keeper.begin()
    await outbox.open(CLUSTER, leader)
    tasks = [
        asyncio.create_task(keeper.run(), name="keeper"),
        asyncio.create_task(outbox.run(), name="outbox"),
    ]
    try:
        yield keeper
        assert not any(each.done() for each in tasks), "nothing ends by itself"
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def some_deaths(chance: random.Random, clock: HurriedClock, number: int) -> Sequence[Death]:
    """What happens in a moment: single ends, a node that pushes pods off, a node that is lost."""
    what = chance.choice(["one", "one", "many", "pressed", "lost"])
    size = {"one": 1, "many": 15, "pressed": 5, "lost": 25}[what]
    workloads = [chance.randrange(40) for _ in range(size)]
    seconds = (clock.now() - a_death(seconds=0).seen_at).total_seconds()
    cause = {"pressed": Cause.EVICTED, "lost": Cause.NODE_LOST}.get(what, chance.choice([Cause.ERROR]))
    node = f"node-{chance.randrange(3)}"
    make = a_death if cause is Cause.ERROR else a_pods_death
    return [
        make(
            cause,
            uid=f"uid-{number}-{place}",
            seconds=seconds,
            node=node,
            owner=Owner(kind="Deployment", name=f"w{workload}"),
        )
        for place, workload in enumerate(workloads)
    ]


async def unannounced(store: Store) -> tuple[int, int]:
    """How many deaths the ledger has, and how many of them nobody was told of as far as it knows."""
    query = select(func.count(), func.count(deaths.c.announced_at)).select_from(deaths)
    total, announced = (await store.database.read(lambda connection: connection.execute(query))).one()
    return int(total), int(total) - int(announced)


@pytest.mark.parametrize("seed", range(6))
async def test_none_is_lost_and_none_told_twice_however_often_podbot_is_killed(
    seed: int, tmp_path: Path
) -> None:
    """What Slack's messages count together are the deaths of the ledger, and each is marked as announced."""
    chance = random.Random(seed)  # noqa: S311 - chance for a test
    clock = HurriedClock(SPEED)
    slack = Slack(chance, clock)
    happened: list[Death] = []
    async with open_store(f"sqlite:///{tmp_path / 'podbot.db'}", clock=clock, audit_log=Entries()) as store:
        for term in range(1, 7):
            async with a_life(store, slack, clock, term) as keeper:
                for death in happened:
                    await keeper.record(found(death))  # seen again: the ledger knows better
                for moment in range(chance.randrange(4)):
                    happened += (news := some_deaths(chance, clock, 10 * term + moment))
                    for death in news:
                        await keeper.record(found(death))
                    await asyncio.sleep(chance.choice([0.0, 0.005, 0.02, 0.1]))
        async with a_life(store, slack, clock, 99) as keeper:
            for death in happened:
                await keeper.record(found(death))
            await keeper.settle(10.0)

            told, ledger = 0, (0, 0)
            for _ in range(600):
                told, ledger = slack.counted(), await unannounced(store)
                if (told, ledger) == (len(happened), (len(happened), 0)):
                    break
                await asyncio.sleep(0.05)
            assert (told, ledger) == (len(happened), (len(happened), 0)), "deaths, and those not announced"
    posted = Counter(key for _, key, _ in slack.posts)
    assert {key: times for key, times in posted.items() if times > 1} == {}
    astray = [key for _, key, thread in slack.posts if "/story/" in key and thread is None]
    assert astray == []
