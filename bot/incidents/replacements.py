"""How the pods are that took the place of those which went with a node: for each that was lost, one. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from bot.incidents.recovery import Standing, Workload, standing
from bot.model.incidents import Incident, IncidentState, Replacements, Scope
from bot.model.pods import Pod
from bot.model.scheduling import verdict

_OF_ITS_NODE = frozenset({"DaemonSet", "Node"})
"""Kinds of owner whose pods are made again with their node, and nowhere else; `Node`: of static pods."""


def wanted(incident: Incident) -> bool:
    """Whether an incident says how its replacements are."""
    return incident.key.scope is Scope.NODE and incident.state is IncidentState.FIRING


def found(incident: Incident, pods: Iterable[Pod]) -> Replacements:
    """For each pod that was lost the next of its workload that has begun since, by how it is.

    What began before the first one died was there already, and what else begins later was not needed: a
    rollout, a scale-up. A lost pod that is Ready again, because its node is, needs no replacement.
    """
    lost = _lost(incident)
    there: set[Workload] = set()
    back: Counter[Workload] = Counter()
    began: dict[Workload, list[tuple[datetime, Pod]]] = defaultdict(list)
    since = incident.first_at.replace(microsecond=0)  # creationTimestamp has whole seconds
    for workload, pod in _of(lost.keys(), pods):
        created = pod.metadata.creation_timestamp
        if standing(pod) is Standing.OVER:
            continue
        there.add(workload)
        if pod.uid in incident.pods:
            back[workload] += standing(pod) is Standing.WELL
        elif created is not None and created >= since:
            began[workload].append((created, pod))
    count: Counter[str] = Counter()
    gone: list[str] = []
    why = ""
    for workload, pods_lost in lost.items():
        places = max(pods_lost - back[workload], 0)
        taken = [pod for _, pod in sorted(began[workload], key=lambda each: each[0])[:places]]
        count.update(map(_state, taken))
        why = why or next((_why(each) for each in taken if _state(each) == "unschedulable"), "")
        if workload.owner.kind == "Pod":
            if workload not in there:
                gone.append(f"{workload.owner.name} ({workload.namespace})")
        elif workload.owner.kind not in _OF_ITS_NODE:
            count["awaited"] += places - len(taken)
    return Replacements(
        ready=count["ready"],
        starting=count["starting"],
        unschedulable=count["unschedulable"],
        why=why,
        complete=count["complete"],
        awaited=count["awaited"],
        gone=tuple(gone),
    )


def _lost(incident: Incident) -> Counter[Workload]:
    """How many pods of each workload were lost."""
    lost: Counter[Workload] = Counter()
    for each in incident.workloads:
        if each.told_in is None:
            lost[Workload(namespace=each.namespace, owner=each.owner)] += each.pods
    return lost


def _of(workloads: Iterable[Workload], pods: Iterable[Pod]) -> Iterable[tuple[Workload, Pod]]:
    wanted_ones = set(workloads)
    namespaces = {each.namespace for each in wanted_ones}
    for pod in pods:
        if pod.namespace in namespaces:
            workload = Workload(namespace=pod.namespace, owner=pod.owner)
            if workload in wanted_ones:
                yield workload, pod


def _state(pod: Pod) -> str:
    scheduled = pod.condition("PodScheduled")
    match standing(pod):
        case Standing.WELL:
            return "ready"
        case Standing.SUCCEEDED:
            return "complete"
    if scheduled is not None and scheduled.status == "False" and scheduled.reason == "Unschedulable":
        return "unschedulable"
    return "starting"


def _why(pod: Pod) -> str:
    scheduled = pod.condition("PodScheduled")
    return str(verdict(scheduled.message) or "") if scheduled is not None else ""
