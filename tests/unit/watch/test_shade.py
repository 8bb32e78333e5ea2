"""What a standby has found is told by the next leader: all of it, in order, and nothing that is over."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.errors import Deposed
from bot.model.deaths import Cause, Death
from bot.model.memory import Counted, Findings, Memory, OpenSince, PodMemory
from bot.model.pods import ClusterName, PodUid
from bot.watch import shade
from bot.watch.shade import Shade
from tests.support.clock import START, HeldClock, settle
from tests.support.deaths import a_death

HOUR = 3_600
CLUSTER = ClusterName("prod-eu")


def died(uid: str, *, restart: int = 0, cause: Cause = Cause.ERROR) -> Findings:
    memory = PodMemory(counted={"app": Counted(restart, START)})
    return Findings(cluster=CLUSTER, uid=PodUid(uid), deaths=(_death(uid, restart, cause),), memory=memory)


def stuck(uid: str) -> Findings:
    told = OpenSince(container="app", cause=Cause.IMAGE_PULL, since=START, before_first_look=False, told=True)
    return Findings(
        cluster=CLUSTER,
        uid=PodUid(uid),
        deaths=(_death(uid, 0, Cause.IMAGE_PULL),),
        memory=PodMemory(counted={}, complaints=(told,)),
    )


def forgotten(uid: str) -> Findings:
    return Findings(cluster=CLUSTER, uid=PodUid(uid))


def _death(uid: str, restart: int, cause: Cause) -> Death:
    return a_death(cause, uid=uid, restart=restart)


class Keeper:
    """Takes what it is given, and may be made to wait."""

    def __init__(self) -> None:
        self.taken: list[Findings] = []
        self.open = asyncio.Event()
        self.open.set()

    async def record(self, findings: Findings) -> None:
        await self.open.wait()
        self.taken.append(findings)

    @property
    def deaths(self) -> list[tuple[str, int]]:
        return [(death.id.uid, death.id.restart) for each in self.taken for death in each.deaths]

    @property
    def memory(self) -> dict[PodUid, PodMemory]:
        """What a store has of it."""
        pods = {each.uid: each.memory for each in self.taken}
        return {uid: memory for uid, memory in pods.items() if memory is not None}


async def test_a_takeover_brings_what_was_found_then_what_is_remembered() -> None:
    """Deaths in their order; what the old leader's memory held from the start is there, too."""
    known = PodMemory(counted={"app": Counted(7, START)})
    standby = Shade(CLUSTER, HeldClock(), Memory(cluster=CLUSTER, pods={PodUid("old"): known}))
    keeper = Keeper()
    for each in (died("a"), died("b"), died("a", restart=1)):
        await standby.take(each)
    assert keeper.taken == []
    await standby.hand_over(keeper.record)
    assert standby.leads
    assert keeper.deaths == [("a", 0), ("b", 0), ("a", 1)]
    assert keeper.memory == {
        "old": known,
        "a": died("a", restart=1).memory,
        "b": died("b").memory,
    }
    await standby.take(died("c"))
    assert keeper.deaths[-1] == ("c", 0)
    assert [each.may_be_known for each in keeper.taken if each.deaths] == [True, True, True, False]


async def test_what_is_forgotten_is_forgotten_by_the_store() -> None:
    """A pod that went while this replica stood by leaves nothing in the store."""
    standby, keeper = Shade(CLUSTER, HeldClock()), Keeper()
    await standby.take(died("a"))
    await standby.take(forgotten("a"))
    await standby.hand_over(keeper.record)
    assert keeper.deaths == [("a", 0)]
    assert keeper.memory == {}


async def test_only_what_is_still_stuck_is_told_again() -> None:
    """One pod has pulled its image meanwhile, the other has not."""
    standby, keeper = Shade(CLUSTER, HeldClock()), Keeper()
    await standby.take(stuck("a"))
    await standby.take(stuck("b"))
    await standby.take(forgotten("a"))
    await standby.hand_over(keeper.record)
    assert keeper.deaths == [("b", 0)]


async def test_it_keeps_a_day() -> None:
    """What is older was told by the leader of then."""
    clock, keeper = HeldClock(), Keeper()
    standby = Shade(CLUSTER, clock)
    await standby.take(died("a"))
    await clock.advance(23 * HOUR)
    await standby.take(died("b"))
    await clock.advance(2 * HOUR)
    await standby.hand_over(keeper.record)
    assert keeper.deaths == [("b", 0)]
    assert set(keeper.memory) == {"a", "b"}


async def test_who_is_to_lead_keeps_it_until_the_store_is_back() -> None:
    """There is nobody else to tell it; once it is told, it is as old as any."""
    clock, keeper, next_keeper = HeldClock(), Keeper(), Keeper()
    standby = Shade(CLUSTER, clock)
    await standby.take(died("a"))
    standby.expect_to_lead()
    await clock.advance(48 * HOUR)
    await standby.take(died("b"))
    await standby.hand_over(keeper.record)
    assert keeper.deaths == [("a", 0), ("b", 0)]
    await standby.hand_over(next_keeper.record)
    assert next_keeper.deaths == [("b", 0)]


async def test_who_is_not_to_lead_after_all_keeps_a_day_again() -> None:
    """Another replica had the lease first, and told it."""
    clock, keeper = HeldClock(), Keeper()
    standby = Shade(CLUSTER, clock)
    await standby.take(died("a"))
    standby.expect_to_lead()
    standby.withdraw()
    await clock.advance(25 * HOUR)
    await standby.hand_over(keeper.record)
    assert keeper.deaths == []


async def test_what_is_too_old_by_then_is_not_told() -> None:
    """A standby that had found nothing for days drops what the ledger may have forgotten."""
    clock, keeper = HeldClock(), Keeper()
    standby = Shade(CLUSTER, clock)
    await standby.take(died("a"))
    await clock.advance(48 * HOUR)
    standby.expect_to_lead()
    await standby.hand_over(keeper.record)
    assert keeper.deaths == []


async def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storm drives out its own beginning."""
    monkeypatch.setattr(shade, "MOST_DEATHS", 10)
    standby = Shade(CLUSTER, HeldClock())
    for number in range(100):
        await standby.take(died("a", restart=number))
    assert standby.kept == 10


async def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted in what is remembered, and never found again: the log says whose deaths they are."""
    monkeypatch.setattr(shade, "MOST_DEATHS", 2)
    standby, keeper = Shade(CLUSTER, HeldClock()), Keeper()
    for uid in ("a", "b", "c", "d"):
        await standby.take(died(uid))
    with capture_logs() as logged:
        await standby.hand_over(keeper.record)
    assert keeper.deaths == [("c", 0), ("d", 0)]
    (said,) = logged
    assert (said["log_level"], said["event"], said["deaths"]) == ("error", "deaths_left_out", 2)
    assert said["pods"] == ["shop/web-7d4b9c-a", "shop/web-7d4b9c-b"]
    for uid in ("e", "f", "g"):
        await standby.take(died(uid))
    with capture_logs() as logged:
        await standby.hand_over(keeper.record)
    assert logged == [], "what was handed on as it came is not left out"


async def test_nothing_overtakes_while_it_hands_over() -> None:
    """What is found meanwhile comes after all that was kept."""
    standby, keeper = Shade(CLUSTER, HeldClock()), Keeper()
    for number in range(5):
        await standby.take(died("a", restart=number))
    keeper.open.clear()
    handing = asyncio.create_task(standby.hand_over(keeper.record))
    await settle()
    taking = [asyncio.create_task(standby.take(died("a", restart=number))) for number in range(5, 8)]
    await settle()
    keeper.open.set()
    await asyncio.gather(handing, *taking)
    assert keeper.deaths == [("a", number) for number in range(8)]


async def test_leadership_that_is_lost_and_won_again() -> None:
    """In between it keeps; what was told before comes again, for the ledger to drop."""
    standby, first, second = Shade(CLUSTER, HeldClock()), Keeper(), Keeper()
    await standby.hand_over(first.record)
    await standby.take(died("a"))
    standby.withdraw()
    await standby.take(died("a", restart=1))
    await standby.hand_over(second.record)
    assert first.deaths == [("a", 0)]
    assert second.deaths == [("a", 0), ("a", 1)]


async def test_a_deposed_leader_goes_back_into_the_shade() -> None:
    """What its keeper would not take any more is not lost."""

    async def deposed(_: Findings) -> None:
        raise Deposed("term 3")

    standby, keeper = Shade(CLUSTER, HeldClock()), Keeper()
    await standby.hand_over(deposed)
    await standby.take(died("a"))
    assert not standby.leads
    await standby.hand_over(keeper.record)
    assert keeper.deaths == [("a", 0)]


async def test_a_leader_that_is_deposed_while_its_keeper_is_stuck() -> None:
    """Nobody takes from its queue any more: the watch goes on all the same, and nothing is lost."""
    standby, first, second = Shade(CLUSTER, HeldClock()), Keeper(), Keeper()
    await standby.hand_over(first.record)
    first.open.clear()
    taking = asyncio.create_task(standby.take(died("a")))
    await settle()
    standby.withdraw()
    async with asyncio.timeout(5):
        await taking
    await standby.take(died("b"))
    await standby.hand_over(second.record)
    assert second.deaths == [("a", 0), ("b", 0)]
