"""Deaths: what died, of what, and which one it was.

The identity of a container's death is (cluster, pod UID, container, restart): the API shows one termination
many times, and only this quadruple tells a second look from a second death.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.model.containers import ContainerKind
from bot.model.pods import ClusterName, Owner, OwnerReference, PodUid


class Cause(Enum):
    """Why something died or was never born; the value is the word that people read."""

    OOM_KILLED = "OOMKilled"
    ERROR = "Error"
    LIVENESS_FAILED = "LivenessFailed"
    STARTUP_FAILED = "StartupFailed"
    UNEXPECTED_EXIT = "UnexpectedExit"
    START_ERROR = "StartError"
    INIT_FAILED = "InitFailed"
    EVICTED = "Evicted"
    PREEMPTED = "Preempted"
    NODE_SHUTDOWN = "NodeShutdown"
    NODE_LOST = "NodeLost"
    TAINT_EVICTION = "TaintEviction"
    REJECTED = "Rejected"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    DELETED = "Deleted"
    IMAGE_PULL = "ImagePull"
    CONFIG_ERROR = "ConfigError"
    UNSCHEDULABLE = "Unschedulable"
    STUCK_CREATING = "StuckCreating"
    STUCK_TERMINATING = "StuckTerminating"
    NOT_READY = "NotReady"

    @property
    def is_container_exit(self) -> bool:
        """A container ran and ended: there is an exit code to explain and a log to show."""
        return self in _CONTAINER_EXITS

    @property
    def is_stuck(self) -> bool:
        """Nothing died: something does not come up, or does not go away, for longer than it should."""
        return self in _STUCK


_CONTAINER_EXITS = frozenset(
    {
        Cause.OOM_KILLED,
        Cause.ERROR,
        Cause.LIVENESS_FAILED,
        Cause.STARTUP_FAILED,
        Cause.UNEXPECTED_EXIT,
        Cause.START_ERROR,
        Cause.INIT_FAILED,
    }
)
_STUCK = frozenset(
    {
        Cause.IMAGE_PULL,
        Cause.CONFIG_ERROR,
        Cause.UNSCHEDULABLE,
        Cause.STUCK_CREATING,
        Cause.STUCK_TERMINATING,
        Cause.NOT_READY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathId:
    """Which death it is. `container` is empty where the whole pod died (an eviction).

    `restart` is the value of `restartCount` while the instance that died was running.
    """

    cluster: ClusterName
    uid: PodUid
    container: str
    restart: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedProbe:
    """What the kubelet's events say of the probe that it killed a container for."""

    kind: str
    """`liveness` or `startup`."""
    failures: int | None
    """How often it had failed in this run; None where the events also count earlier runs."""
    message: str
    """What the probe got, in the kubelet's words: text from the pod, hence hostile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatched:
    """A span in which podbot did not watch: it was down, or the cluster did not answer."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """One death, as far as the pod's own status tells."""

    id: DeathId
    cause: Cause
    namespace: str
    pod: str
    owner: Owner
    node: str
    kind: ContainerKind | None
    """What sort of container died; None where the whole pod did."""
    image: str = ""
    exit_code: int | None = None
    reason: str = ""
    """The kubelet's own word (`ContainerCannotRun`, `ErrImagePull`)."""
    message: str = ""
    """The kubelet's own sentence; text from the cluster, hence hostile."""
    started_at: datetime | None = None
    """When the run began that ended; of something stuck, since when it is."""
    finished_at: datetime | None = None
    seen_at: datetime
    memory_limit: str = ""
    cpu_limit: str = ""
    restarts: int = 0
    """The container's `restartCount` when the death was seen."""
    unseen_before: int = 0
    """Deaths of the same container since the last look, whose causes nobody can know any more."""
    since_before_first_look: bool = False
    """It was like this already when the bot first looked."""
    unwatched: Unwatched | None = None
    """It happened while podbot was not watching, and was found when it did again."""
    crash_looping: bool = False
    """The kubelet waits before it starts the container again (`CrashLoopBackOff`)."""
    controller: OwnerReference | None = None
    """Who replaces the pod, of the very object: the ReplicaSet, where `owner` is the Deployment."""
    probe: FailedProbe | None = None
    """The probe that it was killed for; known once the events were read."""
    labels: tuple[tuple[str, str], ...] = ()
    """The pod's; routes go by them."""
    annotations: tuple[tuple[str, str], ...] = ()
    """The pod's, as far as they are podbot's own; text from the cluster, hence hostile."""


def signal_of(exit_code: int) -> int | None:
    """The signal that an exit code above 128 stands for (128 + signal, the shell's convention), else None."""
    return exit_code - 128 if 128 < exit_code <= 128 + 64 else None
