"""The calendar of the cluster: order, cancelling, pace and both kinds of clock."""

import asyncio
from datetime import timedelta

import pytest

from bot.playground.cluster.agenda import Agenda
from bot.playground.cluster.clock import ManualClock, SystemClock
from tests.unit.playground.cluster.conftest import START


async def test_actions_run_in_order_of_their_due_times_each_at_its_own_moment() -> None:
    """What is due runs in order, sees its own moment, and may put more on the calendar."""
    clock = ManualClock(START)
    agenda = Agenda(clock)
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, (agenda.now() - START).total_seconds()))

    agenda.after(5, lambda: note("late"))

    def first() -> None:
        note("first")
        agenda.after(2, lambda: note("nested"))

    agenda.after(1, first)
    agenda.after(1, lambda: note("second"))
    agenda.after(2, lambda: note("cancelled")).cancel()
    await agenda.advance(4)
    assert seen == [("first", 1), ("second", 1), ("nested", 3)]
    assert agenda.now() == START + timedelta(seconds=4)


async def test_pace_shortens_waits() -> None:
    """At pace 10 ten seconds of pod life pass in one of the clock."""
    agenda = Agenda(ManualClock(START), pace=10)
    done: list[bool] = []
    agenda.after(10, lambda: done.append(True))
    await agenda.advance(1)
    assert done


async def test_the_machine_s_clock_is_followed_and_earlier_actions_wake_it() -> None:
    """A follower that sleeps for a late action still runs an earlier one that is added meanwhile."""
    agenda = Agenda(SystemClock())
    done = asyncio.Event()
    agenda.after(3600, lambda: None)
    life = asyncio.create_task(agenda.follow_clock())
    await asyncio.sleep(0)
    agenda.after(0.01, done.set)
    async with asyncio.timeout(5):
        await done.wait()
    life.cancel()
    await asyncio.wait({life})


async def test_only_a_manual_clock_is_moved_by_hand() -> None:
    """Advancing the machine's clock is refused."""
    with pytest.raises(TypeError):
        await Agenda(SystemClock()).advance(1)


def test_a_pace_of_nothing_is_refused() -> None:
    """Time that stands still would never end."""
    with pytest.raises(ValueError, match="pace"):
        Agenda(SystemClock(), pace=0)


async def test_sleepers_of_a_manual_clock_wake_when_it_passes_them() -> None:
    """A sleeper wakes once the clock reaches its moment, and a past moment is no sleep."""
    clock = ManualClock(START)
    await clock.sleep_until(START)
    sleeper = asyncio.create_task(clock.sleep_until(START + timedelta(seconds=5)))
    await asyncio.sleep(0)
    clock.move_to(START + timedelta(seconds=4))
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.move_to(START + timedelta(seconds=5))
    await sleeper
