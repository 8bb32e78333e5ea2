"""The stage of the contract suite over the playground's simulated cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from bot.kube.cluster import USUAL, KubeCluster, Timings
from bot.kube.connect import connect
from bot.kube.targets import targets
from bot.playground.cluster import RunningCluster
from bot.playground.cluster.kubelet.plans import Ending, PodPlan
from bot.playground.cluster.logs import LogBook, LogLine, Run
from bot.playground.cluster.workloads import workload
from tests.support.waiting import eventually


@dataclass(slots=True, kw_only=True)
class WrittenRun(Run):
    """A run that writes what the test says, and nothing by itself."""

    written: list[LogLine] = field(default_factory=list)

    def lines(self, now: datetime) -> Iterator[LogLine]:
        return iter(self.written)


class WrittenLogs(LogBook):
    """A log book of such runs."""

    def __init__(self) -> None:
        super().__init__()
        self.written: dict[str, WrittenRun] = {}

    def open(self, container_id: str, image: str, started: datetime, *, quiet: bool = False) -> None:
        self.written[container_id] = WrittenRun(container_id=container_id, image=image, started=started)

    def close(self, container_id: str, finished: datetime, last_words: tuple[str, ...]) -> None:
        self.written[container_id].finished = finished

    def find(self, container_id: str) -> Run | None:
        return self.written.get(container_id)


class SimulatedStage:
    """A simulated cluster of this test's own."""

    namespace = "contract-sim"

    def __init__(self, running: RunningCluster) -> None:
        self._cluster = running.cluster
        self._url = running.url
        self._clusters: list[KubeCluster] = []
        self._logs = WrittenLogs()
        self._cluster.kubelet.host.logs = self._logs
        self._cluster.create_nodes()
        for namespace in (self.namespace, "elsewhere"):
            self._cluster.create_namespace(namespace)

    def cluster(self, *, page_size: int = 500, timings: Timings = USUAL) -> KubeCluster:
        (target,) = targets(api_url=self._url, environ={})
        made = connect(target, page_size=page_size, timings=timings)
        self._clusters.append(made)
        return made

    async def create_pod(
        self, name: str, *, labels: dict[str, str] | None = None, containers: tuple[str, ...] = ("app",)
    ) -> str:
        uid = await self._post_pod(name, labels, containers)
        await eventually(lambda: self._ready(name))
        return uid

    async def create_waiting_pod(self, name: str) -> str:
        plan = PodPlan(mount_failure="the volume is not there")
        self._cluster.plans.pod_as_whole((self.namespace, "Pod", name), plan)
        uid = await self._post_pod(name, None, ("app",))
        await eventually(lambda: bool(self._statuses(name)))
        return uid

    async def crash(self, name: str, *, exit_code: int) -> None:
        kubelet = self._cluster.kubelet
        runtime = kubelet.runtime(self._cluster.pod(self.namespace, name)["metadata"]["uid"])
        assert runtime is not None
        container = runtime.container("app")
        kubelet.runner.end(runtime, container, Ending(exit_code=exit_code), unseen=True)
        await eventually(lambda: self._ready(name, restarts=1))

    async def write_log(self, name: str, *lines: bytes, container: str = "app", seconds_ago: int = 0) -> None:
        identity = next(each["containerID"] for each in self._statuses(name) if each["name"] == container)
        at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        self._logs.written[identity].written += [(at, line.decode()) for line in lines]

    async def record_event(self, name: str, uid: str, reason: str) -> None:
        about = {
            "kind": "Pod",
            "apiVersion": "v1",
            "metadata": {"namespace": self.namespace, "name": name, "uid": uid, "resourceVersion": "1"},
        }
        for _ in range(3):
            self._cluster.events.normal(about, reason, f"{reason} container app", component="kubelet")

    async def create_object(self, kind: str, name: str, spec: dict[str, Any]) -> None:
        workload(self._cluster.world, kind, self.namespace, name, spec)

    async def compact(self) -> None:
        self._cluster.compact()

    def take_metrics_away(self) -> None:
        self._cluster.faults.without_metrics = True

    async def close(self) -> None:
        for each in self._clusters:
            await each.close()

    def _statuses(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._cluster.pod(self.namespace, name)["status"].get(
            "containerStatuses", []
        )
        return found

    def _ready(self, name: str, *, restarts: int = 0) -> bool:
        statuses = self._statuses(name)
        ready = bool(statuses) and all(each["ready"] for each in statuses)
        return ready and max(each["restartCount"] for each in statuses) == restarts

    async def _post_pod(self, name: str, labels: dict[str, str] | None, containers: tuple[str, ...]) -> str:
        spec = {"containers": [{"name": each, "image": "registry.example/app:1"} for each in containers]}
        body = {"metadata": {"name": name, "labels": labels or {}}, "spec": spec}
        url = f"{self._url}/api/v1/namespaces/{self.namespace}/pods"
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            assert answer.status == 201, await answer.text()
            uid: str = (await answer.json())["metadata"]["uid"]
            return uid
