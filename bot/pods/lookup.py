"""From what a person typed to the pod and the container they mean. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches

from bot.model.containers import Container, ContainerKind, ContainerStatus
from bot.model.pods import Pod

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
"""The annotation by which a pod's author names the container that kubectl should take."""

NEAREST = 3

LOOKED_AT = 200
"""Names that are compared letter by letter: with thousands of long ones that would take seconds."""

ALWAYS_REPLACING = frozenset({"StatefulSet", "DaemonSet", "Node"})
"""Kinds of controllers that start another pod for any that goes (a Node: its kubelet, for a static pod)."""

REPLACING = ALWAYS_REPLACING | {"ReplicaSet", "ReplicationController", "Job", "Deployment", "Rollout"}
"""Those and the ones that have a replacement already for a pod that failed."""


def beginning_with(prefix: str, pods: Sequence[Pod]) -> tuple[Pod, ...]:
    """The pods whose names begin so, in the order of their names."""
    return tuple(sorted((pod for pod in pods if pod.name.startswith(prefix)), key=lambda pod: pod.name))


def nearest(name: str, pods: Sequence[Pod]) -> tuple[str, ...]:
    """The names that look most like `name`: same workload first, then by likeness."""
    names = sorted({pod.name for pod in pods}, key=lambda each: (-_shared(name, each), each))[:LOOKED_AT]
    stems = {_stem(each) for each in names}
    meant = get_close_matches(_stem(name), sorted(stems), n=1, cutoff=0.6)
    kin = [each for each in names if _stem(each) in meant]
    alike = get_close_matches(name, names, n=NEAREST, cutoff=0.5)
    ordered = get_close_matches(name, kin, n=NEAREST, cutoff=0.0) + alike
    return tuple(dict.fromkeys(ordered))[:NEAREST]


def _stem(name: str) -> str:
    """What a pod's name begins with: mostly its workload's name, or the first word of it."""
    return name.split("-", maxsplit=1)[0]


def container_for_logs(pod: Pod) -> str:
    """The container whose log is wanted when none is named.

    The one that crashed last and is in trouble now; else the one that the pod's start waits for; else the
    one that the pod's author chose; else the first. A sidecar's crash yields to any other, since sidecars
    are ended with a signal when the others are done. Debug containers are read by name only.
    """
    statuses = {each.name: each for each in pod.statuses()}
    lasting = [(each, kind) for each, kind in pod.containers() if kind is not ContainerKind.EPHEMERAL]
    crashed = [
        (kind is not ContainerKind.SIDECAR, moment, each.name)
        for each, kind in lasting
        if (moment := _crashed_at(statuses.get(each.name))) is not None
    ]
    if crashed:
        return max(crashed)[2]
    starting = [each for each, kind in lasting if _holds_up_start(statuses.get(each.name), kind)]
    annotated = pod.metadata.annotations.get(DEFAULT_CONTAINER, "")
    chosen = [each for each, _ in lasting if each.name == annotated]
    app = [each for each, kind in lasting if kind is ContainerKind.APP]
    return _first(starting + chosen + app)


def replaced_by_itself(pod: Pod) -> bool:
    """Something starts another pod when this one goes."""
    controller = pod.controller
    if controller is None or pod.status.phase == "Succeeded":
        return False
    return controller.kind in (ALWAYS_REPLACING if pod.status.phase == "Failed" else REPLACING)


def _shared(one: str, other: str) -> int:
    """How many letters two names begin with alike."""
    unlike = (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1])
    return next(unlike, min(len(one), len(other)))


def _first(containers: Sequence[Container]) -> str:
    return containers[0].name if containers else ""


def _crashed_at(status: ContainerStatus | None) -> datetime | None:
    """When a container that is in trouble now ended last with an error."""
    if status is None or (status.state.running is not None and status.ready):
        return None
    ended = status.state.terminated or status.last_state.terminated
    if ended is None or ended.exit_code == 0:
        return None
    return ended.finished_at or datetime.min.replace(tzinfo=UTC)


def _holds_up_start(status: ContainerStatus | None, kind: ContainerKind) -> bool:
    """It runs now, and the app containers wait until it is done (init) or has started (sidecar)."""
    if status is None or status.state.running is None:
        return False
    return kind is ContainerKind.INIT or (kind is ContainerKind.SIDECAR and not status.started)
