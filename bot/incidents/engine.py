"""The incident engine: a reducer. `(incident, input) -> incident`; no clock, no I/O.

Inputs are deaths (`opened`, `with_death`, `corrected`), what was found out about them (`with_evidence`), and
what became of the workload (`recovered`, `gone`, `escalated`), which `recovery` judges.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.model.deaths import Death
from bot.model.incidents import (
    Ending,
    Evidence,
    Incident,
    IncidentId,
    IncidentKey,
    IncidentState,
    Severity,
)

FOLDS_FOR = timedelta(hours=1)
"""A death this long after the last one opens a new incident: the old message has scrolled away by then.

The old incident is not called over by that: quiet is not recovery.
"""

REOPENS_FOR = timedelta(minutes=30)
"""A death so soon after a recovery reopens the incident instead of opening another.

What flaps would otherwise write a message every few minutes, each soon followed by its own "recovered". Later
than this it is a new story, and an edit to a message that was green for half an hour would not be noticed.
"""

MOST_NODES = 20


def key_of(death: Death) -> IncidentKey:
    """Which incident a death belongs to."""
    return IncidentKey(
        cluster=death.id.cluster, namespace=death.namespace, owner=death.owner, cause=death.cause
    )


def folds(incident: Incident, death: Death) -> bool:
    """Whether a death of the same key goes into this incident rather than into a new one."""
    if incident.ending is not None:
        return _moment(death) - incident.ending.since < REOPENS_FOR
    return _moment(death) - incident.last_at < FOLDS_FOR


def opened(identity: IncidentId, death: Death) -> Incident:
    """A new incident with its first death."""
    moment = _moment(death)
    return Incident(
        id=identity,
        key=key_of(death),
        state=IncidentState.FIRING,
        severity=severity_of(death),
        deaths=1 + death.unseen_before,
        pods=frozenset({death.id.uid}),
        nodes=(death.node,) if death.node else (),
        first_at=moment,
        last_at=moment,
        latest=death,
    )


def severity_of(death: Death) -> Severity:
    """A Job tries again by itself: its pods matter little until it gives up, which `escalated` tells."""
    return Severity.MINOR if death.owner.kind == "Job" else Severity.PAGE


def with_death(incident: Incident, death: Death) -> Incident:
    """The incident with one more death; those that nobody saw count, too. It is open again if it was over."""
    moment = _moment(death)
    nodes = incident.nodes
    if death.node and death.node not in nodes and len(nodes) < MOST_NODES:
        nodes = (*nodes, death.node)
    return replace(
        incident,
        state=IncidentState.FIRING,
        ending=None,
        reopened=incident.reopened + (1 if incident.state.is_over else 0),
        deaths=incident.deaths + 1 + death.unseen_before,
        pods=incident.pods | {death.id.uid},
        nodes=nodes,
        first_at=min(incident.first_at, moment),
        last_at=max(incident.last_at, moment),
        latest=death if moment >= incident.last_at else incident.latest,
        revision=incident.revision + 1,
    )


def corrected(incident: Incident, death: Death) -> Incident:
    """The incident with the cause of its latest death put right, as it became known late.

    The incident's own cause moves along where that death is all there is to it; among others of the old cause
    only its words change. Nothing is counted again.
    """
    if incident.latest.id != death.id or incident.latest == death:
        return incident
    alone = incident.deaths == 1 + death.unseen_before
    return replace(
        incident,
        key=key_of(death) if alone else incident.key,
        latest=death,
        revision=incident.revision + 1,
    )


def with_evidence(incident: Incident, evidence: Evidence) -> Incident:
    """The incident with what was found out; what was found of an older death does not replace newer."""
    held = incident.evidence
    if held is not None and _moment(held.death) > _moment(evidence.death):
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


def _ended(incident: Incident, state: IncidentState, ending: Ending) -> Incident:
    if incident.state.is_over:
        return incident
    return replace(incident, state=state, ending=ending, revision=incident.revision + 1)


def _moment(death: Death) -> datetime:
    """When it happened as far as is known. What is stuck happens when it is seen."""
    return death.finished_at or death.seen_at
