"""Deaths in a real control plane, with its own controllers: one alert each, and none for what people do.

The API server, the scheduler and the controllers are those of Kubernetes 1.20; only the kubelet is ours.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.incidents.keeper import Keeper
from bot.incidents.unrouted import Unrouted
from bot.incidents.unstored import Unstored
from bot.kube.connect import connect
from bot.kube.targets import targets
from bot.model.deaths import Cause, Death
from bot.model.letters import Letter
from bot.model.memory import Findings
from bot.model.messages import Message
from bot.model.people import ChannelId
from bot.model.pods import Pod
from bot.pods import redact
from bot.replay import command
from bot.watch.detector import Detector
from bot.watch.freshness import Sync
from bot.watch.mirror import Mirror
from tests.support.envtest import ControlPlane
from tests.support.hurried_clock import HurriedClock
from tests.support.kubelet import NODE, Kubelet
from tests.support.node_lease import kept_alive
from tests.support.real_cluster import need_assets
from tests.support.waiting import eventually

pytestmark = [pytest.mark.envtest, pytest.mark.timeout(300)]

_NUMBERS = itertools.count(1)
MERGE = "application/merge-patch+json"


@pytest.fixture(scope="module")
def kubelet() -> Iterator[Kubelet]:
    """A cluster with controllers and one living node, which runs whatever is put on it."""
    need_assets()
    with (
        ControlPlane(controllers=True, loses_nodes=True) as control_plane,
        kept_alive(control_plane, NODE),
        Kubelet(control_plane, runs_new_pods=True) as running,
    ):
        yield running


@dataclass(slots=True)
class Told:
    """Implements `incidents.ports.Outbox`: what the channel was told, by incident."""

    messages: dict[str, Message] = field(default_factory=dict)

    async def put(self, letters: Sequence[Letter], *, saved: bool = True) -> None:
        self.messages.update({each.key: each.message for each in letters})


@dataclass(slots=True)
class Place:
    """A namespace of the real cluster, the watch on it, and the words for what happens there."""

    kubelet: Kubelet
    namespace: str
    mirror: Mirror
    clock: HurriedClock
    told: Told
    deaths: list[Death]

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}"

    @property
    def pods(self) -> list[Pod]:
        return sorted(self.mirror.pods(), key=lambda pod: pod.name)

    async def do(self, work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Do what blocks, while the bot goes on."""
        return await asyncio.to_thread(partial(work, *arguments, **named))

    async def call(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        return await self.do(self.kubelet.control_plane.call, method, path, body, **more)

    async def a_pod_runs(self, name: str = "once") -> None:
        await self.do(self.kubelet.create, self.namespace, name)
        await eventually(lambda: [pod.status.phase for pod in self.pods] == ["Running"])

    async def a_deployment_runs(self, replicas: int = 2) -> None:
        await self.do(self.kubelet.control_plane.create_deployment, self.namespace, "web", replicas=replicas)
        await self.has(replicas)

    async def has(self, count: int, *, but: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        """Wait until so many pods run, none is going, and none is one of `but`."""

        def settled() -> bool:
            fine = [
                pod
                for pod in self.pods
                if pod.status.phase == "Running" and not pod.terminating and pod.uid not in but
            ]
            return len(fine) == len(self.pods) == count

        await eventually(settled, within=120)

    async def is_told(self, cause: Cause) -> None:
        """Exactly one alert comes, for this cause, of one death."""
        await eventually(lambda: bool(self.told.messages))
        await self.nothing_else(self.deaths[:1])
        (message,) = [each for key, each in self.told.messages.items() if "/story/" not in key]
        assert cause.value in message.text
        assert message.metadata is not None
        assert message.metadata.payload["deaths"] == 1

    async def nothing_else(self, told: list[Death]) -> None:
        """Of all that happened so far nothing else is told: the watch brings things in order."""
        await self.do(self.kubelet.create, self.namespace, "canary")
        await self.do(self.kubelet.die, self.namespace, "canary", exit_code=42)
        await eventually(lambda: any(death.pod == "canary" for death in self.deaths))
        assert [death for death in self.deaths if death.pod != "canary"] == told
        await eventually(lambda: any("canary" in each.text for each in self.told.messages.values()))
        self.told.messages = {
            key: each for key, each in self.told.messages.items() if "canary" not in each.text
        }


@pytest.fixture
async def place(kubelet: Kubelet) -> AsyncIterator[Place]:
    async with a_place(kubelet) as running:
        yield running


@asynccontextmanager
async def a_place(kubelet: Kubelet) -> AsyncIterator[Place]:
    namespace = f"deaths-{next(_NUMBERS)}"
    await asyncio.to_thread(kubelet.control_plane.create_namespace, namespace)
    clock, told, deaths = HurriedClock(), Told(), list[Death]()
    (target,) = targets(kubeconfig=str(kubelet.control_plane.kubeconfig), environ={})
    cluster = connect(target)
    keeper = Keeper(
        cluster=cluster.name,
        router=Unrouted(ChannelId("C1")),
        store=Unstored(),
        outbox=told,
        source=NoLogs(),
        mask=redact.mask_lines,
        clock=clock,
        surroundings=cluster.surroundings,
        pods=lambda where, name: mirror.get(where, name),  # noqa: PLW0108 - made below
    )

    async def found(findings: Findings) -> None:
        deaths.extend(findings.deaths)
        await keeper.record(findings)

    detector = Detector(cluster.name, found, clock, owners=cluster.surroundings)
    mirror = Mirror(cluster, detector.changed, clock=clock, namespaces=(namespace,))
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(each.run()) for each in (keeper, detector, mirror)]
            await eventually(lambda: mirror.freshness.sync is Sync.IN_SYNC)
            yield Place(kubelet, namespace, mirror, clock, told, deaths)
            await keeper.settle(5.0)
            for task in running:
                task.cancel()
    finally:
        await cluster.close()


class NoLogs:
    """Implements `incidents.ports.LogSource`."""

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool, tail: int
    ) -> tuple[str, ...]:
        return ()


class TestNoAlertFor:
    async def test_a_rollout(self, place: Place) -> None:
        """Every pod is replaced by one of the next revision."""
        await place.a_deployment_runs()
        old = {pod.uid for pod in place.pods}
        container = {"name": "app", "image": "registry.example/app:2"}
        template = {"spec": {"template": {"spec": {"containers": [container]}}}}
        path = f"/apis/apps/v1/namespaces/{place.namespace}/deployments/web"
        await place.call("PATCH", path, template, content_type="application/strategic-merge-patch+json")
        await place.has(2, but={str(uid) for uid in old})
        await place.nothing_else([])

    async def test_a_scale_down(self, place: Place) -> None:
        """From three to one."""
        await place.a_deployment_runs(3)
        path = f"/apis/apps/v1/namespaces/{place.namespace}/deployments/web"
        await place.call("PATCH", path, {"spec": {"replicas": 1}}, content_type=MERGE)
        await place.has(1)
        await place.nothing_else([])

    async def test_a_drain(self, place: Place) -> None:
        """As kubectl does it: cordon, then evict each pod."""
        await place.a_deployment_runs()
        old = {str(pod.uid) for pod in place.pods}
        await place.call(
            "PATCH", f"/api/v1/nodes/{NODE}", {"spec": {"unschedulable": True}}, content_type=MERGE
        )
        try:
            for pod in place.pods:
                eviction = {
                    "apiVersion": "policy/v1beta1",
                    "kind": "Eviction",
                    "metadata": {"name": pod.name, "namespace": place.namespace},
                }
                await place.call("POST", f"{place.path}/pods/{pod.name}/eviction", eviction)
            await eventually(lambda: not old & {str(pod.uid) for pod in place.pods})
        finally:
            uncordoned = {"spec": {"unschedulable": None}}
            await place.call("PATCH", f"/api/v1/nodes/{NODE}", uncordoned, content_type=MERGE)
        await place.has(2)
        await place.nothing_else([])

    async def test_a_finished_job(self, place: Place) -> None:
        """It runs, it ends with 0, its controller says that it is complete."""
        container = {"name": "app", "image": "registry.example/job:1"}
        template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
        jobs = f"/apis/batch/v1/namespaces/{place.namespace}/jobs"
        await place.call("POST", jobs, {"metadata": {"name": "report"}, "spec": {"template": template}})
        await place.has(1)
        (pod,) = place.pods
        await place.do(place.kubelet.terminate, place.namespace, pod.name, exit_code=0, reason="Completed")
        await place.do(place.kubelet.write_status, place.namespace, pod.name, {"phase": "Succeeded"})
        await eventually(lambda: [each.status.phase for each in place.pods] == ["Succeeded"])
        await place.nothing_else([])

    async def test_a_deleted_pod_that_is_replaced(self, place: Place) -> None:
        """Somebody wanted another one, and has it."""
        await place.a_deployment_runs()
        gone = place.pods[0]
        await place.call("DELETE", f"{place.path}/pods/{gone.name}")
        await place.has(2, but={str(gone.uid)})
        place.clock.put_forward(timedelta(seconds=90))
        await place.nothing_else([])


class TestOneAlertFor:
    async def test_a_crash(self, place: Place) -> None:
        """Seen only when it runs again."""
        await place.a_pod_runs()
        await place.do(place.kubelet.die, place.namespace, "once")
        await place.is_told(Cause.ERROR)

    async def test_a_crash_loop(self, place: Place) -> None:
        """Its end, its back-off and its next run are one death."""
        await place.a_pod_runs()
        await place.do(place.kubelet.terminate, place.namespace, "once")
        await place.do(place.kubelet.back_off, place.namespace, "once")
        await place.do(place.kubelet.restart, place.namespace, "once")
        await place.is_told(Cause.ERROR)

    async def test_an_oom_kill(self, place: Place) -> None:
        """With a fast restart, which leaves it in lastState only."""
        await place.a_pod_runs()
        await place.do(place.kubelet.die, place.namespace, "once", exit_code=137, reason="OOMKilled")
        await place.is_told(Cause.OOM_KILLED)

    async def test_a_liveness_kill(self, place: Place) -> None:
        """The kubelet's events say why the 137."""
        await place.a_pod_runs()
        (pod,) = place.pods
        await self._kubelet_notes(
            place, pod, "Warning", "Unhealthy", "Liveness probe failed: no route to host"
        )
        await self._kubelet_notes(
            place, pod, "Normal", "Killing", "Container app failed liveness probe, will be restarted"
        )
        await place.do(place.kubelet.die, place.namespace, "once", exit_code=137)
        await place.is_told(Cause.LIVENESS_FAILED)

    async def test_an_eviction(self, place: Place) -> None:
        """For the node's sake; the pod's containers are not told one by one."""
        await place.a_pod_runs()
        await place.do(place.kubelet.evict, place.namespace, "once")
        await place.is_told(Cause.EVICTED)

    async def test_a_missing_image(self, place: Place) -> None:
        """After its minute, without another update."""
        with kept_alive(place.kubelet.control_plane, "node-slow"):
            await self._on_a_node_of_its_own(place, "node-slow")
            await place.do(place.kubelet.wait, place.namespace, "once", "ErrImagePull", "not found")
            await eventually(lambda: any(pod.status.container_statuses for pod in place.pods))
            assert place.deaths == []
            place.clock.put_forward(timedelta(seconds=61))
            await place.is_told(Cause.IMAGE_PULL)
            await self._goes_by_force(place)

    async def test_a_lost_node(self, place: Place) -> None:
        """Nobody renews its lease: the node controller marks its pods as lost and deletes them."""
        await self._on_a_node_of_its_own(place, "node-lost")
        await place.do(place.kubelet.run, place.namespace, "once")
        await eventually(lambda: bool(place.deaths), within=120)
        await place.is_told(Cause.NODE_LOST)
        await self._goes_by_force(place)

    async def _on_a_node_of_its_own(self, place: Place, node: str) -> None:
        """A pod on a node where no kubelet of ours runs it."""
        await place.call(
            "POST", "/api/v1/nodes", {"metadata": {"name": node}, "spec": {"unschedulable": True}}
        )
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
        await place.call(
            "PATCH", f"/api/v1/nodes/{node}/status", {"status": {"conditions": [ready]}}, content_type=MERGE
        )
        container = {"name": "app", "image": "registry.example/app:1"}
        pod = {"metadata": {"name": "once"}, "spec": {"nodeName": node, "containers": [container]}}
        await place.call("POST", f"{place.path}/pods", pod)

    async def _goes_by_force(self, place: Place) -> None:
        """Nobody there finishes a deletion."""
        await place.call("DELETE", f"{place.path}/pods/once", {"gracePeriodSeconds": 0})

    async def _kubelet_notes(self, place: Place, pod: Pod, kind: str, reason: str, message: str) -> None:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        note = {
            "metadata": {"generateName": "once."},
            "involvedObject": {
                "kind": "Pod",
                "namespace": place.namespace,
                "name": pod.name,
                "uid": pod.uid,
                "fieldPath": "spec.containers{app}",
            },
            "type": kind,
            "reason": reason,
            "message": message,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        await place.call("POST", f"{place.path}/events", note)


async def test_a_recording_of_the_cluster_tells_the_same(kubelet: Kubelet, tmp_path: Path) -> None:
    """What `podbot replay --record` wrote is told as it was, and no name of the cluster is in it."""
    file, stop = tmp_path / "recorded.jsonl", asyncio.Event()
    async with a_place(kubelet) as place:
        await place.a_pod_runs()
        (target,) = targets(kubeconfig=str(kubelet.control_plane.kubeconfig), environ={})
        recording = asyncio.create_task(
            command.record(
                target,
                file,
                stop,
                clock=SystemClock(),
                lasts=timedelta(minutes=1),
                namespace=place.namespace,
                say=lambda _: None,
            )
        )
        await eventually(lambda: b"ADDED" in (file.read_bytes() if file.exists() else b""))
        await place.do(kubelet.die, place.namespace, "once", exit_code=137, reason="OOMKilled")
        await eventually(lambda: b"OOMKilled" in file.read_bytes())
        stop.set()
        await recording
    (death,) = (await asyncio.to_thread(command.outcome, file)).deaths
    assert (death.cause, death.id.restart, death.exit_code) == (Cause.OOM_KILLED, 0, 137)
    for name in (place.namespace, "once", NODE, "registry.example"):
        # Whole words: a disguised name may begin as the node's does.
        assert not re.search(rf"\b{re.escape(name)}\b", file.read_text())
