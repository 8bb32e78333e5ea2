"""What the contract suite needs of a cluster beside the API under test: to make things happen in it.

Implemented over a real control plane here, and over the simulated cluster in `simulated.py`.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Any, Protocol

from bot.kube.cluster import USUAL, KubeCluster, Timings
from bot.kube.connect import connect
from bot.kube.targets import Target
from tests.support.envtest import ControlPlane
from tests.support.kubelet import Kubelet

_NUMBERS = itertools.count(1)
_PATHS = {
    "Deployment": "apps/v1/namespaces/{namespace}/deployments",
    "ReplicaSet": "apps/v1/namespaces/{namespace}/replicasets",
    "StatefulSet": "apps/v1/namespaces/{namespace}/statefulsets",
    "DaemonSet": "apps/v1/namespaces/{namespace}/daemonsets",
    "Job": "batch/v1/namespaces/{namespace}/jobs",
    "PodDisruptionBudget": "policy/v1beta1/namespaces/{namespace}/poddisruptionbudgets",
}


class Stage(Protocol):
    """A cluster on which tests can make things happen, in a namespace that is this test's own."""

    namespace: str

    def cluster(self, *, page_size: int = 500, timings: Timings = USUAL) -> KubeCluster:
        """The cluster under test; the stage closes it."""
        ...

    async def create_pod(
        self, name: str, *, labels: dict[str, str] | None = None, containers: tuple[str, ...] = ("app",)
    ) -> str:
        """A running pod; gives its UID."""
        ...

    async def create_waiting_pod(self, name: str) -> str:
        """A pod on a node, whose containers have not started."""
        ...

    async def crash(self, name: str, *, exit_code: int) -> None:
        """The container `app` ends and is started again at once."""
        ...

    async def write_log(self, name: str, *lines: bytes, container: str = "app", seconds_ago: int = 0) -> None:
        """A container writes these lines, now or some time ago."""
        ...

    async def record_event(self, name: str, uid: str, reason: str) -> None:
        """A component records an event about a pod, three times."""
        ...

    async def create_object(self, kind: str, name: str, spec: dict[str, Any]) -> None:
        """A Deployment, ReplicaSet, StatefulSet, DaemonSet, Job or PodDisruptionBudget."""
        ...

    async def compact(self) -> None:
        """Forget all history before now."""
        ...

    async def close(self) -> None:
        """Close the clusters that were handed out."""
        ...


class RealStage:
    """A real kube-apiserver, reached directly or through a proxy."""

    def __init__(self, control_plane: ControlPlane, kubelet: Kubelet, target: Target) -> None:
        self.namespace = f"contract-{next(_NUMBERS)}"
        self._control_plane = control_plane
        self._kubelet = kubelet
        self._target = target
        self._clusters: list[KubeCluster] = []
        control_plane.create_namespace(self.namespace)

    def cluster(self, *, page_size: int = 500, timings: Timings = USUAL) -> KubeCluster:
        made = connect(self._target, page_size=page_size, timings=timings)
        self._clusters.append(made)
        return made

    async def create_pod(
        self, name: str, *, labels: dict[str, str] | None = None, containers: tuple[str, ...] = ("app",)
    ) -> str:
        return await asyncio.to_thread(
            self._kubelet.create, self.namespace, name, labels=labels, containers=containers
        )

    async def create_waiting_pod(self, name: str) -> str:
        return await asyncio.to_thread(self._kubelet.create, self.namespace, name, running=False)

    async def crash(self, name: str, *, exit_code: int) -> None:
        await asyncio.to_thread(self._kubelet.die, self.namespace, name, exit_code=exit_code)

    async def write_log(self, name: str, *lines: bytes, container: str = "app", seconds_ago: int = 0) -> None:
        self._kubelet.log(self.namespace, name, *lines, container=container, seconds_ago=seconds_ago)

    async def record_event(self, name: str, uid: str, reason: str) -> None:
        path = f"/api/v1/namespaces/{self.namespace}/events"
        body = {
            "metadata": {"name": f"{name}.{reason.lower()}"},
            "involvedObject": {"kind": "Pod", "namespace": self.namespace, "name": name, "uid": uid},
            "reason": reason,
            "message": f"{reason} container app",
            "type": "Normal",
            "count": 3,
            "lastTimestamp": "2026-03-01T14:02:00Z",
        }
        await asyncio.to_thread(self._control_plane.call, "POST", path, body)

    async def create_object(self, kind: str, name: str, spec: dict[str, Any]) -> None:
        path = f"/apis/{_PATHS[kind].format(namespace=self.namespace)}"
        body = {"metadata": {"name": name}, "spec": spec}
        await asyncio.to_thread(self._control_plane.call, "POST", path, body)

    async def compact(self) -> None:
        await asyncio.to_thread(self._control_plane.compact)

    async def close(self) -> None:
        for each in self._clusters:
            await each.close()
