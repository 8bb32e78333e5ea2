"""What will become of containers and pods: the part of fate, written by `scenarios` and read by the kubelet.

A plan is laid for one pod or for a whole workload, and for a container or for all of them. Without one a
container starts, becomes ready and lives until somebody stops it; a Job's container ends with 0 after a
while.
"""

from dataclasses import dataclass, replace
from enum import Enum

from bot.playground.cluster.objects import Json, controller_of, namespace_of, uid_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ends: after how many seconds, with which exit code, reason and last words."""

    after: float = 3.0
    exit_code: int = 1
    reason: str = "Error"
    message: str = ""
    last_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a container cannot even start: the waiting reason and message, and the events that tell it."""

    reason: str
    message: str
    event_reason: str = "Failed"
    image_pull: bool = False
    """Whether it is the pull that fails: it is retried with the image's own back-off and `ImagePullBackOff`.
    """
    runs_into: Ending | None = None
    """For a container that was created and could not be started: the termination the runtime reports."""


class Probe(Enum):
    """The probes whose failure kills."""

    LIVENESS = "Liveness"
    STARTUP = "Startup"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFailure:
    """A probe that fails three times, ten seconds apart, and then gets the container killed."""

    probe: Probe
    message: str
    first_after: float = 5.0
    period: float = 10.0
    threshold: int = 3
    exit_code: int = 137


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPlan:
    """What becomes of one container. `times` counts the runs it is for; None means every run until it is
    withdrawn.
    """

    ending: Ending | None = None
    refusal: Refusal | None = None
    probe_failure: ProbeFailure | None = None
    unready: str = ""
    """The readiness probe's failure, where the container shall run and never be ready."""
    unseen: bool = False
    """Whether the kubelet restarts it before it has written the termination: only `lastState` ever shows it.
    """
    times: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodPlan:
    """What becomes of a pod as a whole."""

    rejection: tuple[str, str] | None = None
    """The kubelet refuses the pod on arrival: reason and message."""
    mount_failure: str = ""
    """The message of FailedMount events; the pod stays at ContainerCreating."""
    never_stops: bool = False
    """A deletion never completes: the containers cannot be killed."""
    times: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """How a container takes SIGTERM: after how long it leaves, and with which exit code."""

    after: float = 1.5
    exit_code: int = 0


WorkloadKey = tuple[str, str, str]
"""Namespace, kind and name of the object that controls pods directly."""

_EVERY = "*"
_Scope = tuple[str, ...]


def workload_key(pod: Json) -> WorkloadKey:
    """Return the controller of a pod; a bare pod is its own."""
    owner = controller_of(pod)
    if owner is None:
        return namespace_of(pod), "Pod", str(pod["metadata"]["name"])
    return namespace_of(pod), str(owner["kind"]), str(owner["name"])


class Plans:
    """All plans that are laid."""

    def __init__(self) -> None:
        self._containers: dict[tuple[_Scope, str], ContainerPlan] = {}
        self._pods: dict[_Scope, PodPlan] = {}

    def for_pod(self, uid: str, plan: ContainerPlan, *, container: str = _EVERY) -> None:
        """Lay a plan for one pod's container."""
        self._containers[(uid,), container] = plan

    def for_workload(self, key: WorkloadKey, plan: ContainerPlan, *, container: str = _EVERY) -> None:
        """Lay a plan for a container of every pod that a controller makes."""
        self._containers[key, container] = plan

    def pod_as_whole(self, scope: str | WorkloadKey, plan: PodPlan) -> None:
        """Lay a plan for a pod (by UID) or for every pod of a controller."""
        self._pods[(scope,) if isinstance(scope, str) else scope] = plan

    def withdraw_all(self) -> None:
        """Let everything go well from now on."""
        self._containers.clear()
        self._pods.clear()

    def withdraw_pod(self, uid: str) -> None:
        """Let one pod go well from now on."""
        for scope, container in [key for key in self._containers if key[0] == (uid,)]:
            del self._containers[scope, container]
        self._pods.pop((uid,), None)

    def container(self, pod: Json, name: str) -> ContainerPlan | None:
        """Return the plan for the run that starts now, and count it off."""
        for scope in ((uid_of(pod),), workload_key(pod)):
            for which in (name, _EVERY):
                plan = self._containers.get((scope, which))
                if plan is not None:
                    self._count_container(scope, which, plan)
                    return plan
        return None

    def pod(self, pod: Json, *, peek: bool = False) -> PodPlan | None:
        """Return the plan for a pod, counting it off unless only looked at."""
        for scope in ((uid_of(pod),), workload_key(pod)):
            plan = self._pods.get(scope)
            if plan is None:
                continue
            if not peek and plan.times is not None:
                if plan.times <= 1:
                    del self._pods[scope]
                else:
                    self._pods[scope] = replace(plan, times=plan.times - 1)
            return plan
        return None

    def _count_container(self, scope: _Scope, which: str, plan: ContainerPlan) -> None:
        if plan.times is None:
            return
        if plan.times <= 1:
            del self._containers[scope, which]
        else:
            self._containers[scope, which] = replace(plan, times=plan.times - 1)
