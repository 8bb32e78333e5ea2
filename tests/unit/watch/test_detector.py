"""From changes of pods, and from the clock, to deaths that are handed on once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.model.deaths import Cause, Death
from bot.model.pods import ClusterName, Pod
from bot.watch.detector import Detector
from bot.watch.ports import Change
from tests.support.clock import HeldClock
from tests.support.pods import SCHEDULED, Built, a_pod, at, condition, crashed, ended, running, waiting

PULLING = a_pod(waiting("app", "ErrImagePull"), phase="Pending")


class Watch:
    """A detector with its clock running, and what it has told so far."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.told: list[Death] = []
        self.detector = Detector(ClusterName("prod-eu"), self._take, self.clock)
        self._known: Pod | None = None

    async def _take(self, death: Death) -> None:
        self.told.append(death)

    async def sees(self, pod: Pod, *, first_listing: bool = False) -> None:
        await self.detector.changed(Change(old=self._known, new=pod, first_listing=first_listing))
        self._known = pod

    async def sees_it_gone(self, last: Pod | None = None) -> None:
        await self.detector.changed(Change(old=last or self._known, new=None))
        self._known = None

    @property
    def causes(self) -> list[Cause]:
        return [death.cause for death in self.told]


@asynccontextmanager
async def a_watch() -> AsyncIterator[Watch]:
    watch = Watch()
    running_detector = asyncio.create_task(watch.detector.run())
    try:
        yield watch
    finally:
        running_detector.cancel()
        await asyncio.gather(running_detector, return_exceptions=True)


async def test_a_death_is_handed_on_once() -> None:
    """The change that shows it tells it, those after do not."""
    async with a_watch() as watch:
        await watch.sees(a_pod(running()))
        await watch.sees(a_pod(crashed()))
        await watch.sees(a_pod(waiting(last=ended(1))))
        await watch.sees(a_pod(running(restarts=1, last=ended(1))))
        assert watch.causes == [Cause.ERROR]


async def test_the_first_listing_is_the_baseline() -> None:
    """What had died before and runs again is known, what dies next is news."""
    async with a_watch() as watch:
        await watch.sees(a_pod(running(restarts=4, last=ended(1))), first_listing=True)
        assert watch.causes == []
        await watch.sees(a_pod(crashed(restarts=4, at=20)))
        assert watch.causes == [Cause.ERROR]


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(waiting(restarts=4, last=ended(1)), id="crash-loop"),
        pytest.param(crashed(restarts=4), id="dead-now"),
        pytest.param(waiting("app", "RunContainerError", restarts=4, last=ended(1)), id="cannot-start"),
    ],
)
async def test_what_is_broken_at_the_first_look_is_told_as_old(broken: Built) -> None:
    """It opens as "was already failing", once, and its next death is news."""
    async with a_watch() as watch:
        await watch.sees(a_pod(broken), first_listing=True)
        assert [(death.cause, death.since_before_first_look) for death in watch.told] == [(Cause.ERROR, True)]
        await watch.sees(a_pod(broken))
        assert len(watch.told) == 1
        await watch.sees(a_pod(crashed(restarts=5, at=40)))
        assert [death.since_before_first_look for death in watch.told] == [True, False]


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(a_pod(crashed(), restart_policy="Never", phase="Failed"), id="over"),
        pytest.param(a_pod(crashed(exit_code=0), restart_policy="OnFailure"), id="done"),
        pytest.param(a_pod(crashed(), deleted=5), id="being-deleted"),
        pytest.param(a_pod(phase="Failed", reason="Evicted"), id="evicted-long-ago"),
    ],
)
async def test_history_is_not_told_at_the_first_look(pod: Pod) -> None:
    """What is over is not broken any more: nobody is woken for it."""
    async with a_watch() as watch:
        await watch.sees(pod, first_listing=True)
        assert watch.causes == []


async def test_a_pod_that_no_scheduler_looks_at_is_told_after_five_minutes() -> None:
    """Without a scheduler there is not even a condition to wait for; gates are somebody's wish."""
    async with a_watch() as watch:
        await watch.sees(a_pod(phase="Pending", node="", conditions=[]))
        await watch.clock.advance(299)
        assert watch.causes == []
        await watch.clock.advance(2)
        assert [(death.cause, death.reason) for death in watch.told] == [(Cause.UNSCHEDULABLE, "NoScheduler")]


async def test_the_last_state_of_a_pod_is_looked_at_before_it_is_forgotten() -> None:
    """The watch's DELETED line may be the first to show how its containers ended."""
    async with a_watch() as watch:
        await watch.sees(a_pod(running()))
        await watch.sees_it_gone(a_pod(crashed(exit_code=137, reason="OOMKilled", at=5), deleted=20))
        assert watch.causes == [Cause.OOM_KILLED]
        await watch.sees_it_gone()
        assert len(watch.told) == 1


async def test_a_pod_that_is_gone_leaves_nothing_behind() -> None:
    """Its successor under the same name starts with a clean record and a timer of its own."""
    async with a_watch() as watch:
        await watch.sees(a_pod(crashed(), uid="one"))
        await watch.sees_it_gone()
        await watch.sees(a_pod(crashed(), uid="two"))
        assert [death.id.uid for death in watch.told] == ["one", "two"]
        await watch.sees(PULLING)
        await watch.sees_it_gone()
        await watch.clock.advance(3_600)
        assert len(watch.told) == 2


async def test_a_stuck_pod_is_told_by_the_clock_alone_and_never_again() -> None:
    """No update ever comes: after a minute it is told, for hours it is not repeated."""
    async with a_watch() as watch:
        await watch.sees(PULLING)
        await watch.clock.advance(58)
        assert watch.causes == []
        await watch.clock.advance(3)
        assert watch.causes == [Cause.IMAGE_PULL]
        await watch.sees(a_pod(waiting("app", "ImagePullBackOff"), phase="Pending"))
        await watch.clock.advance(3 * 3_600)
        assert len(watch.told) == 1


async def test_updates_do_not_put_the_clock_back() -> None:
    """ErrImagePull and ImagePullBackOff take turns; the complaint is the same."""
    async with a_watch() as watch:
        for number in range(7):
            reason = ("ErrImagePull", "ImagePullBackOff")[number % 2]
            await watch.sees(a_pod(waiting("app", reason), phase="Pending"))
            await watch.clock.advance(10)
        assert watch.causes == [Cause.IMAGE_PULL]
        assert watch.told[0].started_at == at(0)


async def test_what_comes_up_in_time_is_not_told() -> None:
    """A minute for the image was enough."""
    async with a_watch() as watch:
        await watch.sees(PULLING)
        await watch.clock.advance(50)
        await watch.sees(a_pod(running()))
        await watch.clock.advance(3_600)
        assert watch.causes == []


async def test_what_gets_stuck_again_is_told_again() -> None:
    """It came up in between, so it is another story."""
    async with a_watch() as watch:
        for _ in range(2):
            await watch.sees(PULLING)
            await watch.clock.advance(62)
            await watch.sees(a_pod(running()))
        assert watch.causes == [Cause.IMAGE_PULL, Cause.IMAGE_PULL]


async def test_an_impossible_image_name_is_told_at_once() -> None:
    """Waiting would not mend it."""
    async with a_watch() as watch:
        await watch.sees(a_pod(waiting("app", "InvalidImageName"), phase="Pending"))
        assert watch.causes == [Cause.IMAGE_PULL]


async def test_what_was_stuck_before_the_first_look_is_told_as_such() -> None:
    """An hour old when the bot starts: due at once, and not as if it were new."""
    unschedulable = condition("PodScheduled", "False", reason="Unschedulable", since=-3_600)
    async with a_watch() as watch:
        await watch.sees(a_pod(phase="Pending", conditions=[unschedulable]), first_listing=True)
        (death,) = watch.told
        assert (death.cause, death.since_before_first_look) == (Cause.UNSCHEDULABLE, True)


async def test_each_timer_runs_for_itself() -> None:
    """A mount that hangs is told after five minutes, without an update."""
    async with a_watch() as watch:
        await watch.sees(a_pod(waiting("app", "ContainerCreating"), phase="Pending"))
        await watch.sees(a_pod(running("app", ready=False), uid="two", conditions=[SCHEDULED, UNREADY]))
        await watch.clock.advance(299)
        assert watch.causes == []
        await watch.clock.advance(2)
        assert watch.causes == [Cause.STUCK_CREATING]
        await watch.clock.advance(300)
        assert watch.causes == [Cause.STUCK_CREATING, Cause.NOT_READY]


UNREADY = condition("Ready", "False", reason="ContainersNotReady")


async def test_a_crash_loop_is_not_also_told_as_not_ready() -> None:
    """It runs for half a minute at a time, and has not been Ready for an hour."""
    async with a_watch() as watch:
        for number in range(12):
            now = number * 300
            last = ended(1, at=now - 1, run=f"{number}")
            await watch.sees(
                a_pod(
                    running(ready=False, restarts=number + 1, since=now, last=last),
                    conditions=[SCHEDULED, UNREADY],
                )
            )
            await watch.clock.advance(30)
            last = ended(1, at=now + 29, run=f"{number + 1}")
            await watch.sees(a_pod(waiting(restarts=number + 1, last=last), conditions=[SCHEDULED, UNREADY]))
            await watch.clock.advance(270)
        assert set(watch.causes) == {Cause.ERROR}


async def test_a_pod_that_does_not_go_is_told_five_minutes_after_its_time() -> None:
    """The grace period first, then the patience."""
    async with a_watch() as watch:
        await watch.sees(a_pod(running(), deleted=0, grace=30))
        await watch.clock.advance(329)
        assert watch.causes == []
        await watch.clock.advance(2)
        assert watch.causes == [Cause.STUCK_TERMINATING]


async def test_a_healthy_pod_costs_no_memory() -> None:
    """A hundred thousand pods are healthy: nothing is kept of them."""
    async with a_watch() as watch:
        await watch.sees(a_pod(running(), conditions=[SCHEDULED, condition("Ready")]), first_listing=True)
        await watch.sees(a_pod(running(), conditions=[SCHEDULED, condition("Ready")]))
        assert watch.detector.remembered == 0
        await watch.sees(a_pod(crashed()))
        assert watch.detector.remembered == 1
        await watch.sees_it_gone()
        assert watch.detector.remembered == 0
