"""Which incident a death belongs to: its workload's, its node's, its image's. Pure.

What must not happen is that one cause hides another, or that people are sent to a node that is well. Hence:

- A node that is lost or shuts down explains what died with it, from the first pod on.
- What the kubelet or a controller does to pods because of their node (`NODE_CAUSES`) is the node's once three
  workloads suffered the same there within a minute. One or two may have reasons of their own.
- What a container does by itself never is: workloads whose containers fail together on one node mostly have
  something else in common, a database or a rollout, and may well be the only ones that have. They stay
  incidents of their own; if there are too many at once, `storm` tells them together without a claim.
- One image that two workloads cannot pull is the image's.

The other half is the CronJob: pods name only the Job. Once the API has told whose Job it was, later Jobs
named after that CronJob belong to it at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.incidents import engine
from bot.model.deaths import Cause, Death
from bot.model.incidents import Incident, IncidentKey, IncidentState, Scope
from bot.model.pods import Owner

NODES_AT_ONCE = frozenset({Cause.NODE_LOST, Cause.NODE_SHUTDOWN})
"""Causes that are the node's by their meaning."""

NODE_CAUSES = frozenset(
    {
        Cause.EVICTED,
        Cause.PREEMPTED,
        Cause.TAINT_EVICTION,
        Cause.REJECTED,
        Cause.STUCK_CREATING,
        Cause.STUCK_TERMINATING,
        Cause.NOT_READY,
    }
)
"""Causes that are the node's where it does the same to several workloads."""

WORKLOADS_OF_A_NODE = 3
WORKLOADS_OF_AN_IMAGE = 2

WITHIN = timedelta(seconds=60)
IMAGE_WITHIN = timedelta(minutes=10)
"""Pods find out at different times that an image is missing: the pull is tried again more and more rarely."""

MOST_RECENT = 500
"""Workloads and what they may share that are remembered; a group needs three."""
MOST_CRON_JOBS = 1_000

_OWN_LIMIT = ("ephemeral local storage", "exceeded its local ephemeral storage", "Usage of EmptyDir")
"""How the kubelet's message begins or goes on where a pod was evicted for its own use of the node's disk."""

_JOB_OF_CRON_JOB = re.compile(r"(.+)-[0-9]{8,11}")
"""A CronJob names its Jobs after itself and the minute of their schedule (`getJobName` in its controller)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is remembered of a death for a while."""

    at: datetime
    """When podbot took it in: clocks of nodes differ."""
    key: IncidentKey
    """Its workload's."""
    shared: IncidentKey
    """The group that it may belong to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """The deaths of the last minutes, of one cluster, and the CronJobs that are known."""

    seen: tuple[Seen, ...] = ()
    cron_jobs: Mapping[str, Owner] = field(default_factory=dict)
    """By `namespace/name`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a death goes."""

    key: IncidentKey
    absorbs: tuple[IncidentKey, ...] = ()
    """Workloads whose incidents become part of that one, where they are `absorbable`."""


def attributed(recent: Recent, death: Death) -> Death:
    """The death as its CronJob's, where it is of a Job of one that is known."""
    if death.owner.kind != "Job" or (named := _JOB_OF_CRON_JOB.fullmatch(death.owner.name)) is None:
        return death
    owner = recent.cron_jobs.get(f"{death.namespace}/{named[1]}")
    return death if owner is None else replace(death, owner=owner)


def knowing(recent: Recent, namespace: str, cron_job: Owner) -> Recent:
    """The state after the API told of a CronJob that one of its Jobs died."""
    known = {**recent.cron_jobs, f"{namespace}/{cron_job.name}": cron_job}
    while len(known) > MOST_CRON_JOBS:
        del known[next(iter(known))]
    return replace(recent, cron_jobs=known)


def placed(
    recent: Recent, death: Death, groups: Collection[IncidentKey], now: datetime
) -> tuple[Recent, Placement]:
    """Where a death goes that is `attributed` already; `groups` are the keys of open incidents of groups."""
    key, shared = engine.key_of(death), _shared(death)
    if shared is None:
        return recent, Placement(key=key)
    if shared in groups:
        return recent, Placement(key=shared)
    seen = Seen(at=now, key=key, shared=shared)
    others = (each for each in recent.seen if (each.key, each.shared) != (key, shared))
    kept = (*(each for each in others if now - each.at < _window(each.shared)), seen)[-MOST_RECENT:]
    recent = replace(recent, seen=kept)
    workloads = tuple(each.key for each in kept if each.shared == shared)
    if len(workloads) < _enough(shared):
        return recent, Placement(key=key)
    return recent, Placement(key=shared, absorbs=workloads)


def absorbable(incident: Incident, key: IncidentKey) -> bool:
    """Whether an incident of a workload says nothing but what the group's will say."""
    if incident.state is not IncidentState.FIRING or incident.key.cause is not key.cause:
        return False
    match key.scope:
        case Scope.NODE:
            return incident.nodes == (key.owner.name,)
        case Scope.IMAGE:
            return incident.latest.image == key.owner.name
        case Scope.WORKLOAD:
            return incident.key.namespace == key.namespace
        case Scope.STORM:
            return False


def of_cron_job(incident: Incident, cron_job: Owner) -> IncidentKey | None:
    """The key of an incident of a Job that turns out to be this CronJob's; None where it changes nothing."""
    if incident.key.owner.kind != "Job" or incident.key.scope is not Scope.WORKLOAD:
        return None
    return replace(incident.key, owner=cron_job)


def main(incidents: Iterable[Incident]) -> Incident | None:
    """Which of the incidents that become one goes on: one that people see, the oldest of these."""
    return min(incidents, key=lambda each: (not each.shown, each.first_at), default=None)


def _shared(death: Death) -> IncidentKey | None:
    key = engine.key_of(death)
    if death.cause is Cause.IMAGE_PULL and death.image:
        return replace(key, namespace="", owner=Owner(kind="Image", name=death.image), scope=Scope.IMAGE)
    of_node = death.cause in NODES_AT_ONCE or (death.cause in NODE_CAUSES and not _its_own_doing(death))
    if of_node and death.node:
        return replace(key, namespace="", owner=Owner(kind="Node", name=death.node), scope=Scope.NODE)
    return None


def _its_own_doing(death: Death) -> bool:
    return death.cause is Cause.EVICTED and any(words in death.message for words in _OWN_LIMIT)


def _enough(shared: IncidentKey) -> int:
    if shared.scope is Scope.IMAGE:
        return WORKLOADS_OF_AN_IMAGE
    return 1 if shared.cause in NODES_AT_ONCE else WORKLOADS_OF_A_NODE


def _window(shared: IncidentKey) -> timedelta:
    return IMAGE_WITHIN if shared.scope is Scope.IMAGE else WITHIN
