"""Pods as the Kubernetes API writes them, cut down to the fields podbot uses.

The structs keep the API's own shape and names (`pod.status.container_statuses[0].last_state.terminated`),
so that `kube.parse` decodes a response straight into them in one pass, without a second object in between.
Their containers are in `containers`, and what is noted about them in `events`.
"""

from __future__ import annotations

from datetime import datetime
from typing import NewType

import msgspec

from bot.model.annotations import own_annotations
from bot.model.containers import Container, ContainerKind, ContainerStatus
from bot.model.wire import Wire

ClusterName = NewType("ClusterName", str)
"""How a cluster is called in messages and deaths: its kube context, or what stands in for one."""

ClusterUid = NewType("ClusterUid", str)
"""Which cluster it is, whatever it is called: the UID of its namespace kube-system."""

PodUid = NewType("PodUid", str)
"""`metadata.uid`: tells a pod from its successor of the same name."""

ALL_NAMESPACES = ""
"""The API's own spelling of "no namespace in particular" (`metav1.NamespaceAll`)."""


class OwnerReference(Wire, frozen=True, kw_only=True):
    """Who made this object; the one with `controller` set replaces it when it goes."""

    kind: str
    name: str
    uid: str = ""
    controller: bool | None = None


class ObjectMeta(Wire, frozen=True, kw_only=True):
    """Identity and bookkeeping that every Kubernetes object carries."""

    name: str
    namespace: str = ""
    uid: PodUid = PodUid("")
    resource_version: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] | None = None


class Named(Wire, frozen=True, kw_only=True):
    """A list entry of which only the presence counts (readiness gates, scheduling gates)."""

    name: str = ""
    condition_type: str = ""


class EmptyDir(Wire, frozen=True, kw_only=True):
    """A volume that is made with its pod and goes with it."""

    medium: str = ""
    """`Memory`, or empty for the node's disk."""


class HostPath(Wire, frozen=True, kw_only=True):
    """A directory of the node, which stays there when the pod goes."""

    path: str = ""


class EphemeralClaim(Wire, frozen=True, kw_only=True):
    """A claim that is made for its pod and deleted with it; of its template nothing is used."""


class Volume(Wire, frozen=True, kw_only=True):
    """A volume of a pod. One of the kinds below is set, or none where its data outlives the pod."""

    name: str
    empty_dir: EmptyDir | None = None
    host_path: HostPath | None = None
    ephemeral: EphemeralClaim | None = None

    @property
    def local(self) -> bool:
        """Whether no other pod gets its data: it goes with this one, or stays behind on the node."""
        return any(each is not None for each in (self.empty_dir, self.host_path, self.ephemeral))


class PodSpec(Wire, frozen=True, kw_only=True):
    """What was asked for."""

    node_name: str = ""
    restart_policy: str = "Always"
    termination_grace_period_seconds: int | None = None
    containers: tuple[Container, ...] | None = ()
    init_containers: tuple[Container, ...] | None = ()
    ephemeral_containers: tuple[Container, ...] | None = ()
    readiness_gates: tuple[Named, ...] | None = ()
    scheduling_gates: tuple[Named, ...] | None = ()
    volumes: tuple[Volume, ...] | None = ()


class PodCondition(Wire, frozen=True, kw_only=True):
    """One of `Ready`, `PodScheduled`, `DisruptionTarget`, …"""

    type: str
    status: str = "Unknown"
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


class PodIP(Wire, frozen=True, kw_only=True):
    """One of the pod's addresses."""

    ip: str = ""


class PodStatus(Wire, frozen=True, kw_only=True):
    """What is there. `reason` and `message` speak of the whole pod (`Evicted`)."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    pod_ip: str = msgspec.field(default="", name="podIP")
    pod_ips: tuple[PodIP, ...] | None = msgspec.field(default=(), name="podIPs")
    nominated_node_name: str = ""
    start_time: datetime | None = None
    qos_class: str = ""
    conditions: tuple[PodCondition, ...] | None = ()
    container_statuses: tuple[ContainerStatus, ...] | None = ()
    init_container_statuses: tuple[ContainerStatus, ...] | None = ()
    ephemeral_container_statuses: tuple[ContainerStatus, ...] | None = ()


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The workload that a pod belongs to, as people call it: the Deployment, not its ReplicaSet."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Kind and name as kubectl writes them: `deployment/web`."""
        return f"{self.kind.lower()}/{self.name}"


class Pod(Wire, frozen=True, kw_only=True):
    """A pod as the API server last showed it."""

    metadata: ObjectMeta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """`metadata.namespace`."""
        return self.metadata.namespace

    @property
    def uid(self) -> PodUid:
        """`metadata.uid`."""
        return self.metadata.uid

    @property
    def terminating(self) -> bool:
        """Somebody asked for its deletion: whatever its containers do now was wanted."""
        return self.metadata.deletion_timestamp is not None

    @property
    def ready(self) -> bool:
        """Whether its condition `Ready` says so."""
        ready = self.condition("Ready")
        return ready is not None and ready.status == "True"

    @property
    def over(self) -> bool:
        """All of its containers have ended, and none will be started again."""
        return self.status.phase in {"Succeeded", "Failed"}

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that replaces this pod, or None for a bare pod."""
        return next((ref for ref in self.metadata.owner_references or () if ref.controller), None)

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """`metadata.labels`, in order."""
        return tuple(sorted(self.metadata.labels.items()))

    @property
    def annotations(self) -> tuple[tuple[str, str], ...]:
        """Those of `metadata.annotations` that are podbot's."""
        return tuple(own_annotations(self.metadata.annotations).items())

    @property
    def owner(self) -> Owner:
        """The workload as people know it, told without a request.

        A Deployment names its ReplicaSets `<deployment>-<pod-template-hash>` and labels the pods with that
        hash, so the Deployment's name can be read off the pod. A bare pod is its own workload.
        """
        controller = self.controller
        if controller is None:
            return Owner(kind="Pod", name=self.name)
        template_hash = self.metadata.labels.get("pod-template-hash", "")
        if controller.kind == "ReplicaSet" and template_hash:
            deployment = controller.name.removesuffix(f"-{template_hash}")
            if deployment != controller.name:
                return Owner(kind="Deployment", name=deployment)
        return Owner(kind=controller.kind, name=controller.name)

    def condition(self, kind: str) -> PodCondition | None:
        """The condition of this type, where the pod has it."""
        return next((each for each in self.status.conditions or () if each.type == kind), None)

    def containers(self) -> tuple[tuple[Container, ContainerKind], ...]:
        """Every container of the spec with its kind, in the order in which the kubelet starts them."""
        spec = self.spec
        init = tuple((each, _init_kind(each)) for each in spec.init_containers or ())
        app = tuple((each, ContainerKind.APP) for each in spec.containers or ())
        debug = tuple((each, ContainerKind.EPHEMERAL) for each in spec.ephemeral_containers or ())
        return init + app + debug

    def status_of(self, container: str) -> ContainerStatus | None:
        """The status of the container of this name, where the kubelet has written one."""
        return next((each for each in self.statuses() if each.name == container), None)

    def own_statuses(self) -> tuple[ContainerStatus, ...]:
        """The container statuses without those of debug containers, which end as their user leaves them."""
        return (self.status.init_container_statuses or ()) + (self.status.container_statuses or ())

    def statuses(self) -> tuple[ContainerStatus, ...]:
        """Every container status there is: init, app, ephemeral."""
        return self.own_statuses() + (self.status.ephemeral_container_statuses or ())


def _init_kind(container: Container) -> ContainerKind:
    return ContainerKind.SIDECAR if container.restart_policy == "Always" else ContainerKind.INIT
