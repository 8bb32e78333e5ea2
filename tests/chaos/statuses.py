"""Pod statuses as a kubelet writes them, for pods whose containers all run or have just died. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

Json = dict[str, Any]


class How(Enum):
    """Ways in which a container ends: exit code and the kubelet's reason."""

    CRASH = (1, "Error")
    OOM = (137, "OOMKilled")
    SEGFAULT = (139, "Error")
    FINISHED = (0, "Completed")
    NOT_FOUND = (127, "Error")


def stamp(moment: datetime) -> str:
    """As `metav1.Time` is written."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class Run:
    """One container of a pod: the number of its present run, and how the last one ended."""

    pod_uid: str
    name: str
    restart: int = 0
    last_end: Json | None = None

    @property
    def container_id(self) -> str:
        """The runtime's id of this run."""
        return f"containerd://{self.pod_uid}-{self.name}-{self.restart}"

    def ended(self, how: How, at: datetime) -> Json:
        """The `terminated` of this run."""
        exit_code, reason = how.value
        return {
            "exitCode": exit_code,
            "reason": reason,
            "startedAt": stamp(at),
            "finishedAt": stamp(at),
            "containerID": self.container_id,
        }

    def next(self, end: Json) -> Run:
        """The run after this one, which ended like that."""
        return Run(self.pod_uid, self.name, self.restart + 1, end)


def running(run: Run, at: datetime) -> Json:
    """The container status while it runs."""
    return _status(run, {"running": {"startedAt": stamp(at)}}, ready=True)


def down(run: Run, end: Json) -> Json:
    """The container status when it has ended and nothing has been done about it."""
    return _status(run, {"terminated": end}, ready=False)


def backing_off(run: Run, end: Json) -> Json:
    """The container status while its restart is waited for."""
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}
    return _status(run, {"waiting": waiting}, ready=False) | {"lastState": {"terminated": end}}


def pod_status(containers: list[Json], at: datetime, before: Json) -> Json:
    """The status of a pod with these containers; `before` is the one that it replaces."""
    ready = all(each["ready"] for each in containers)
    known = {each["type"]: each for each in before.get("conditions", ())}

    def condition(kind: str, *, holds: bool) -> Json:
        status = "True" if holds else "False"
        old = known.get(kind)
        since = old["lastTransitionTime"] if old and old["status"] == status else stamp(at)
        return {"type": kind, "status": status, "lastTransitionTime": since}

    return {
        "phase": "Running",
        "startTime": before.get("startTime", stamp(at)),
        "podIP": "10.244.1.7",
        "podIPs": [{"ip": "10.244.1.7"}],
        "conditions": [
            condition("PodScheduled", holds=True),
            condition("Initialized", holds=True),
            condition("ContainersReady", holds=ready),
            condition("Ready", holds=ready),
        ],
        "containerStatuses": containers,
    }


def evicted(at: datetime) -> Json:
    """The status of a pod that the kubelet threw out for the node's sake."""
    message = "The node was low on resource: memory."
    return {"phase": "Failed", "reason": "Evicted", "message": message, "startTime": stamp(at)}


def _status(run: Run, state: Json, *, ready: bool) -> Json:
    return {
        "name": run.name,
        "image": "registry.example.com/chaos/app:1",
        "imageID": "",
        "containerID": run.container_id,
        "ready": ready,
        "started": ready,
        "restartCount": run.restart,
        "state": state,
        "lastState": {"terminated": run.last_end} if run.last_end else {},
    }
