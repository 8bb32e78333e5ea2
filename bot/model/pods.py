"""Pods as the Kubernetes API writes them, cut down to the fields podbot uses.

The structs keep the API's own shape and names (`pod.status.container_statuses[0].last_state.terminated`),
so that `kube.parse` decodes a response straight into them in one pass, without a second object in between.
They are frozen, hold no cycles and stay out of the cyclic garbage collector, which is most of the cost of a
big listing.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NewType

import msgspec

ClusterName = NewType("ClusterName", str)
"""How a cluster is called in messages and deaths: its kube context, or what stands in for one."""

PodUid = NewType("PodUid", str)
"""`metadata.uid`: tells a pod from its successor of the same name."""

ALL_NAMESPACES = ""
"""The API's own spelling of "no namespace in particular" (`metav1.NamespaceAll`)."""


class _Wire(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """Base of every struct that is decoded from the API's JSON."""


class OwnerReference(_Wire, frozen=True, kw_only=True):
    """Who made this object; the one with `controller` set replaces it when it goes."""

    kind: str
    name: str
    uid: str = ""
    controller: bool | None = None


class ObjectMeta(_Wire, frozen=True, kw_only=True):
    """Identity and bookkeeping that every Kubernetes object carries."""

    name: str
    namespace: str = ""
    uid: PodUid = PodUid("")
    resource_version: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: tuple[OwnerReference, ...] | None = None


class Resources(_Wire, frozen=True, kw_only=True):
    """Requests and limits, quantities as written (`256Mi`, `500m`)."""

    limits: dict[str, str | int] = {}
    requests: dict[str, str | int] = {}


class HttpGet(_Wire, frozen=True, kw_only=True):
    """A request that has to succeed."""

    path: str = "/"
    port: int | str = 0


class PortCheck(_Wire, frozen=True, kw_only=True):
    """A port that has to answer (`tcpSocket`, `grpc`)."""

    port: int | str = 0


class Exec(_Wire, frozen=True, kw_only=True):
    """A command that has to end well."""

    command: tuple[str, ...] | None = ()


class Probe(_Wire, frozen=True, kw_only=True):
    """A check that the kubelet makes. One of the first four is set; times are in seconds."""

    http_get: HttpGet | None = None
    tcp_socket: PortCheck | None = None
    grpc: PortCheck | None = None
    exec: Exec | None = None
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    timeout_seconds: int = 1
    failure_threshold: int = 3


class Container(_Wire, frozen=True, kw_only=True):
    """A container as the pod's author asked for it.

    `restart_policy` is `Always` on sidecars; since Kubernetes 1.34 any container may have one of its own,
    which then counts instead of the pod's.
    """

    name: str
    image: str = ""
    restart_policy: str | None = None
    resources: Resources = Resources()
    startup_probe: Probe | None = None
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None


class Named(_Wire, frozen=True, kw_only=True):
    """A list entry of which only the presence counts (readiness gates, scheduling gates)."""

    name: str = ""
    condition_type: str = ""


class EmptyDir(_Wire, frozen=True, kw_only=True):
    """A volume that is made with its pod and goes with it."""

    medium: str = ""
    """`Memory`, or empty for the node's disk."""


class HostPath(_Wire, frozen=True, kw_only=True):
    """A directory of the node, which stays there when the pod goes."""

    path: str = ""


class EphemeralClaim(_Wire, frozen=True, kw_only=True):
    """A claim that is made for its pod and deleted with it; of its template nothing is used."""


class Volume(_Wire, frozen=True, kw_only=True):
    """A volume of a pod. One of the kinds below is set, or none where its data outlives the pod."""

    name: str
    empty_dir: EmptyDir | None = None
    host_path: HostPath | None = None
    ephemeral: EphemeralClaim | None = None

    @property
    def local(self) -> bool:
        """Whether no other pod gets its data: it goes with this one, or stays behind on the node."""
        return any(each is not None for each in (self.empty_dir, self.host_path, self.ephemeral))


class PodSpec(_Wire, frozen=True, kw_only=True):
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


class Waiting(_Wire, frozen=True, kw_only=True):
    """Not running yet, or not again yet: `reason` is the kubelet's (`CrashLoopBackOff`)."""

    reason: str = ""
    message: str = ""


class Running(_Wire, frozen=True, kw_only=True):
    """Running since `started_at`."""

    started_at: datetime | None = None


class Terminated(_Wire, frozen=True, kw_only=True):
    """How a container's run ended."""

    exit_code: int
    signal: int | None = None
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    container_id: str = msgspec.field(default="", name="containerID")
    """The runtime's id of the run; empty where the kubelet lost sight of it (`ContainerStatusUnknown`)."""


class ContainerState(_Wire, frozen=True, kw_only=True):
    """Exactly one of the three is set; none at all means waiting, as the API documents."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(_Wire, frozen=True, kw_only=True):
    """What the kubelet last said of one container."""

    name: str
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    image: str = ""
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodCondition(_Wire, frozen=True, kw_only=True):
    """One of `Ready`, `PodScheduled`, `DisruptionTarget`, …"""

    type: str
    status: str = "Unknown"
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


class PodIP(_Wire, frozen=True, kw_only=True):
    """One of the pod's addresses."""

    ip: str = ""


class PodStatus(_Wire, frozen=True, kw_only=True):
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


class ContainerKind(Enum):
    """The four lives a container of a pod may lead."""

    INIT = "init"
    SIDECAR = "sidecar"
    APP = "app"
    EPHEMERAL = "ephemeral"


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The workload that a pod belongs to, as people call it: the Deployment, not its ReplicaSet."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Kind and name as kubectl writes them: `deployment/web`."""
        return f"{self.kind.lower()}/{self.name}"


class Pod(_Wire, frozen=True, kw_only=True):
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
    def controller(self) -> OwnerReference | None:
        """The owner that replaces this pod, or None for a bare pod."""
        return next((ref for ref in self.metadata.owner_references or () if ref.controller), None)

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

    def statuses(self) -> tuple[ContainerStatus, ...]:
        """Every container status there is: init, app, ephemeral."""
        status = self.status
        return (
            (status.init_container_statuses or ())
            + (status.container_statuses or ())
            + (status.ephemeral_container_statuses or ())
        )


def _init_kind(container: Container) -> ContainerKind:
    return ContainerKind.SIDECAR if container.restart_policy == "Always" else ContainerKind.INIT


class ObjectReference(_Wire, frozen=True, kw_only=True):
    """What an event speaks of."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    field_path: str = ""


class EventSeries(_Wire, frozen=True, kw_only=True):
    """How often a repeated event was seen, in the newer way of counting."""

    count: int = 0
    last_observed_time: datetime | None = None


class Event(_Wire, frozen=True, kw_only=True):
    """A note that a component of the cluster left about an object (`Killing`, `BackOff`, …)."""

    metadata: ObjectMeta
    involved_object: ObjectReference = ObjectReference()
    type: str = ""
    reason: str = ""
    message: str = ""
    count: int | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None

    @property
    def last_seen(self) -> datetime | None:
        """When it was last seen: components fill different fields, so the first one that is set counts."""
        series = self.series.last_observed_time if self.series else None
        return series or self.last_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def times(self) -> int:
        """How often it was seen; at least once."""
        return max(self.series.count if self.series else 0, self.count or 0, 1)
