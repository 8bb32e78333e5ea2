"""Rollouts while an incident is open: when to look for one, and what it tells. Pure.

A rollout, and a rollback more so, is the commonest end of an incident, and nothing dies of it. What shows it
is the pods that are there: another ReplicaSet of the Deployment brings one up, or that of the newest revision
has none left. Only then the API server is asked. Told are the incidents of a Deployment: what a node or an
image has in common with several workloads is not mended by one of them, and a storm's members have stories
of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from typing import TypeAlias

from bot.incidents.recovery import Workload
from bot.model.incidents import Circumstances, Incident, IncidentState, Scope
from bot.model.pods import OwnerReference, Pod, PodUid
from bot.model.revisions import (
    KnownRevision,
    Revision,
    RevisionChange,
    change_between,
    changes_after,
    is_later,
    is_made_anew,
)

CLOCKS_APART = timedelta(seconds=5)
"""The API server dates pods by its own clock; it is looked at once too often rather than never."""

Lineup: TypeAlias = Mapping[str, frozenset[PodUid]]
"""The pods of a Deployment by the UID of the ReplicaSet that they are of: those that are there to stay."""


def followed(incident: Incident) -> Workload | None:
    """The Deployment whose rollouts an incident tells of; None where it tells of none."""
    key = incident.key
    if incident.state is not IncidentState.FIRING or key.scope is not Scope.WORKLOAD:
        return None
    if key.owner.kind != "Deployment" or incident.evidence is None:
        return None
    return Workload(namespace=key.namespace, owner=key.owner)


def known(incident: Incident) -> KnownRevision | None:
    """The newest revision that an incident knows of: told as a chapter, or there at its latest evidence."""
    around = incident.evidence.circumstances if incident.evidence is not None else None
    changes = (*incident.chapters[-1:], *((around.change,) if around and around.change else ()))
    found = [_of_change(each) for each in changes]
    found += [around.newest] if around and around.newest else []
    return reduce(_later, found) if found else None


def least_knowing(incidents: Iterable[Incident]) -> Incident:
    """Of some of one Deployment, the one that knows of the fewest revisions: what it has not told is news.

    One that knows of none could not read them, and is no measure while another could.
    """
    return reduce(_less_knowing, incidents)


def pods_of(workloads: Iterable[Workload], pods: Iterable[Pod]) -> dict[Workload, list[Pod]]:
    """The pods of these workloads that are there to stay; one pass over all."""
    found: dict[Workload, list[Pod]] = {each: [] for each in workloads}
    namespaces = {each.namespace for each in found}
    for pod in pods:
        if pod.namespace not in namespaces or pod.terminating or pod.over:
            continue
        mine = found.get(Workload(namespace=pod.namespace, owner=pod.owner))
        if mine is not None:
            mine.append(pod)
    return found


def lineup(pods: Iterable[Pod]) -> Lineup:
    """The pods of one Deployment, by their ReplicaSets."""
    found: dict[str, set[PodUid]] = {}
    for pod in pods:
        if pod.controller is not None:
            found.setdefault(pod.controller.uid, set()).add(pod.uid)
    return {name: frozenset(uids) for name, uids in found.items()}


def lineup_known_to(incident: Incident, pods: Iterable[Pod]) -> Lineup:
    """What to compare a first look with, podbot's first one after a restart, too: how it was at the evidence.

    By then the newest revision had pods, or was to have some.
    """
    around = incident.evidence.circumstances if incident.evidence is not None else None
    newest = known(incident)
    if around is None or newest is None:
        return lineup(pods)
    before = around.read_at - CLOCKS_APART
    there = lineup(each for each in pods if _created(each, otherwise=before) < before)
    return {newest.replica_set_uid: frozenset(), **there}


def shows_in(now: Lineup, before: Lineup, newest: KnownRevision | None) -> bool:
    """Whether the pods look as if something was rolled out between two looks."""
    if newest is None:
        return bool(now.keys() - before.keys())
    there = frozenset[PodUid]().union(*before.values())
    comes = any(uids - there for each, uids in now.items() if each != newest.replica_set_uid)
    leaves = newest.replica_set_uid in before and newest.replica_set_uid not in now
    return comes or (leaves and bool(now))


def news(incident: Incident, revisions: tuple[Revision, ...]) -> tuple[RevisionChange, ...]:
    """The revisions that an incident does not know of, oldest first.

    Where it knows of none, because they could not be read when it opened: the newest, if it began since.
    """
    newest = known(incident)
    if newest is not None:
        return changes_after(revisions, newest)
    change = change_between(revisions)
    return (change,) if change is not None and change.at > incident.first_at else ()


def shown_by(around: Circumstances, before: KnownRevision | None) -> RevisionChange | None:
    """What was rolled out between two deaths, by the evidence of the second; `before`: known until then."""
    if before is None:
        return None
    if around.change is not None and is_later(around.change, before):
        return replace(around.change, made_anew=is_made_anew(around.change, before))
    newest = around.newest
    if newest is None or newest.created_at is None or not is_made_anew(newest, before):
        return None
    return RevisionChange(
        number=newest.number,
        replica_set=newest.replica_set,
        replica_set_uid=newest.replica_set_uid,
        deployment_at=newest.deployment_at,
        at=newest.created_at,
        made_anew=True,
        compared=False,
    )


def mended_by(incident: Incident) -> RevisionChange | None:
    """The revision after which an incident has recovered: rolled out while it was open, with no death since
    of a pod of it.
    """
    if not incident.chapters:
        return None
    change, controller = incident.chapters[-1], incident.latest.controller
    died_of_it = controller is None or _is_of(controller, change)
    return None if died_of_it and incident.last_at > change.at else change


def _is_of(replica_set: OwnerReference, change: RevisionChange) -> bool:
    """A Deployment that is made anew from the same template has a ReplicaSet of the same name again."""
    same_object = replica_set.uid == change.replica_set_uid or not change.replica_set_uid
    return replica_set.name == change.replica_set and same_object


def _of_change(change: RevisionChange) -> KnownRevision:
    return KnownRevision(
        number=change.number,
        replica_set=change.replica_set,
        replica_set_uid=change.replica_set_uid,
        created_at=change.at,
        deployment_at=change.deployment_at,
    )


def _later(one: KnownRevision, other: KnownRevision) -> KnownRevision:
    return other if is_later(other, one) else one


def _less_knowing(one: Incident, other: Incident) -> Incident:
    mine, theirs = known(one), known(other)
    if mine is None or theirs is None:
        return one if theirs is None else other
    return other if is_later(mine, theirs) else one


def _created(pod: Pod, *, otherwise: datetime) -> datetime:
    return pod.metadata.creation_timestamp or otherwise
