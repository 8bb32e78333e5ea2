"""What a replica told of podbot and did not live to end another one ends; a living one's is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from bot.errors import StoreUnavailable
from bot.ops.episodes import OVER_AFTER, PATIENCE
from bot.ops.orphans import GONE_AFTER, LEFT_TO_WHO_SEES, LOOKS_EVERY, Orphans
from bot.ops.vigil import Vigil
from bot.outbox.dispatcher import Dispatcher
from tests.support.clock import HeldClock, settle
from tests.support.outbox import ALERTS, FakeSlack
from tests.support.own_letters import SharedOwnLetters

WATCH = "watch of prod-eu"
REFUSED = "connection refused"
HAS_NOT_BEEN = "podbot itself: prod-eu has not been watched since"
WAS_NOT = "podbot itself: prod-eu was not watched from"

ENDED_WITHIN = GONE_AFTER + LEFT_TO_WHO_SEES + 3 * LOOKS_EVERY + OVER_AFTER
"""Seconds from a replica's death until what it told is ended, where nobody sees it."""


class StoppableClock:
    """A replica's own hold on the clock of all: while it is stopped, nobody who sleeps by it wakes up."""

    def __init__(self, of_all: HeldClock) -> None:
        self._of_all = of_all
        self.runs = asyncio.Event()
        self.runs.set()

    def now(self) -> datetime:
        return self._of_all.now()

    def monotonic(self) -> float:
        return self._of_all.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._of_all.sleep(seconds)
        await self.runs.wait()


@dataclass(slots=True)
class Replica:
    """A process, with what it sees."""

    clock: StoppableClock
    troubles: dict[str, str] = field(default_factory=dict)
    life: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def kill(self) -> None:
        """As `kill -9` does: nothing is said or written any more."""
        await self.life.aclose()


@dataclass(slots=True)
class Fleet:
    """Replicas over one store, one Slack and one clock."""

    clock: HeldClock
    slack: FakeSlack
    letters: SharedOwnLetters
    claimed: set[str] = field(default_factory=set)
    lives: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def starts(self, name: str) -> Replica:
        """Run a replica, and let it look once."""
        clock, own = StoppableClock(self.clock), self.letters.of(name)
        replica = Replica(clock)
        outbox = Dispatcher(self.slack, clock, own=own)
        vigil = Vigil(
            troubles=lambda: dict(replica.troubles),
            outbox=outbox,
            channel=ALERTS,
            last_resort=None,
            clock=clock,
            is_first=self._is_first,
            own=own,
            orphans=Orphans(own, outbox.read_own_again),
        )
        for part, work in (("outbox", outbox.run()), ("vigil", vigil.run())):
            task = asyncio.create_task(work, name=f"{part} of {name}")
            replica.life.push_async_callback(_cancelled, task)
        self.lives.push_async_callback(replica.kill)
        await settle()
        return replica

    async def _is_first(self, key: str) -> bool:
        found = key not in self.claimed
        self.claimed.add(key)
        return found

    async def passes(self, seconds: float) -> None:
        await self.clock.advance(seconds)

    @property
    def standing(self) -> list[str]:
        """What the channel shows now."""
        return list(self.slack.messages.values())


async def _cancelled(task: asyncio.Task[None]) -> None:
    assert not task.done(), "it goes on"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def a_fleet() -> AsyncIterator[Fleet]:
    clock = HeldClock()
    fleet = Fleet(clock, FakeSlack(clock), SharedOwnLetters(clock))
    async with fleet.lives:
        yield fleet


async def test_what_a_dead_replica_told_is_ended_by_one_of_the_others() -> None:
    """In the same message, within minutes, and once, however many there are."""
    async with a_fleet() as fleet:
        one = await fleet.starts("one")
        await fleet.starts("two")
        await fleet.starts("three")
        one.troubles[WATCH] = REFUSED
        await fleet.passes(PATIENCE + LOOKS_EVERY)
        await one.kill()
        await fleet.passes(GONE_AFTER - LOOKS_EVERY)
        assert [each.startswith(HAS_NOT_BEEN) for each in fleet.standing] == [True]
        await fleet.passes(ENDED_WITHIN)
        assert [each.startswith(WAS_NOT) for each in fleet.standing] == [True]
        assert len(fleet.slack.calls) == 2
        await fleet.passes(900)
        assert len(fleet.slack.calls) == 2


async def test_a_living_one_s_is_left_alone_however_long_it_lasts() -> None:
    """Though nobody else sees it. It ends it itself."""
    async with a_fleet() as fleet:
        one = await fleet.starts("one")
        await fleet.starts("two")
        one.troubles[WATCH] = REFUSED
        await fleet.passes(1_800)
        assert len(fleet.slack.calls) == 1
        one.troubles.clear()
        await fleet.passes(OVER_AFTER + 5)
        assert [each.startswith(WAS_NOT) for each in fleet.standing] == [True]


async def test_who_is_well_writes_nothing() -> None:
    """And who has told something no more than a sign now and then, until its end is told."""
    async with a_fleet() as fleet:
        one = await fleet.starts("one")
        await fleet.starts("two")
        await fleet.passes(900)
        assert fleet.letters.writes == 0
        one.troubles[WATCH] = REFUSED
        await fleet.passes(PATIENCE + 900)
        assert fleet.letters.writes < 5 + 900 / LOOKS_EVERY
        one.troubles.clear()
        await fleet.passes(OVER_AFTER + LOOKS_EVERY + 5)
        written = fleet.letters.writes
        await fleet.passes(1_800)
        assert fleet.letters.writes == written


async def test_who_sees_it_goes_on_with_it_in_the_same_message() -> None:
    """It had left it to the one that died; who does not see it lets it."""
    async with a_fleet() as fleet:
        one = await fleet.starts("one")
        await fleet.starts("three")
        two = await fleet.starts("two")
        one.troubles[WATCH] = two.troubles[WATCH] = REFUSED
        await fleet.passes(PATIENCE + LOOKS_EVERY)
        await one.kill()
        await fleet.passes(900)
        assert [each.startswith(HAS_NOT_BEEN) for each in fleet.standing] == [True]
        two.troubles.clear()
        await fleet.passes(OVER_AFTER + 5)
        assert [each.startswith(WAS_NOT) for each in fleet.standing] == [True]
        assert len(fleet.slack.calls) == 2


async def test_it_is_not_called_over_while_another_one_tells_the_same() -> None:
    """The one that died had told it hours before; both messages end when it is over."""
    async with a_fleet() as fleet:
        one, two = await fleet.starts("one"), await fleet.starts("two")
        await fleet.starts("three")
        one.troubles[WATCH] = REFUSED
        await fleet.passes(900)
        two.troubles[WATCH] = REFUSED
        await fleet.passes(PATIENCE + LOOKS_EVERY)
        await one.kill()
        await fleet.passes(900)
        assert [each.startswith(HAS_NOT_BEEN) for each in fleet.standing] == [True, True]
        assert {replica for replica, _ in fleet.letters.rows} == {"one", "two"}
        two.troubles.clear()
        await fleet.passes(ENDED_WITHIN)
        assert [each.startswith(WAS_NOT) for each in fleet.standing] == [True, True]


async def test_what_was_only_begun_to_be_said_is_said() -> None:
    """Once: where the dead one's post stands after all, it is found."""
    async with a_fleet() as fleet:
        one = await fleet.starts("one")
        two = await fleet.starts("two")
        one.troubles[WATCH] = two.troubles[WATCH] = REFUSED
        fleet.slack.hang = asyncio.Event()
        await fleet.passes(PATIENCE + LOOKS_EVERY)
        await one.kill()
        fleet.slack.hang = None
        assert fleet.standing == []
        await fleet.passes(ENDED_WITHIN)
        assert [each.startswith(HAS_NOT_BEEN) for each in fleet.standing] == [True]


async def test_an_end_that_was_not_delivered_is_delivered() -> None:
    """The dead one had written it, and Slack has not seen it."""
    async with a_fleet() as fleet:
        one = await fleet.starts("one")
        await fleet.starts("two")
        one.troubles[WATCH] = REFUSED
        await fleet.passes(PATIENCE + LOOKS_EVERY)
        one.troubles.clear()
        fleet.slack.hang = asyncio.Event()
        await fleet.passes(OVER_AFTER + 2)
        await one.kill()
        fleet.slack.hang = None
        assert [each.startswith(HAS_NOT_BEEN) for each in fleet.standing] == [True]
        await fleet.passes(ENDED_WITHIN)
        assert [each.startswith(WAS_NOT) for each in fleet.standing] == [True]


async def test_an_adopter_that_dies_is_followed_by_another() -> None:
    """It has only taken the letter over by then."""
    async with a_fleet() as fleet:
        one, two = await fleet.starts("one"), await fleet.starts("two")
        one.troubles[WATCH] = two.troubles[WATCH] = REFUSED
        await fleet.passes(PATIENCE + LOOKS_EVERY)
        await one.kill()
        await fleet.passes(GONE_AFTER + 2 * LOOKS_EVERY)
        await two.kill()
        await fleet.starts("three")
        await fleet.passes(ENDED_WITHIN)
        assert [each.startswith(WAS_NOT) for each in fleet.standing] == [True]


async def test_a_store_that_is_away_makes_nobody_dead() -> None:
    """Nobody can sign meanwhile; who comes back first gives the others their time."""
    async with a_fleet() as fleet:
        one = await fleet.starts("one")
        await fleet.starts("two")
        one.troubles[WATCH] = REFUSED
        await fleet.passes(PATIENCE + LOOKS_EVERY)
        fleet.letters.cut_off |= {"one", "two"}
        await fleet.passes(900)
        fleet.letters.cut_off -= {"two"}
        await fleet.passes(GONE_AFTER - LOOKS_EVERY)
        fleet.letters.cut_off.clear()
        await fleet.passes(900)
        assert [each.startswith(HAS_NOT_BEEN) for each in fleet.standing] == [True]
        assert len(fleet.slack.calls) == 1


async def test_who_was_taken_for_dead_says_it_again() -> None:
    """It was stopped, and goes on with its trouble: the other one has ended its message by then."""
    async with a_fleet() as fleet:
        one = await fleet.starts("one")
        await fleet.starts("two")
        one.troubles[WATCH] = REFUSED
        await fleet.passes(PATIENCE + LOOKS_EVERY)
        one.clock.runs.clear()
        await fleet.passes(ENDED_WITHIN)
        assert [each.startswith(WAS_NOT) for each in fleet.standing] == [True]
        one.clock.runs.set()
        await fleet.passes(2 * LOOKS_EVERY)
        assert [each.startswith(HAS_NOT_BEEN) for each in fleet.standing] == [False, True]
        one.troubles.clear()
        await fleet.passes(OVER_AFTER + 5)
        assert [each.startswith(WAS_NOT) for each in fleet.standing] == [True, True]


async def test_an_answer_that_is_lost_loses_no_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was adopted, and the adopter does not know: it finds it among its own."""
    async with a_fleet() as fleet:
        one = await fleet.starts("one")
        two = fleet.letters.of("two")
        adopt = type(two).adopt

        async def lost(*given: object) -> bool:
            assert await adopt(*given)  # type: ignore[arg-type]
            raise StoreUnavailable("the answer was lost")

        monkeypatch.setattr(type(two), "adopt", lost)
        await fleet.starts("two")
        one.troubles[WATCH] = REFUSED
        await fleet.passes(PATIENCE + LOOKS_EVERY)
        await one.kill()
        await fleet.passes(ENDED_WITHIN)
        assert [each.startswith(WAS_NOT) for each in fleet.standing] == [True]
