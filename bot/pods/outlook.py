"""What deleting pods will do, told from the pods and what stands behind them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.model.commands import Manner
from bot.model.controllers import Controller, LabelSelector
from bot.model.deletions import BudgetRoom, PlannedPod, Replicas, Successor
from bot.model.pods import Owner, Pod
from bot.pods import lookup, rows
from bot.pods.backing import Backing, controller_of

USUAL_GRACE = 30
"""Seconds, by the API's own default."""

_COUNTED = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"})
"""Kinds that say how many pods should be Ready."""

_OF_ONE_POD = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-completion-index",
        "controller-revision-hash",
        "pod-template-generation",
        "statefulset.kubernetes.io/pod-name",
    }
)
"""Labels that a pod's successor may not have."""


def planned(pod: Pod, backing: Backing, manner: Manner, now: datetime) -> PlannedPod:
    """One pod, with what comes after it."""
    row = rows.row(pod, now)
    controller = controller_of(pod)
    found = backing.controllers.get(controller) if controller else None
    return PlannedPod(
        name=pod.name,
        uid=pod.uid,
        owner=pod.owner,
        controller=controller,
        successor=successor(pod, backing),
        in_order=_starts_in_order(found, controller),
        status=row.status,
        ready=row.ready,
        age=row.age,
        node="" if row.node == rows.NONE else row.node,
        terminating_until=pod.metadata.deletion_timestamp,
        grace=_grace(pod, manner),
        lost=tuple(volume for volume in pod.spec.volumes or () if volume.local),
    )


def serving(pod: Pod) -> bool:
    """Whether it does what it is there for: its going makes one Ready pod less, its coming one more."""
    return pod.ready and not pod.terminating


def successor(pod: Pod, backing: Backing) -> Successor:
    """What comes after a pod."""
    reference, owner = pod.controller, controller_of(pod)
    if reference is None or owner is None:
        return Successor.NOTHING
    if owner.kind == "Node":
        return Successor.STATIC
    if owner.kind in lookup.REPLACING and not lookup.replaced_by_itself(pod):
        return Successor.NOTHING  # it ended, and its controller counts on that
    if owner in backing.controllers and not _wants(backing.controllers[owner], pod):
        return Successor.NOTHING
    if owner.kind == "Job" or owner.kind not in lookup.REPLACING:
        return Successor.PERHAPS
    if owner.kind == "StatefulSet":
        return Successor.SAME_NAME
    return Successor.ALREADY if pod.terminating else Successor.AT_ONCE


def replicas(pods: Sequence[Pod], backing: Backing) -> tuple[Replicas, ...]:
    """How each of the pods' workloads stands, where that is known."""
    return tuple(
        _replicas(owner, found, sum(serving(pod) for pod in pods if pod.owner == owner))
        for owner in dict.fromkeys(pod.owner for pod in pods)
        if owner.kind in _COUNTED and (found := backing.controllers.get(owner)) is not None
    )


def budgets(pods: Sequence[Pod], backing: Backing) -> tuple[BudgetRoom, ...]:
    """The room of each budget that is over one of the pods."""
    rooms: list[BudgetRoom] = []
    for budget in backing.budgets:
        selector = budget.spec.selector
        under = [pod for pod in pods if selector is not None and selector.takes(pod.metadata.labels)]
        if under:
            going = sum(map(serving, under))
            allowed = budget.status.disruptions_allowed
            rooms.append(BudgetRoom(name=budget.metadata.name, allowed=allowed, going=going))
    return tuple(rooms)


def asked_grace(manner: Manner) -> timedelta | None:
    """The grace to ask the API server for; None for each pod's own."""
    if manner.force:
        return timedelta(0)
    return None if manner.grace is None else timedelta(seconds=manner.grace)


def selector_of(pod: Pod, backing: Backing) -> str:
    """In which pods the pod's successor will be, in the API's language; empty where that is not known."""
    for owner in (pod.owner, controller_of(pod)):
        found = backing.controllers.get(owner) if owner else None
        if found is not None and found.spec.selector is not None and not found.spec.selector.empty:
            return str(found.spec.selector)
    if pod.controller is None:
        return ""
    labels = {key: value for key, value in pod.metadata.labels.items() if key not in _OF_ONE_POD}
    return str(LabelSelector(match_labels=labels))


def _replicas(owner: Owner, found: Controller, going: int) -> Replicas:
    status, daemons = found.status, owner.kind == "DaemonSet"
    ready = status.number_ready if daemons else status.ready_replicas
    # The API's own default for `replicas` is 1.
    wanted = status.desired_number_scheduled if daemons else _or_one(found.spec.replicas)
    return Replicas(owner=owner, wanted=wanted, ready=ready, ready_after=max(ready - going, 0))


def _or_one(replicas: int | None) -> int:
    return 1 if replicas is None else replicas


def _wants(found: Controller | None, pod: Pod) -> bool:
    """Whether a controller is there, is the one that the pod names, stays, and wants another pod."""
    reference = pod.controller
    if found is None or reference is None or found.metadata.deletion_timestamp is not None:
        return False
    if reference.uid and found.metadata.uid and reference.uid != found.metadata.uid:
        return False
    if reference.kind in {"DaemonSet", "Job"}:
        return True
    wanted = _or_one(found.spec.replicas)
    if reference.kind == "StatefulSet":
        ordinal = pod.name.rpartition("-")[2]
        return not ordinal.isdecimal() or int(ordinal) < found.spec.ordinals.start + wanted
    return wanted >= max(found.status.replicas, 1)  # it has more than it wants: this one is surplus


def _starts_in_order(found: Controller | None, owner: Owner | None) -> bool:
    if owner is None or owner.kind != "StatefulSet" or found is None:
        return False
    return found.spec.pod_management_policy in {"", "OrderedReady"} and _or_one(found.spec.replicas) > 1


def _grace(pod: Pod, manner: Manner) -> timedelta:
    own = pod.spec.termination_grace_period_seconds
    asked = asked_grace(manner)
    return asked if asked is not None else timedelta(seconds=USUAL_GRACE if own is None else own)
