"""What a detector knows by heart, saved and taken up by the next process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from bot.model.deaths import Cause, Death
from bot.model.memory import Findings, Memory
from bot.model.pods import ALL_NAMESPACES, ClusterName, Pod
from bot.watch import resume
from bot.watch.detector import GONE_AFTER, Detector
from bot.watch.ports import Change
from tests.support.clock import HeldClock
from tests.support.pods import a_pod, crashed, ended, running, waiting

CLUSTER = ClusterName("prod-eu")
PULLING = a_pod(waiting("app", "ErrImagePull"), phase="Pending")


class Process:
    """A detector with its clock running, from its start to its end."""

    def __init__(self, clock: HeldClock, memory: Memory | None, watched: Sequence[str]) -> None:
        self.clock = clock
        self.told: list[Death] = []
        self.in_sync = True
        self.log: list[str] = []
        self.detector = Detector(
            CLUSTER,
            self._take,
            clock,
            memory,
            watched=watched,
            in_sync=self._in_sync,
            on_forgetting=lambda: self.log.append("forgetting"),
        )

    def _in_sync(self, namespace: str) -> bool:
        assert namespace == ALL_NAMESPACES
        return self.in_sync

    async def _take(self, findings: Findings) -> None:
        self.told.extend(findings.deaths)
        if findings.memory is None:
            self.log.append(f"forgot {findings.uid}")

    async def sees(self, pod: Pod, *, first_listing: bool = False) -> None:
        await self.detector.changed(Change(old=None, new=pod, first_listing=first_listing))

    @property
    def causes(self) -> list[Cause]:
        return [death.cause for death in self.told]


@asynccontextmanager
async def a_process(
    clock: HeldClock, memory: Memory | None = None, *, watched: Sequence[str] = (ALL_NAMESPACES,)
) -> AsyncIterator[Process]:
    process = Process(clock, memory, watched)
    running_detector = asyncio.create_task(process.detector.run())
    try:
        yield process
    finally:
        running_detector.cancel()
        await asyncio.gather(running_detector, return_exceptions=True)


async def test_the_next_process_tells_what_died_meanwhile_and_nothing_twice() -> None:
    """Its first listing is no baseline: it goes on."""
    clock = HeldClock()
    async with a_process(clock) as first:
        await first.sees(a_pod(running()), first_listing=True)
        await first.sees(a_pod(crashed(run="a")))
        memory = first.detector.snapshot()
    async with a_process(clock, memory) as second:
        await second.sees(a_pod(waiting(last=ended(1, run="a"))), first_listing=True)
        assert second.causes == []
        healthy_before = a_pod(
            running(restarts=1, last=ended(137, reason="OOMKilled"), since=11), uid="other"
        )
        await second.sees(healthy_before, first_listing=True)
        assert second.causes == [Cause.OOM_KILLED]


async def test_a_timer_goes_on_where_it_was() -> None:
    """Half a minute before the restart, half a minute after it; and what was told is not told again."""
    clock = HeldClock()
    async with a_process(clock) as first:
        await first.sees(PULLING)
        await clock.advance(30)
        memory = first.detector.snapshot()
    async with a_process(clock, memory) as second:
        await second.sees(PULLING, first_listing=True)
        await clock.advance(31)
        assert second.causes == [Cause.IMAGE_PULL]
        told = second.detector.snapshot()
    async with a_process(clock, told) as third:
        await third.sees(PULLING, first_listing=True)
        await clock.advance(3_600)
        assert third.causes == []


async def test_what_was_not_seen_again_is_kept_for_an_hour_only() -> None:
    """A listing may take its time, and be interrupted; a pod that is gone must not be remembered for ever."""
    clock = HeldClock()
    async with a_process(clock) as first:
        await first.sees(a_pod(crashed()))
        memory = first.detector.snapshot()
    async with a_process(clock, memory) as second:
        await clock.advance(60)
        assert second.detector.snapshot() == memory
        await clock.advance(GONE_AFTER.total_seconds())
        assert second.detector.snapshot().pods == {}
        assert second.detector.remembered == 0


async def test_the_hour_does_not_begin_before_the_cluster_answers() -> None:
    """A pod that has run for weeks after its restarts is not told by them, however long the API was away."""
    clock = HeldClock()
    restarted = a_pod(running(restarts=57, last=ended(1)))
    async with a_process(clock) as first:
        await first.sees(restarted, first_listing=True)
        memory = first.detector.snapshot()
    async with a_process(clock, memory) as second:
        second.in_sync = False
        await clock.advance(2 * GONE_AFTER.total_seconds())
        await second.sees(restarted, first_listing=True)
        assert second.told == []
        assert second.detector.snapshot() == memory


async def test_the_hour_is_one_of_unbroken_watch() -> None:
    """What is away half of the time may have told of the pod in that half."""
    clock = HeldClock()
    async with a_process(clock) as first:
        await first.sees(a_pod(crashed()))
        memory = first.detector.snapshot()
    async with a_process(clock, memory) as second:
        for _ in range(3):
            second.in_sync = True
            await clock.advance(GONE_AFTER.total_seconds() - 60)
            second.in_sync = False
            await clock.advance(60)
        assert second.detector.snapshot() == memory
        second.in_sync = True
        await clock.advance(GONE_AFTER.total_seconds() + 2)
        assert second.detector.snapshot().pods == {}


async def test_it_says_so_before_it_forgets() -> None:
    """Once: no checkpoint may outlive the memory that belongs to it."""
    clock = HeldClock()
    async with a_process(clock) as first:
        await first.sees(a_pod(crashed(), uid="a"))
        await first.sees(a_pod(crashed(), uid="b"))
        memory = first.detector.snapshot()
    async with a_process(clock, memory) as second:
        await clock.advance(GONE_AFTER.total_seconds() - 60)
        assert second.log == []
        await clock.advance(2 * GONE_AFTER.total_seconds())
        assert second.log[0] == "forgetting"
        assert sorted(second.log[1:]) == ["forgot a", "forgot b"]


@pytest.mark.parametrize("before", [(ALL_NAMESPACES,), ("default", "other")], ids=["all-again", "put-back"])
async def test_what_is_watched_again_has_its_first_look(before: tuple[str, ...]) -> None:
    """What was remembered of it is forgotten; told by that, a pod that is well would have 57 deaths."""
    clock = HeldClock()
    restarted = a_pod(running(restarts=57, last=ended(1)))
    async with a_process(clock) as first:
        await first.sees(restarted, first_listing=True)
        memory, watched = first.detector.snapshot(), before
    async with a_process(clock, memory, watched=watched) as second:
        await clock.advance(GONE_AFTER.total_seconds() + 60)
        memory = second.detector.snapshot()
        assert second.log[0] == "forgetting"
        watched = (
            "other",
            *(each for each in watched if each not in resume.watched_no_more(("other",), watched)),
        )
    async with a_process(clock, memory, watched=watched) as third:
        await third.sees(restarted, first_listing=True)
        assert third.told == []


async def test_a_healthy_pod_is_in_no_memory() -> None:
    """So that it stays small, and a pod that is not in it is known to have had no death."""
    async with a_process(HeldClock()) as process:
        await process.sees(a_pod(running()))
        assert process.detector.snapshot() == Memory(cluster=CLUSTER, pods={})
