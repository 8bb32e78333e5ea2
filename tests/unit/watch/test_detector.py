"""From changes of pods, and from the clock, to deaths that are handed on once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from bot.model.deaths import Cause, Death, Unwatched
from bot.model.memory import Findings, Memory
from bot.model.pods import ClusterName, Pod
from bot.model.tuning import Timings
from bot.watch.detector import Detector
from bot.watch.ports import Change
from tests.support.clock import HeldClock
from tests.support.pods import SCHEDULED, Built, a_pod, at, condition, crashed, ended, running, waiting

PULLING = a_pod(waiting("app", "ErrImagePull"), phase="Pending")


class Watch:
    """A detector with its clock running, and what it has told so far."""

    def __init__(self, clock: HeldClock | None = None) -> None:
        self.clock = clock or HeldClock()
        self.findings: list[Findings] = []
        self.timings = Timings()
        self.detector = Detector(ClusterName("prod-eu"), self._take, self.clock, timings=lambda: self.timings)
        self._known: Pod | None = None

    async def _take(self, findings: Findings) -> None:
        self.findings.append(findings)

    @property
    def told(self) -> list[Death]:
        return [death for each in self.findings for death in each.deaths]

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
async def a_watch(clock: HeldClock | None = None) -> AsyncIterator[Watch]:
    watch = Watch(clock)
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


async def test_a_timing_that_changes_holds_for_what_is_open() -> None:
    """Shorter, it is told at the next look; longer, it is waited on; what was told stays told, once."""
    async with a_watch() as watch:
        watch.timings = Timings(image_pull=timedelta(hours=1))
        await watch.sees(PULLING)
        await watch.clock.advance(600)
        assert watch.causes == []
        watch.timings = Timings(image_pull=timedelta(minutes=11))
        await watch.clock.advance(58)
        assert watch.causes == []
        watch.timings = Timings(image_pull=timedelta(minutes=5))
        await watch.clock.advance(1)
        assert watch.causes == [Cause.IMAGE_PULL]
        watch.timings = Timings(image_pull=timedelta(hours=1))
        await watch.clock.advance(3_600)
        assert watch.causes == [Cause.IMAGE_PULL]


async def test_a_change_of_the_pod_is_judged_by_the_timings_of_now() -> None:
    """Not by those of when the complaint was first seen."""
    async with a_watch() as watch:
        watch.timings = Timings(unschedulable=timedelta(seconds=30))
        homeless = a_pod(phase="Pending", node="", conditions=[])
        await watch.sees(homeless)
        await watch.clock.advance(29)
        assert watch.causes == []
        watch.timings = Timings(unschedulable=timedelta(seconds=10))
        await watch.sees(homeless)
        assert watch.causes == [Cause.UNSCHEDULABLE]


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
        await watch.clock.advance(61)
        assert watch.detector.remembered == 0


HEALTHY = a_pod(running(), conditions=[SCHEDULED, condition("Ready")])


async def test_a_healthy_pod_has_no_findings() -> None:
    """From its birth to its end there is nothing that a store had to write."""
    async with a_watch() as watch:
        await watch.sees(a_pod(phase="Pending", node="", conditions=[]))
        await watch.sees(a_pod(waiting("app", "ContainerCreating"), phase="Pending"))
        await watch.sees(a_pod(running(ready=False), conditions=[SCHEDULED, UNREADY]))
        await watch.sees(HEALTHY)
        await watch.clock.advance(3_600)
        await watch.sees_it_gone(a_pod(running(), deleted=3_600))
        await watch.clock.advance(61)
        assert watch.findings == []


async def test_a_baseline_is_handed_on_without_deaths() -> None:
    """What had happened before the first look is to be remembered, not told."""
    async with a_watch() as watch:
        await watch.sees(a_pod(running(restarts=4, last=ended(1))), first_listing=True)
        (findings,) = watch.findings
        assert findings.deaths == ()
        assert findings.memory is not None
        assert findings.memory.counted["app"].restart == 3


async def test_the_findings_of_a_death_and_of_the_end() -> None:
    """One for the death with what it leaves, one that it may be forgotten, a minute after the pod is gone."""
    async with a_watch() as watch:
        await watch.sees(HEALTHY)
        await watch.sees(a_pod(crashed()))
        await watch.sees(
            a_pod(running(restarts=1, last=ended(1)), conditions=[SCHEDULED, condition("Ready")])
        )
        await watch.sees_it_gone()
        died, *rest = watch.findings
        assert [death.cause for death in died.deaths] == [Cause.ERROR]
        assert watch.detector.snapshot().pods == {died.uid: died.memory}
        assert rest == []
        await watch.clock.advance(61)
        assert [(each.deaths, each.memory) for each in watch.findings[1:]] == [((), None)]


async def test_what_is_due_of_one_pod_is_one_finding() -> None:
    """Two images of one pod cannot be pulled: that is one look at the pod."""
    pulling = (waiting("app", "ErrImagePull"), waiting("proxy", "ErrImagePull"))
    async with a_watch() as watch:
        await watch.sees(a_pod(*pulling, phase="Pending"))
        await watch.clock.advance(62)
        assert [len(each.deaths) for each in watch.findings] == [0, 2]


async def test_what_the_sink_did_not_take_is_found_again() -> None:
    """Between counting and handing on nothing is lost."""
    taken: list[Findings] = []

    async def sink(findings: Findings) -> None:
        if not taken:
            taken.append(findings)
            raise RuntimeError("no")
        taken.append(findings)

    detector = Detector(ClusterName("prod-eu"), sink, HeldClock())
    with pytest.raises(RuntimeError):
        await detector.changed(Change(old=HEALTHY, new=a_pod(crashed())))
    assert detector.snapshot().pods == {}
    await detector.changed(Change(old=HEALTHY, new=a_pod(crashed())))
    assert taken[0] == taken[1]


class SteppingClock(HeldClock):
    """Its wall time may step, as time servers make it."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


UNSCHEDULABLE = a_pod(
    phase="Pending", node="", conditions=[condition("PodScheduled", "False", reason="Unschedulable")]
)


@pytest.mark.parametrize("hours", [1, -1], ids=["forward", "back"])
@pytest.mark.parametrize("seen_first", [True, False], ids=["after-it-was-seen", "before"])
async def test_a_step_of_the_wall_clock_makes_nobody_stuck(*, hours: int, seen_first: bool) -> None:
    """Five minutes are five minutes, whatever the wall clock does in between or did before."""
    clock = SteppingClock()
    async with a_watch(clock) as watch:
        if not seen_first:
            clock.ahead = timedelta(hours=hours)
        await watch.sees(UNSCHEDULABLE)
        await clock.advance(120)
        clock.ahead = timedelta(hours=hours)
        await clock.advance(170)
        assert watch.causes == []
        await clock.advance(12)
        assert watch.causes == [Cause.UNSCHEDULABLE]


async def test_a_step_of_the_wall_clock_takes_no_grace_from_a_pod_that_goes() -> None:
    """It may take ten minutes to go, and five more."""
    clock = SteppingClock()
    async with a_watch(clock) as watch:
        clock.ahead = timedelta(hours=1)
        await watch.sees(a_pod(running(), deleted=0, grace=600))
        await clock.advance(890)
        assert watch.causes == []
        await clock.advance(12)
        assert watch.causes == [Cause.STUCK_TERMINATING]


async def test_a_step_of_the_wall_clock_misses_no_bare_pod_early() -> None:
    """Whoever replaces it has ten seconds for that."""
    clock = SteppingClock()
    async with a_watch(clock) as watch:
        await watch.sees(a_pod(running(), owner=None))
        await watch.sees_it_gone(a_pod(running(), owner=None, deleted=0))
        clock.ahead = timedelta(hours=1)
        await clock.advance(8)
        assert watch.causes == []
        await clock.advance(3)
        assert watch.causes == [Cause.DELETED]


GAP = Unwatched(since=at(100), until=at(1_000))


@pytest.mark.parametrize(
    ("died_at", "flagged"),
    [
        pytest.param(10, False, id="long-before"),
        pytest.param(50, True, id="a-clock-behind"),
        pytest.param(500, True, id="within"),
        pytest.param(1_010, False, id="after"),
    ],
)
async def test_what_died_in_a_gap_says_so(*, died_at: float, flagged: bool) -> None:
    """By the moment of its end, give or take the clocks."""
    async with a_watch() as watch:
        change = Change(old=HEALTHY, new=a_pod(crashed(at=died_at)), gap=GAP)
        await watch.detector.changed(change)
        assert [death.unwatched for death in watch.told] == [GAP if flagged else None]


async def test_a_namespace_that_was_not_watched_before_has_its_first_look() -> None:
    """It was added to the settings: what died there long ago is no news, as it is elsewhere."""
    told: list[Death] = []

    async def sink(findings: Findings) -> None:
        told.extend(findings.deaths)

    memory = Memory(cluster=ClusterName("prod-eu"), pods={})
    detector = Detector(ClusterName("prod-eu"), sink, HeldClock(), memory, watched=("elsewhere",))
    restarted = a_pod(running(restarts=1, last=ended(1)))
    await detector.changed(Change(old=None, new=restarted, first_listing=True))
    assert told == []


async def test_what_the_history_tells_may_be_known() -> None:
    """The process before may have told it, and forgotten the pod; what is seen from then on is news."""
    taken: list[Findings] = []

    async def sink(findings: Findings) -> None:
        taken.append(findings)

    memory = Memory(cluster=ClusterName("prod-eu"), pods={})
    detector = Detector(ClusterName("prod-eu"), sink, HeldClock(), memory)
    await detector.changed(Change(old=None, new=a_pod(crashed(), uid="a"), past=True))
    await detector.changed(Change(old=a_pod(crashed(), uid="b"), new=None, past=True))
    await detector.changed(Change(old=None, new=a_pod(crashed(), uid="c"), first_listing=True))
    assert [(each.uid, each.may_be_known) for each in taken] == [("a", True), ("b", True), ("c", False)]
