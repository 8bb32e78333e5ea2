"""A removal that waits for its judgement outlives the process: the next one judges it, once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.model.deaths import Cause, Death
from bot.model.memory import Findings, PodMemory
from bot.model.pods import PodUid
from bot.watch.detector import Detector
from bot.watch.ports import Change
from bot.watch.removals import REPLACED_WITHIN
from bot.watch.shade import Shade
from tests.support.clock import HeldClock
from tests.support.deaths import a_pods_death
from tests.support.pods import a_pod, crashed, running
from tests.unit.watch.test_removals import BARE, CLUSTER, LACKING, WHOLE, a_watch

OWNED = a_pod(running(), deleted=0)


async def test_the_next_process_tells_a_bare_pod_when_it_is_time() -> None:
    """Nothing of it is left in the cluster, not even in its history; told once, and then forgotten."""
    async with a_watch() as killed:
        await killed.goes(BARE)
        await killed.clock.advance(4)
        assert killed.told == []
    async with a_watch(before=killed) as watch:
        await watch.clock.advance(5)
        assert watch.told == []
        await watch.clock.advance(3)
        (death,) = watch.told
        assert (death.cause, death.pod, death.unwatched) == (Cause.DELETED, "toolbox", None)
        assert watch.saved == {}
    async with a_watch(before=watch) as third:
        await third.clock.advance(3_600)
        assert third.told == []


async def test_the_next_process_asks_the_owner() -> None:
    """What is left of the minute, and then once more, as ever."""
    async with a_watch() as killed:
        await killed.goes(OWNED)
        await killed.clock.advance(40)
    async with a_watch(before=killed) as watch:
        await watch.clock.advance(19)
        assert watch.owners.asked == []
        await watch.clock.advance(20)
        assert watch.causes == [Cause.DELETED]
        assert len(watch.owners.asked) == 2


async def test_one_that_was_down_for_long_judges_at_once() -> None:
    """Neither does it wait anew, nor is it told of a past that no clock measured."""
    async with a_watch() as killed:
        await killed.goes(OWNED)
    await killed.clock.advance(3_600)
    async with a_watch(before=killed) as watch:
        await watch.clock.advance(18)
        assert watch.causes == [Cause.DELETED]


async def test_a_process_that_dies_again_and_again_judges_all_the_same() -> None:
    """The time goes on from where it was."""
    async with a_watch() as watch:
        await watch.goes(OWNED)
    for _ in range(12):
        async with a_watch(before=watch) as watch:
            await watch.clock.advance(REPLACED_WITHIN.total_seconds() / 10)
    async with a_watch(before=watch) as last:
        await last.clock.advance(18)
        assert last.causes == [Cause.DELETED]


async def test_what_the_history_tells_again_is_the_same_removal() -> None:
    """The checkpoint was before it: the next process reads of it again. It was watched all the same."""
    async with a_watch() as killed:
        await killed.comes(a_pod(running(), owner=None, name="toolbox"))
        await killed.goes(BARE)
    async with a_watch(before=killed) as watch:
        await watch.comes(a_pod(running(), owner=None, name="toolbox"), past=True)
        await watch.goes(BARE, past=True)
        await watch.clock.advance(60)
        (death,) = watch.told
        assert death.unwatched is None
        assert watch.saved == {}


async def test_what_was_replaced_before_it_died_is_not_taken_up() -> None:
    """It is handed on like a death: the checkpoint comes after it."""
    async with a_watch() as killed:
        await killed.goes(OWNED)
        assert killed.saved != {}
        await killed.comes(a_pod(running(), uid="uid-2", name="web-7d4b9c-new"))
        assert killed.saved == {}
    async with a_watch(before=killed) as watch:
        await watch.clock.advance(600)
        assert (watch.told, watch.owners.asked) == ([], [])


@pytest.mark.parametrize("past", [True, False], ids=["in-the-history", "in-the-listing"])
async def test_what_was_put_back_meanwhile_was_replaced(past: bool) -> None:
    """A bare pod, by its name; whether the API server still knows when it came or not."""
    async with a_watch() as killed:
        await killed.goes(BARE)
    async with a_watch(before=killed) as watch:
        back = a_pod(running(), owner=None, name="toolbox", uid="uid-2")
        await watch.comes(back, past=past, first_listing=not past)
        await watch.clock.advance(60)
        assert watch.told == []
        assert watch.saved == {}


async def test_what_has_an_owner_is_settled_by_its_word() -> None:
    """It was replaced while nobody watched."""
    async with a_watch() as killed:
        await killed.goes(OWNED)
    async with a_watch(WHOLE, before=killed) as watch:
        await watch.clock.advance(120)
        assert watch.told == []
        assert watch.saved == {}


async def test_a_replacement_is_not_taken_for_that_of_another_when_it_is_read_again() -> None:
    """Two went and one came, before the process died; one stays missed when the history repeats it."""
    came = a_pod(running(), uid="uid-3", name="web-7d4b9c-new")
    other = a_pod(running(), uid="uid-2", name="web-7d4b9c-b", deleted=0)
    async with a_watch() as killed:
        await killed.goes(OWNED)
        await killed.goes(other)
        await killed.comes(came)
    async with a_watch(before=killed) as watch:
        await watch.comes(came, past=True)
        await watch.clock.advance(120)
        assert [death.id.uid for death in watch.told] == [other.uid]


async def test_nothing_is_judged_while_nobody_watches() -> None:
    """What took the place of the pod is seen when the watch is back, and that is before the judgement."""
    async with a_watch() as watch:
        await watch.goes(BARE)
        watch.in_sync = False
        await watch.clock.advance(600)
        assert watch.told == []
        watch.in_sync = True
        await watch.comes(a_pod(running(), owner=None, name="toolbox", uid="uid-2"))
        await watch.clock.advance(60)
        assert watch.told == []


async def test_what_cannot_be_watched_any_more_is_judged_in_the_end() -> None:
    """The right to watch was taken away, or the namespace from the settings."""
    async with a_watch() as watch:
        await watch.goes(BARE)
        watch.in_sync = False
        await watch.clock.advance(3_700)
        assert watch.causes == [Cause.DELETED]


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        pytest.param(15, [Cause.DELETED], id="it-ran-until-then"),
        pytest.param(5, [], id="it-had-ended-before"),
        pytest.param(10, [], id="it-was-deleted-as-soon-as-it-had-ended"),
    ],
)
@pytest.mark.parametrize("seen", [True, False], ids=["seen-going", "only-seen-at-its-end"])
async def test_a_final_phase_that_only_the_history_tells(ended: int, told: list[Cause], seen: bool) -> None:
    """The process that had seen it running died; the deletion's own marks say when it was asked for."""
    over = a_pod(crashed(exit_code=0, at=ended), owner=None, phase="Succeeded", deleted=10, grace=30)
    async with a_watch() as killed:
        await killed.comes(a_pod(running(), owner=None))
    async with a_watch(before=killed) as watch:
        if seen:
            await watch.comes(over, past=True)
        # The kubelet's own deletion has no grace, and leaves the moment of the request.
        last = a_pod(crashed(exit_code=0, at=ended), owner=None, phase="Succeeded", deleted=10, grace=0)
        await watch.goes(last, past=True)
        await watch.clock.advance(60)
        assert [cause for cause in watch.causes if cause is Cause.DELETED] == told


async def test_a_pod_that_a_finalizer_held_while_nobody_watched() -> None:
    """It was asked to go and ended by then; the first listing shows it, and it goes an hour later."""
    over = a_pod(crashed(exit_code=0, at=15), owner=None, phase="Succeeded", deleted=10, grace=30)
    async with a_watch() as killed:
        await killed.comes(a_pod(running(), owner=None))
    async with a_watch(before=killed) as watch:
        await watch.comes(over, first_listing=True)
        await watch.clock.advance(3_600)
        await watch.goes(over)
        await watch.clock.advance(20)
        assert Cause.DELETED in watch.causes


async def test_an_owner_that_lacks_one_pod_too_many() -> None:
    """Two waited when the process died, and both are missed."""
    async with a_watch() as killed:
        await killed.goes(OWNED)
        await killed.goes(a_pod(running(), uid="uid-2", name="web-7d4b9c-b", deleted=0))
    async with a_watch(replace(LACKING, present=3), before=killed) as watch:
        await watch.clock.advance(120)
        assert watch.causes == [Cause.DELETED, Cause.DELETED]
        assert len(watch.owners.asked) == 2, "once for both, twice"


@pytest.mark.parametrize("takes_over_after", [5, 30], ids=["before-its-judgement", "after-it"])
async def test_a_standby_tells_what_its_leader_did_not(takes_over_after: int) -> None:
    """It has watched the same: its own judgement is told, and what the leader left in the store goes."""
    told, saved = list[Death](), dict[PodUid, PodMemory | None]()

    async def record(findings: Findings) -> None:
        told.extend(findings.deaths)
        saved[findings.uid] = findings.memory

    clock = HeldClock()
    shade = Shade(CLUSTER, clock)
    detector = Detector(CLUSTER, shade.take, clock)
    task = asyncio.create_task(detector.run())
    await detector.changed(Change(old=BARE, new=None))
    saved[BARE.uid] = PodMemory(counted={}, removed=a_pods_death(Cause.DELETED, uid=BARE.uid))
    await clock.advance(takes_over_after)
    await shade.hand_over(record)
    await clock.advance(60)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [(death.id.uid, death.cause) for death in told] == [(BARE.uid, Cause.DELETED)]
    assert saved[BARE.uid] is None
