"""A watch that goes on where another process left it, against the real and the simulated API server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.clock import SystemClock
from bot.kube.targets import targets
from bot.model.deaths import Cause, Death
from bot.model.memory import Checkpoint, Findings, Memory, PodMemory
from bot.model.pods import PodUid
from bot.watch.detector import Detector
from bot.watch.freshness import Sync
from bot.watch.mirror import Mirror
from bot.watch.ports import ChangeKind
from bot.watch.removals import BARE_RETURNS_WITHIN
from tests.contract.stage import RealStage, Stage
from tests.support.envtest import ControlPlane
from tests.support.hurried_clock import HurriedClock
from tests.support.kubelet import Kubelet
from tests.support.waiting import eventually


@dataclass(slots=True)
class Store:
    """What one process leaves to the next."""

    deaths: list[Death] = field(default_factory=list)
    pods: dict[PodUid, PodMemory] = field(default_factory=dict)
    checkpoints: dict[str, Checkpoint] = field(default_factory=dict)

    async def record(self, findings: Findings) -> None:
        self.deaths += findings.deaths
        self.pods.pop(findings.uid, None)
        if findings.memory is not None:
            self.pods[findings.uid] = findings.memory


@asynccontextmanager
async def _a_process(
    stage: Stage, store: Store, *, judging_by: HurriedClock | None = None
) -> AsyncIterator[Mirror]:
    """A mirror and a detector from their start until all that there is has been seen, and a little longer.

    With `judging_by` the detector's clock runs, too, by which pods that were removed are judged.
    """
    cluster, clock = stage.cluster(), judging_by or SystemClock()
    memory = Memory(cluster=cluster.name, pods=store.pods) if store.checkpoints else None
    detector = Detector(
        cluster.name,
        store.record,
        clock,
        memory,
        watched=tuple(store.checkpoints),
        owners=cluster.surroundings,
        in_sync=lambda namespace: mirror.in_sync(namespace),  # noqa: PLW0108 - made below
    )
    mirror = Mirror(
        cluster, detector.changed, clock=clock, namespaces=(stage.namespace,), checkpoints=store.checkpoints
    )
    tasks = [asyncio.create_task(mirror.run())]
    if judging_by is not None:
        tasks.append(asyncio.create_task(detector.run()))
    try:
        await eventually(lambda: mirror.freshness.sync is Sync.IN_SYNC)
        yield mirror
        store.checkpoints = {each.namespace: each for each in mirror.checkpoints}
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _remove(stage: Stage, name: str) -> None:
    cluster = stage.cluster()
    (pod,) = [each for each in await cluster.list_pods(stage.namespace) if each.name == name]
    await cluster.delete_pod(stage.namespace, name, uid=pod.uid, grace=timedelta())
    version = await cluster.latest_version(stage.namespace)
    watch = cluster.watch_pods(stage.namespace, resource_version=version)
    if any(each.name == name for each in await cluster.list_pods(stage.namespace)):
        async with asyncio.timeout(30), watch as lines:
            while (await anext(lines)).kind is not ChangeKind.DELETED:
                pass


async def _a_gap_and_a_compaction(stage: Stage, store: Store) -> None:
    """While nobody watches one dies and lives on, one comes and goes, and the history of it all is lost."""
    await stage.create_pod("known")
    async with _a_process(stage, store):
        pass
    await stage.create_pod("passing")
    await stage.crash("passing", exit_code=4)
    await _remove(stage, "passing")
    await stage.crash("known", exit_code=3)
    await stage.compact()


async def test_what_died_and_vanished_meanwhile(stage: Stage) -> None:
    """One that was known, one that came and went: both are told once, with the gap; then no more."""
    store = Store()
    await stage.create_pod("known")
    async with _a_process(stage, store):
        pass
    await stage.crash("known", exit_code=3)
    await _remove(stage, "known")
    await stage.create_pod("passing")
    await stage.crash("passing", exit_code=4)
    await _remove(stage, "passing")
    async with _a_process(stage, store) as mirror:
        assert list(mirror.pods()) == []
    assert [(each.pod, each.exit_code) for each in store.deaths] == [("known", 3), ("passing", 4)]
    assert all(each.unwatched is not None for each in store.deaths)
    async with _a_process(stage, store):
        pass
    assert len(store.deaths) == 2


async def test_after_a_compaction_what_is_left_is_told(stage: Stage) -> None:
    """Who vanished is not known any more; who died and lives on is."""
    store = Store()
    await _a_gap_and_a_compaction(stage, store)
    async with _a_process(stage, store) as mirror:
        assert [pod.name for pod in mirror.pods()] == ["known"]
    assert ("known", 3) in [(each.pod, each.exit_code) for each in store.deaths]


async def test_a_removal_that_was_not_judged_yet(stage: Stage) -> None:
    """The process ends with two in its hands; the next one, without a history, judges them."""
    store, clock = Store(), HurriedClock()
    uids = {PodUid(await stage.create_pod(name)) for name in ("toolbox", "put-back")}
    async with _a_process(stage, store):
        await _remove(stage, "toolbox")
        await _remove(stage, "put-back")
        await eventually(lambda: store.pods.keys() == uids)
    assert store.deaths == []
    await stage.create_pod("put-back")
    await stage.compact()
    async with _a_process(stage, store, judging_by=clock):
        clock.put_forward(BARE_RETURNS_WITHIN)
        await eventually(lambda: not store.pods)
    assert [(each.pod, each.cause, each.unwatched) for each in store.deaths] == [
        ("toolbox", Cause.DELETED, None)
    ]


async def test_the_latest_version(stage: Stage) -> None:
    """It moves with the pods, and a watch may begin there."""
    cluster = stage.cluster()
    before = await cluster.latest_version(stage.namespace)
    await stage.create_pod("web-1")
    after = await cluster.latest_version(stage.namespace)
    assert int(after) > int(before)
    async with asyncio.timeout(30), cluster.watch_pods(stage.namespace, resource_version=before) as lines:
        line = await anext(lines)
    assert line.pod is not None
    assert line.pod.name == "web-1"


@pytest.mark.envtest
async def test_after_a_restart_of_the_api_server(control_plane: ControlPlane, kubelet: Kubelet) -> None:
    """With a compaction before it, the history is gone for good (410): what is left is listed."""
    target = targets(kubeconfig=str(control_plane.kubeconfig), environ={})[0]
    stage, store = RealStage(control_plane, kubelet, target), Store()
    try:
        await _a_gap_and_a_compaction(stage, store)
        await asyncio.to_thread(control_plane.stop_api_server)
        await asyncio.to_thread(control_plane.start_api_server)
        with capture_logs() as logged:
            async with _a_process(stage, store) as mirror:
                assert [pod.name for pod in mirror.pods()] == ["known"]
        assert "watch_not_resumed" in [entry["event"] for entry in logged]
        assert [(each.pod, each.exit_code) for each in store.deaths] == [("known", 3)]
    finally:
        await stage.close()
