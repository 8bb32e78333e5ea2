"""How it is around an incident that fires, by the pods that the watch shows. Pure.

What the API server says of an owner in the very moment of a death is of the moment before. Its pods are
newer than that, and are looked at again and again (`situation_watch`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.incidents import readiness
from bot.incidents.ports import PodLookup
from bot.incidents.recovery import Following, Workload
from bot.model import durations
from bot.model.containers import ContainerStatus
from bot.model.incidents import Incident, IncidentState, Scope
from bot.model.pods import Pod
from bot.model.situations import BackOff, Headcount, Situation
from bot.model.surroundings import OwnerState

CRASH_LOOP = "CrashLoopBackOff"

_DELAY = re.compile(r"back-off (\S+) restarting failed container")
"""How the kubelet's message on `CrashLoopBackOff` begins (`doBackOff` in pkg/kubelet/kuberuntime). The time
runs from the end of the last run: 10 s at first, then twice that each time, up to 5 min."""


def is_told(incident: Incident) -> bool:
    """Whether an incident's message says how it is now; one of several workloads counts replacements."""
    return incident.shown and incident.state is IncidentState.FIRING and incident.key.scope is Scope.WORKLOAD


def workload_of(incident: Incident) -> Workload | None:
    """Whose pods are counted for an incident of one workload; None where nothing is to be counted."""
    key = incident.key
    if key.scope is not Scope.WORKLOAD or not readiness.is_counted(key.owner):
        return None
    return Workload(namespace=key.namespace, owner=key.owner)


def headcount(incident: Incident, pods: Sequence[Pod], owner: OwnerState) -> Headcount:
    """How many of its owner's pods are Ready; `pods` are all that are there to stay."""
    return Headcount(
        ready=readiness.ready_among(pods),
        desired=owner.desired,
        present=len(pods),
        among=incident.pods <= {each.uid for each in pods},
    )


def back_off(followings: Iterable[Following], namespace: str, pods: PodLookup) -> BackOff | None:
    """Which of the containers that died the kubelet holds back; None where none is."""
    held = list(_held_back(followings, namespace, pods))
    if not held:
        return None
    soonest = min(held, key=lambda each: (each.next_at is None, each.next_at))
    return replace(soonest, pods=len(held))


def is_same(one: Situation, other: Situation) -> bool:
    """Whether two say the same, whenever that was."""
    return replace(one, seen_at=other.seen_at) == other


def _held_back(followings: Iterable[Following], namespace: str, pods: PodLookup) -> Iterator[BackOff]:
    for following in followings:
        for uid, subject in following.subjects.items():
            pod = pods(namespace, subject.pod)
            if pod is None or pod.uid != uid or pod.terminating:
                continue
            for status in pod.statuses():
                waiting = status.state.waiting
                if status.name == subject.container and waiting and waiting.reason == CRASH_LOOP:
                    next_at = _next_at(status, waiting.message)
                    yield BackOff(pods=1, restarts=status.restart_count, next_at=next_at)


def _next_at(status: ContainerStatus, message: str) -> datetime | None:
    said, ended = _DELAY.search(message), status.last_state.terminated
    if said is None or ended is None or ended.finished_at is None:
        return None
    try:
        delay: timedelta = durations.parse(said[1])
    except ValueError:
        return None
    return ended.finished_at + delay
