"""The row of a pod: READY, STATUS, RESTARTS and the wide columns.

The rules are those of `printPod` in the Kubernetes source (pkg/printers/internalversion), with the change of
PR 124766: a pod in which one container completed and another failed shows the failure, whatever their order.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.playground.cluster.objects import (
    Json,
    condition,
    condition_is_true,
    is_deleting,
    is_terminal,
    name_of,
)
from bot.playground.cluster.printing.durations import age

NONE = "<none>"


@dataclass(slots=True, kw_only=True)
class Summary:
    """What the columns of a pod say, while it is being worked out."""

    ready: int
    total: int
    reason: str
    restarts: int = 0
    last_restart: str = ""

    def count(self, status: Json) -> None:
        """Add a container's restarts."""
        self.restarts += status.get("restartCount", 0)
        finished = status.get("lastState", {}).get("terminated", {}).get("finishedAt") or ""
        self.last_restart = max(self.last_restart, finished)


def _ended(terminated: Json, prefix: str = "") -> str:
    if terminated.get("reason"):
        return f"{prefix}{terminated['reason']}"
    if terminated.get("signal"):
        return f"{prefix}Signal:{terminated['signal']}"
    return f"{prefix}ExitCode:{terminated.get('exitCode', 0)}"


def _is_sidecar(container: Json | None) -> bool:
    return container is not None and container.get("restartPolicy") == "Always"


def _through_init(pod: Json, summary: Summary, sidecars: Summary) -> bool:
    """Go through the init containers; return whether the pod is still (or again) initialising."""
    specs = {c["name"]: c for c in pod["spec"].get("initContainers", ())}
    for index, status in enumerate(pod["status"].get("initContainerStatuses", ())):
        sidecar = _is_sidecar(specs.get(status["name"]))
        summary.count(status)
        if sidecar:
            sidecars.count(status)
        state = status.get("state", {})
        terminated, waiting = state.get("terminated"), state.get("waiting") or {}
        if terminated is not None and terminated.get("exitCode", 0) == 0:
            continue
        if sidecar and status.get("started"):
            summary.ready += bool(status.get("ready"))
            continue
        if terminated is not None:
            summary.reason = _ended(terminated, "Init:")
        elif waiting.get("reason") and waiting["reason"] != "PodInitializing":
            summary.reason = f"Init:{waiting['reason']}"
        else:
            summary.reason = f"Init:{index}/{len(specs)}"
        return True
    return False


def _through_containers(pod: Json, summary: Summary) -> None:
    running = False
    failure = ""
    for status in reversed(pod["status"].get("containerStatuses", ())):
        summary.count(status)
        state = status.get("state", {})
        waiting, terminated = state.get("waiting") or {}, state.get("terminated")
        if waiting.get("reason"):
            summary.reason = waiting["reason"]
        elif terminated is not None:
            summary.reason = _ended(terminated)
            if terminated.get("exitCode", 0) != 0:
                failure = summary.reason
        elif status.get("ready") and "running" in state:
            running = True
            summary.ready += 1
    if summary.reason == "Completed":
        if running and condition_is_true(pod, "Ready"):
            summary.reason = "Running"
        elif failure:
            summary.reason = failure
        elif running:
            summary.reason = "NotReady"


def summarise(pod: Json) -> Summary:
    """Work out READY, STATUS and RESTARTS of a pod."""
    status = pod["status"]
    sidecar_count = sum(_is_sidecar(c) for c in pod["spec"].get("initContainers", ()))
    summary = Summary(
        ready=0,
        total=len(pod["spec"]["containers"]) + sidecar_count,
        reason=status.get("reason") or status.get("phase", ""),
    )
    scheduled = condition(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("reason") == "SchedulingGated":
        summary.reason = "SchedulingGated"
    sidecars = Summary(ready=0, total=0, reason="")
    initializing = _through_init(pod, summary, sidecars)
    if not initializing or condition_is_true(pod, "Initialized"):
        summary.restarts, summary.last_restart = sidecars.restarts, sidecars.last_restart
        _through_containers(pod, summary)
    if is_deleting(pod):
        if status.get("reason") == "NodeLost":
            summary.reason = "Unknown"
        elif not is_terminal(pod):
            summary.reason = "Terminating"
    return summary


def _gates(pod: Json) -> str:
    gates = pod["spec"].get("readinessGates") or ()
    if not gates:
        return NONE
    return f"{sum(condition_is_true(pod, g['conditionType']) for g in gates)}/{len(gates)}"


def restarts_text(summary: Summary, now: datetime) -> str:
    """Return the RESTARTS cell: a count, and how long ago the last was."""
    if summary.restarts and summary.last_restart:
        return f"{summary.restarts} ({age(summary.last_restart, now)} ago)"
    return str(summary.restarts)


def pod_cells(pod: Json, now: datetime) -> list[object]:
    """Return the cells of a pod's row, the wide ones last."""
    summary = summarise(pod)
    addresses = pod["status"].get("podIPs") or [{}]
    return [
        name_of(pod),
        f"{summary.ready}/{summary.total}",
        summary.reason,
        restarts_text(summary, now),
        age(pod["metadata"].get("creationTimestamp"), now),
        addresses[0].get("ip") or NONE,
        pod["spec"].get("nodeName") or NONE,
        pod["status"].get("nominatedNodeName") or NONE,
        _gates(pod),
    ]
