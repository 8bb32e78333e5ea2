"""What each input makes of an incident. `reducer` calls these and says what follows; no clock, no I/O.

Inputs are deaths (`opened`, `with_death`, `corrected`), what was found out about them (`with_evidence`), how
far they reach (`widened`, `absorbed`), and what became of them (`recovered`, `gone`, `closed`, `merged`).
What an incident counts beside its deaths is in `tally`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.incidents import tally
from bot.model.deaths import Death
from bot.model.incidents import (
    Ending,
    Evidence,
    Incident,
    IncidentId,
    IncidentKey,
    IncidentState,
    Scope,
    Severity,
)
from bot.model.pods import Owner

REOPENS_FOR = timedelta(minutes=30)
"""A death so soon after a recovery reopens the incident instead of opening another.

What flaps would otherwise write a message every few minutes, each soon followed by its own "recovered". Later
than this it is a new story, and an edit to a message that was green for half an hour would not be noticed.
"""

MOST_PODS = 5_000
"""Pods of one incident that are told apart: a Job that fails every minute makes a new one each time."""


def key_of(death: Death) -> IncidentKey:
    """Which incident a death belongs to."""
    return IncidentKey(
        cluster=death.id.cluster, namespace=death.namespace, owner=death.owner, cause=death.cause
    )


def is_closed(incident: Incident, now: datetime) -> bool:
    """Whether it is over for good: what dies from now on is another incident."""
    return incident.ending is not None and now - incident.ending.since >= REOPENS_FOR


def continues(incident: Incident, death: Death) -> bool:
    """Whether a death of the same key belongs to this incident rather than to a new one.

    To an open one always, however long ago the last was: quiet is no recovery, and two open messages about
    one thing would each be half true. That it died again after a long quiet is said in the thread.
    """
    if incident.state is IncidentState.MERGED:
        return False
    return incident.ending is None or moment_of(death) - incident.ending.since < REOPENS_FOR


def opened(identity: IncidentId, death: Death, key: IncidentKey | None = None) -> Incident:
    """A new incident with its first death; `key` where it is about more than the death's own workload."""
    moment = moment_of(death)
    return Incident(
        id=identity,
        key=key or key_of(death),
        state=IncidentState.FIRING,
        severity=severity_of(death),
        deaths=1 + death.unseen_before,
        pods=frozenset({death.id.uid}),
        nodes=(death.node,) if death.node else (),
        first_at=moment,
        last_at=moment,
        latest=death,
        exits=tally.with_exit((), death),
        workloads=tally.with_workload((), death, new_pod=True),
        unwatched=tally.with_unwatched(None, death),
    )


def severity_of(death: Death) -> Severity:
    """A Job tries again by itself: its pods matter little until it gives up, which `escalated` tells."""
    return severity_by_owner(death.owner)


def severity_by_owner(owner: Owner) -> Severity:
    """The severity of whatever pods of this workload die of."""
    return Severity.MINOR if owner.kind in {"Job", "CronJob"} else Severity.PAGE


def with_death(incident: Incident, death: Death) -> Incident:
    """The incident with one more death; those that nobody saw count, too. It is open again if it was over.

    It matters as much as the worst of what died: a Job's pod may be the first that is seen of a lost node.
    """
    moment = moment_of(death)
    new_pod = death.id.uid not in incident.pods and len(incident.pods) < MOST_PODS
    return replace(
        incident,
        state=IncidentState.FIRING,
        severity=_worse(severity_of(death), incident.severity),
        ending=None,
        part_of=None,
        recovering_since=None,
        recovered_after=None,
        situation=None,
        reopened=incident.reopened + (1 if incident.state.is_over else 0),
        deaths=incident.deaths + 1 + death.unseen_before,
        pods=incident.pods | {death.id.uid} if new_pod else incident.pods,
        nodes=tally.with_nodes(incident.nodes, (death.node,)),
        first_at=min(incident.first_at, moment),
        last_at=max(incident.last_at, moment),
        latest=death if moment >= incident.last_at else incident.latest,
        exits=tally.with_exit(incident.exits, death),
        workloads=tally.with_workload(incident.workloads, death, new_pod=new_pod),
        unwatched=tally.with_unwatched(incident.unwatched, death),
        revision=incident.revision + 1,
    )


def corrected(incident: Incident, death: Death) -> Incident:
    """The incident with the cause of its latest death put right, as it became known late.

    The incident's own cause moves along where that death is all there is to it; among others of the old cause
    only its words change. Nothing is counted again.
    """
    if incident.latest.id != death.id or incident.latest == death:
        return incident
    alone = incident.deaths == 1 + death.unseen_before and incident.key.scope is Scope.WORKLOAD
    return replace(
        incident,
        key=replace(incident.key, cause=death.cause) if alone else incident.key,
        workloads=tuple(replace(each, cause=death.cause) for each in incident.workloads)
        if alone
        else incident.workloads,
        latest=death,
        revision=incident.revision + 1,
    )


def with_evidence(incident: Incident, evidence: Evidence) -> Incident:
    """The incident with what was found out; what was found of an older death does not replace newer."""
    held = incident.evidence
    if held is not None and moment_of(held.death) > moment_of(evidence.death):
        return incident
    return replace(incident, evidence=evidence, revision=incident.revision + 1)


def escalated(incident: Incident, why: str) -> Incident:
    """The incident as one that pages, for a reason that is said."""
    if incident.severity is Severity.PAGE:
        return incident
    return replace(incident, severity=Severity.PAGE, escalated_for=why, revision=incident.revision + 1)


def recovered(incident: Incident, ending: Ending) -> Incident:
    """The incident as over because all is well."""
    return _ended(incident, IncidentState.RECOVERED, ending)


def gone(incident: Incident, ending: Ending) -> Incident:
    """The incident as over because what was broken is not there any more. That is no recovery."""
    return _ended(incident, IncidentState.GONE, ending)


def closed(incident: Incident, ending: Ending) -> Incident:
    """The incident as over because a person says so. That is no recovery either."""
    return _ended(incident, IncidentState.CLOSED, ending)


def merged(incident: Incident, into: IncidentId, now: datetime) -> Incident:
    """The incident as one that another tells of."""
    ending = Ending(since=now, words=f"told by incident {into}")
    return replace(_ended(incident, IncidentState.MERGED, ending), part_of=into)


def widened(incident: Incident, key: IncidentKey) -> Incident:
    """The incident under the key of what it is really about. A CronJob takes the place of its Jobs."""
    workloads = incident.workloads
    if key.scope is Scope.WORKLOAD:
        workloads = tally.with_workloads((), tuple(replace(each, owner=key.owner) for each in workloads))
    return replace(incident, key=key, workloads=workloads, situation=None, revision=incident.revision + 1)


def absorbed(incident: Incident, other: Incident) -> Incident:
    """The incident with all that another one counted, which must be merged into it in the same step."""
    theirs = other.workloads
    if incident.key.scope is Scope.WORKLOAD:
        theirs = tuple(replace(each, owner=incident.key.owner) for each in theirs)
    later = other if other.last_at > incident.last_at else incident
    return replace(
        incident,
        severity=_worse(other.severity, incident.severity),
        escalated_for=incident.escalated_for or other.escalated_for,
        deaths=incident.deaths + other.deaths,
        pods=incident.pods | other.pods,
        nodes=tally.with_nodes(incident.nodes, other.nodes),
        first_at=min(incident.first_at, other.first_at),
        last_at=max(incident.last_at, other.last_at),
        latest=later.latest,
        exits=tally.with_exits(incident.exits, other.exits),
        workloads=tally.with_workloads(incident.workloads, theirs),
        acknowledged=incident.acknowledged or other.acknowledged,
        situation=None,
        revision=incident.revision + 1,
    )


def _ended(incident: Incident, state: IncidentState, ending: Ending) -> Incident:
    if incident.state.is_over:
        return incident
    return replace(
        incident,
        state=state,
        ending=ending,
        recovering_since=None,
        recovered_after=None,
        situation=None,
        revision=incident.revision + 1,
    )


def _worse(one: Severity, other: Severity) -> Severity:
    return one if one.worse_than(other) else other


def moment_of(death: Death) -> datetime:
    """When it happened as far as is known. What is stuck happens when it is seen."""
    return death.finished_at or death.seen_at
