"""Pods that go: nearly all of them are meant to, and some are missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.errors import ClusterUnreachable
from bot.model.deaths import Cause, Death, Unwatched
from bot.model.memory import Findings, Memory, PodMemory
from bot.model.pods import ClusterName, Owner, Pod, PodUid
from bot.model.surroundings import JobEnd, OwnerState
from bot.watch.detector import Detector
from bot.watch.ports import Change
from tests.support.clock import HeldClock
from tests.support.pods import (
    DAEMON_SET,
    JOB,
    SCHEDULED,
    STATEFUL_SET,
    a_pod,
    crashed,
    disrupted,
    running,
)

CLUSTER = ClusterName("prod-eu")
WEB = Owner(kind="Deployment", name="web")
LACKING = OwnerState(owner=WEB, desired=5, present=4, ready=4)
WHOLE = replace(LACKING, present=5, ready=5)
BARE = a_pod(running(), owner=None, name="toolbox", deleted=0)


class Owners:
    """Owners that answer with what a test sets."""

    def __init__(self, answer: OwnerState | ClusterUnreachable | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []
        self.answering = asyncio.Event()
        self.answering.set()

    async def owner(self, namespace: str, owner: Owner) -> OwnerState | None:
        self.asked.append((namespace, str(owner)))
        await self.answering.wait()
        if isinstance(self.answer, ClusterUnreachable):
            raise self.answer
        return self.answer


class Watch:
    """A detector with its clock running, that may ask owners; with `before`, of the process that follows."""

    def __init__(self, answer: OwnerState | ClusterUnreachable | None, before: Watch | None = None) -> None:
        self.clock: HeldClock = before.clock if before is not None else HeldClock()
        self.owners = Owners(answer)
        self.told: list[Death] = []
        self.saved: dict[PodUid, PodMemory] = before.saved if before is not None else {}
        self.by_bot: set[PodUid] = set()
        self.in_sync = True
        self.detector = Detector(
            CLUSTER,
            self._take,
            self.clock,
            Memory(cluster=CLUSTER, pods=self.saved) if before is not None else None,
            owners=self.owners,
            by_bot=self._deleted_by_bot,
            in_sync=lambda _: self.in_sync,
        )

    async def _deleted_by_bot(self, uid: PodUid) -> bool:
        return uid in self.by_bot

    async def _take(self, findings: Findings) -> None:
        self.told.extend(findings.deaths)
        self.saved.pop(findings.uid, None)
        if findings.memory is not None:
            self.saved[findings.uid] = findings.memory

    async def goes(self, last: Pod, *, past: bool = False) -> None:
        gap = Unwatched(since=self.clock.now(), until=self.clock.now()) if past else None
        await self.detector.changed(Change(old=last, new=None, past=past, gap=gap))

    async def comes(self, pod: Pod, *, past: bool = False, first_listing: bool = False) -> None:
        await self.detector.changed(Change(old=None, new=pod, past=past, first_listing=first_listing))

    @property
    def causes(self) -> list[Cause]:
        return [death.cause for death in self.told]


@asynccontextmanager
async def a_watch(
    answer: OwnerState | ClusterUnreachable | None = LACKING, *, before: Watch | None = None
) -> AsyncIterator[Watch]:
    watch = Watch(answer, before)
    task = asyncio.create_task(watch.detector.run())
    try:
        yield watch
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_bare_pod_that_is_deleted_is_told() -> None:
    """Nothing will recreate it; told after the moment in which somebody may put it back."""
    async with a_watch() as watch:
        await watch.goes(BARE)
        await watch.clock.advance(9)
        assert watch.causes == []
        await watch.clock.advance(2)
        (death,) = watch.told
        assert (death.cause, death.pod, death.controller) == (Cause.DELETED, "toolbox", None)
        await watch.clock.advance(3_600)
        assert len(watch.told) == 1
        assert watch.owners.asked == []


@pytest.mark.parametrize("exit_code", [0, 137, 143])
async def test_the_final_phase_of_a_deleted_pod_does_not_hide_it(exit_code: int) -> None:
    """The kubelet writes Succeeded or Failed before the pod goes, though it ran until it was deleted."""
    phase = "Succeeded" if exit_code == 0 else "Failed"
    over = a_pod(crashed(exit_code=exit_code, at=30), owner=None, phase=phase, deleted=31, grace=0)
    async with a_watch() as watch:
        await watch.comes(a_pod(running(), owner=None, deleted=20))
        await watch.goes(over)
        await watch.goes(
            a_pod(crashed(exit_code=0, at=5), owner=None, phase="Succeeded", deleted=20, uid="old")
        )
        await watch.clock.advance(60)
        assert [death.id.uid for death in watch.told if death.cause is Cause.DELETED] == ["uid-1"]


async def test_a_bare_pod_that_comes_back_was_replaced() -> None:
    """`kubectl replace --force` deletes and makes anew."""
    async with a_watch() as watch:
        await watch.goes(BARE)
        await watch.comes(a_pod(running(), owner=None, name="toolbox", uid="uid-2"))
        await watch.clock.advance(60)
        assert watch.causes == []


async def test_what_the_bot_deleted_is_told_elsewhere() -> None:
    """The answer to the command tells it; noted even after the pod has gone."""
    async with a_watch() as watch:
        await watch.goes(BARE)
        watch.by_bot.add(BARE.uid)
        await watch.clock.advance(60)
        assert watch.causes == []


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(a_pod(crashed(exit_code=0), owner=None, phase="Succeeded"), id="succeeded"),
        pytest.param(a_pod(owner=None, phase="Failed"), id="failed"),
        pytest.param(
            a_pod(running(), owner=None, deleted=0, conditions=[disrupted("EvictionByEvictionAPI")]),
            id="drained",
        ),
    ],
)
async def test_bare_pods_that_nobody_misses(pod: Pod) -> None:
    """What is over is cleaned up, and a drain is somebody's wish."""
    async with a_watch() as watch:
        await watch.goes(pod)
        await watch.clock.advance(60)
        assert Cause.DELETED not in watch.causes


async def test_what_has_a_cause_of_its_own_is_told_once() -> None:
    """A pod that was preempted is not also told as deleted."""
    async with a_watch() as watch:
        await watch.goes(
            a_pod(running(), owner=None, deleted=20, conditions=[disrupted("PreemptionByScheduler")])
        )
        await watch.clock.advance(300)
        assert watch.causes == [Cause.PREEMPTED]


async def test_an_owner_that_replaces_its_pod_is_not_asked() -> None:
    """The usual case costs no request."""
    async with a_watch() as watch:
        await watch.goes(a_pod(running(), deleted=0))
        await watch.comes(a_pod(running(), uid="uid-2", name="web-7d4b9c-new"))
        await watch.clock.advance(600)
        assert (watch.causes, watch.owners.asked) == ([], [])


async def test_an_owner_that_does_not_replace_its_pod() -> None:
    """Asked after a minute and once more, because one moment may be the gap of a rollout."""
    async with a_watch() as watch:
        await watch.goes(a_pod(running(), deleted=0))
        await watch.clock.advance(61)
        assert (watch.causes, len(watch.owners.asked)) == ([], 1)
        await watch.clock.advance(16)
        assert watch.causes == [Cause.DELETED]
        assert watch.told[0].message == "deployment/web wants 5 and has 4"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(WHOLE, id="scaled-down-or-rolled-over"),
        pytest.param(replace(LACKING, desired=0, present=0), id="scaled-to-zero"),
        pytest.param(None, id="owner-deleted"),
        pytest.param(replace(LACKING, terminating=True), id="owner-being-deleted"),
    ],
)
async def test_removals_that_somebody_wanted(answer: OwnerState | None) -> None:
    """The owner says so itself."""
    async with a_watch(answer) as watch:
        for number in range(20):
            await watch.goes(a_pod(running(), uid=f"uid-{number}", deleted=0))
        await watch.clock.advance(3_600)
        assert watch.causes == []
        assert len(watch.owners.asked) == 1, "once for all of its pods"


async def test_an_owner_that_catches_up() -> None:
    """It lacked a pod when it was first asked, and has it at the second look."""
    async with a_watch() as watch:
        await watch.goes(a_pod(running(), deleted=0))
        await watch.clock.advance(61)
        watch.owners.answer = WHOLE
        await watch.clock.advance(60)
        assert watch.causes == []


async def test_a_replacement_that_comes_while_the_owner_answers() -> None:
    """The answer is of the moment before: nothing is missing any more."""
    async with a_watch() as watch:
        await watch.goes(a_pod(running(), deleted=0))
        await watch.clock.advance(61)
        watch.owners.answering.clear()
        await watch.clock.advance(16)
        assert len(watch.owners.asked) == 2
        await watch.comes(a_pod(running(), uid="uid-2", name="web-7d4b9c-new"))
        watch.owners.answering.set()
        await watch.clock.advance(600)
        assert watch.causes == []


async def test_an_owner_that_cannot_be_asked_is_asked_again_and_then_left() -> None:
    """A cluster that is away makes no death, and no endless asking."""
    async with a_watch(ClusterUnreachable("No answer.")) as watch:
        await watch.goes(a_pod(running(), deleted=0))
        await watch.clock.advance(3_600)
        assert watch.causes == []
        assert len(watch.owners.asked) == 5


JOB_OWNER = Owner(kind="Job", name="report")


@pytest.mark.parametrize(
    ("job", "causes"),
    [
        pytest.param(
            OwnerState(owner=JOB_OWNER, desired=1, present=0, ready=0, job_end=JobEnd.COMPLETE),
            [],
            id="complete",
        ),
        pytest.param(
            OwnerState(owner=JOB_OWNER, desired=1, present=0, ready=0, suspended=True), [], id="suspended"
        ),
        pytest.param(
            OwnerState(
                owner=JOB_OWNER,
                desired=1,
                present=0,
                ready=0,
                job_end=JobEnd.FAILED,
                job_reason="DeadlineExceeded",
            ),
            [Cause.DEADLINE_EXCEEDED],
            id="out-of-time",
        ),
    ],
)
async def test_a_job_takes_its_own_pods_away(job: OwnerState, causes: list[Cause]) -> None:
    """Only one that ran out of time is told: its pods show nothing but that they were deleted."""
    async with a_watch(job) as watch:
        await watch.goes(a_pod(running(), owner=JOB, restart_policy="Never", deleted=0))
        await watch.clock.advance(120)
        assert watch.causes == causes


async def test_without_owners_to_ask_only_bare_pods_are_judged() -> None:
    """As in a replay, where there is no cluster."""
    clock, told = HeldClock(), list[Death]()

    async def take(findings: Findings) -> None:
        told.extend(findings.deaths)

    detector = Detector(CLUSTER, take, clock)
    task = asyncio.create_task(detector.run())
    for owner in (STATEFUL_SET, DAEMON_SET, None):
        pod = a_pod(running(), owner=owner, uid=str(owner), deleted=0, conditions=[SCHEDULED])
        await detector.changed(Change(old=pod, new=None))
    await clock.advance(600)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [death.owner.kind for death in told] == ["Pod"]
