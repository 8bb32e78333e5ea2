"""How the pods are that took the place of those which went with a node. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from bot.model.incidents import Incident, IncidentState, Replacements, Scope
from bot.model.pods import Pod
from bot.model.scheduling import verdict

BEFORE = timedelta(minutes=10)
"""A node counts as lost minutes after it went silent, and its pods may have been replaced since."""


def wanted(incident: Incident) -> bool:
    """Whether an incident says how its replacements are."""
    return incident.key.scope is Scope.NODE and incident.state is IncidentState.FIRING


def found(incident: Incident, pods: Iterable[Pod]) -> Replacements:
    """The pods of its workloads that began since, by how they are."""
    workloads = {(each.namespace, each.owner) for each in incident.workloads if each.told_in is None}
    since = incident.first_at - BEFORE
    count: Counter[str] = Counter()
    why = ""
    for pod in pods:
        created = pod.metadata.creation_timestamp
        if created is None or created < since or pod.uid in incident.pods or pod.terminating:
            continue
        if (pod.namespace, pod.owner) not in workloads:
            continue
        state = _state(pod)
        count[state] += 1
        if state == "unschedulable" and not why:
            scheduled = pod.condition("PodScheduled")
            why = str(verdict(scheduled.message) or "") if scheduled is not None else ""
    return Replacements(
        ready=count["ready"], starting=count["starting"], unschedulable=count["unschedulable"], why=why
    )


def _state(pod: Pod) -> str:
    ready, scheduled = pod.condition("Ready"), pod.condition("PodScheduled")
    if ready is not None and ready.status == "True":
        return "ready"
    if scheduled is not None and scheduled.status == "False" and scheduled.reason == "Unschedulable":
        return "unschedulable"
    return "starting"
