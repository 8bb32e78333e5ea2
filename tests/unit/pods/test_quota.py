"""How many pods a person may delete, with one replica and with several."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import StoreUnavailable
from bot.model.people import UserId
from bot.model.problems import TooManyDeletions, TooManyPods
from bot.pods.quota import DeletionLimits, Quota
from tests.support.clock import HeldClock
from tests.support.memory_claims import MemorySpending

ALICE, BOB = UserId("U01ALICE"), UserId("U02BOB")
LIMITS = DeletionLimits(at_once=10, per_person=15, within=timedelta(minutes=10))


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


async def test_one_replica_counts_by_person_and_time(clock: HeldClock) -> None:
    """What is long ago does not count, nor what others did."""
    quota = Quota(LIMITS, clock)
    await quota.take(ALICE, 10)
    await quota.take(BOB, 10)
    with pytest.raises(TooManyDeletions):
        await quota.take(ALICE, 6)
    await quota.take(ALICE, 5)
    await clock.advance(601)
    await quota.take(ALICE, 10)
    with pytest.raises(TooManyPods):
        await quota.check(ALICE, 11)


async def test_replicas_count_together(clock: HeldClock) -> None:
    """The limit is that of the person, whichever replicas their commands come to."""
    spending = MemorySpending()
    one, other = Quota(LIMITS, clock, spending), Quota(LIMITS, clock, spending)
    await one.take(ALICE, 10)
    with pytest.raises(TooManyDeletions):
        await other.check(ALICE, 6)
    with pytest.raises(TooManyDeletions):
        await other.take(ALICE, 6)
    await other.take(ALICE, 5)
    assert sum(pods for _, _, pods in spending.spent) == 15


async def test_what_was_refused_is_not_counted(clock: HeldClock) -> None:
    """Whoever asked for too much may still have what is left."""
    spending = MemorySpending()
    one, other = Quota(LIMITS, clock, spending), Quota(LIMITS, clock, spending)
    await one.take(ALICE, 10)
    for _ in range(5):
        with pytest.raises(TooManyDeletions):
            await other.take(ALICE, 10)
    await other.take(ALICE, 5)


@pytest.mark.parametrize("hangs", [False, True], ids=["away", "hangs"])
async def test_without_the_store_each_replica_counts_its_own(clock: HeldClock, *, hangs: bool) -> None:
    """Deleting goes on, within limits."""
    spending = MemorySpending(trouble=None if hangs else StoreUnavailable("away"), hangs=hangs)
    quota = Quota(LIMITS, clock, spending)
    await quota.take(ALICE, 10)
    with pytest.raises(TooManyDeletions):
        await quota.take(ALICE, 6)
