"""Pods as `kubectl get pods -o wide` prints them.

READY, STATUS, RESTARTS and AGE follow `printPod` of the API server (pkg/printers/internalversion/printers.go
of a current Kubernetes release), rule by rule: on-call fingers and eyes know these words, and a second
opinion on them helps nobody. How a pod is for someone on call, `ports.Judge` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.model import durations
from bot.model.answers import PodRow
from bot.model.containers import ContainerStatus, Terminated
from bot.model.pods import Pod, PodCondition

NONE = "<none>"
UNKNOWN = "<unknown>"
NODE_UNREACHABLE = "NodeLost"
SCHEDULING_GATED = "SchedulingGated"


def row(pod: Pod, now: datetime) -> PodRow:
    """One line of the table, ages told at `now`."""
    told = _tell(pod)
    restarts = str(told.restarts)
    if told.restarts and told.last_restart is not None:
        restarts = f"{told.restarts} ({_since(told.last_restart, now)} ago)"
    # The API server lets podIP win over podIPs where a writer set them apart (core/v1 conversion).
    ip = pod.status.pod_ip or next((each.ip for each in pod.status.pod_ips or ()), "")
    return PodRow(
        namespace=pod.namespace,
        name=pod.name,
        ready=f"{told.ready}/{told.total}",
        status=told.status,
        restarts=restarts,
        age=_since(pod.metadata.creation_timestamp, now),
        ip=ip or NONE,
        node=pod.spec.node_name or NONE,
        nominated_node=pod.status.nominated_node_name or NONE,
        readiness_gates=_gates(pod),
    )


def last_exit(pod: Pod) -> str:
    """How the run ended that ended last, in short: `137 OOMKilled (app)`; empty where none has.

    The container is named where the pod has several.
    """
    ends = [
        (ended.finished_at or datetime.min.replace(tzinfo=UTC), ended, status.name)
        for status in pod.own_statuses()
        for ended in (status.state.terminated or status.last_state.terminated,)
        if ended is not None
    ]
    if not ends:
        return ""
    _, ended, name = max(ends, key=lambda each: (each[1].exit_code != 0, each[0]))
    reason = ended.reason if ended.reason not in {"", "Error"} else ""
    several = len(pod.own_statuses()) > 1
    return " ".join(part for part in (str(ended.exit_code), reason, f"({name})" if several else "") if part)


@dataclass(slots=True)
class _Told:
    """What the walk over the containers has found so far."""

    status: str
    ready: int = 0
    total: int = 0
    restarts: int = 0
    last_restart: datetime | None = None

    def count_restarts(self, container: ContainerStatus) -> None:
        self.restarts += container.restart_count
        ended = container.last_state.terminated
        if ended is not None and ended.finished_at is not None:
            self.last_restart = max(self.last_restart or ended.finished_at, ended.finished_at)


def _tell(pod: Pod) -> _Told:
    told = _Told(status=pod.status.reason or pod.status.phase)
    if _gated(pod.condition("PodScheduled")):
        told.status = SCHEDULING_GATED
    sidecars = {each.name for each in pod.spec.init_containers or () if each.restart_policy == "Always"}
    told.total = len(pod.spec.containers or ()) + len(sidecars)
    sidecar_restarts = _Told(status="")
    initializing = _tell_init(pod, sidecars, told, sidecar_restarts)
    initialized = pod.condition("Initialized")
    if not initializing or (initialized is not None and initialized.status == "True"):
        told.restarts, told.last_restart = sidecar_restarts.restarts, sidecar_restarts.last_restart
        _tell_app(pod, told)
    if pod.terminating:
        if pod.status.reason == NODE_UNREACHABLE:
            told.status = "Unknown"
        elif not pod.over:
            told.status = "Terminating"
    return told


def _tell_init(pod: Pod, sidecars: set[str], told: _Told, sidecar_restarts: _Told) -> bool:
    """Walk the init containers up to the first that is not done; True where there is such a one."""
    for index, container in enumerate(pod.status.init_container_statuses or ()):
        is_sidecar = container.name in sidecars
        told.count_restarts(container)
        if is_sidecar:
            sidecar_restarts.count_restarts(container)
        state = container.state
        if state.terminated is not None and state.terminated.exit_code == 0:
            continue
        if is_sidecar and container.started:
            told.ready += container.ready
            continue
        if state.terminated is not None:
            told.status = f"Init:{_ending(state.terminated)}"
        elif state.waiting is not None and state.waiting.reason not in {"", "PodInitializing"}:
            told.status = f"Init:{state.waiting.reason}"
        else:
            told.status = f"Init:{index}/{len(pod.spec.init_containers or ())}"
        return True
    return False


def _tell_app(pod: Pod, told: _Told) -> None:
    any_ready = False
    failure = ""
    # Backwards, so that of several containers with something to tell the first one has the last word.
    for container in reversed(pod.status.container_statuses or ()):
        told.count_restarts(container)
        state = container.state
        if state.waiting is not None and state.waiting.reason:
            told.status = state.waiting.reason
        elif state.terminated is not None:
            told.status = _ending(state.terminated)
            if state.terminated.exit_code != 0:
                failure = told.status
        elif container.ready and state.running is not None:
            any_ready = True
            told.ready += 1
    if told.status == "Completed":
        if any_ready and pod.ready:
            told.status = "Running"
        elif failure:
            told.status = failure  # since kubernetes/kubernetes#124766
        elif any_ready:
            told.status = "NotReady"


def _ending(ended: Terminated) -> str:
    if ended.reason:
        return ended.reason
    return f"Signal:{ended.signal}" if ended.signal else f"ExitCode:{ended.exit_code}"


def _gates(pod: Pod) -> str:
    gates = pod.spec.readiness_gates or ()
    if not gates:
        return NONE
    conditions = [pod.condition(gate.condition_type) for gate in gates]
    met = sum(1 for each in conditions if each is not None and each.status == "True")
    return f"{met}/{len(gates)}"


def _since(moment: datetime | None, now: datetime) -> str:
    return UNKNOWN if moment is None else durations.human(now - moment)


def _gated(scheduled: PodCondition | None) -> bool:
    return scheduled is not None and scheduled.reason == SCHEDULING_GATED
