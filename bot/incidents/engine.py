"""The incident engine: a reducer. `(incident, input) -> incident`; no clock, no I/O."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.model.deaths import Death
from bot.model.incidents import Evidence, Incident, IncidentId, IncidentKey, IncidentState

FOLDS_FOR = timedelta(hours=1)
"""A death this long after the last one opens a new incident: the old message has scrolled away by then.

The old incident is not called over by that: quiet is not recovery.
"""

MOST_NODES = 20


def key_of(death: Death) -> IncidentKey:
    """Which incident a death belongs to."""
    return IncidentKey(
        cluster=death.id.cluster, namespace=death.namespace, owner=death.owner, cause=death.cause
    )


def folds(incident: Incident, death: Death) -> bool:
    """Whether a death of the same key goes into this incident rather than into a new one."""
    return _moment(death) - incident.last_at < FOLDS_FOR


def opened(identity: IncidentId, death: Death) -> Incident:
    """A new incident with its first death."""
    moment = _moment(death)
    return Incident(
        id=identity,
        key=key_of(death),
        state=IncidentState.FIRING,
        deaths=1 + death.unseen_before,
        pods=frozenset({death.id.uid}),
        nodes=(death.node,) if death.node else (),
        first_at=moment,
        last_at=moment,
        latest=death,
    )


def with_death(incident: Incident, death: Death) -> Incident:
    """The incident with one more death; those that nobody saw count, too."""
    moment = _moment(death)
    nodes = incident.nodes
    if death.node and death.node not in nodes and len(nodes) < MOST_NODES:
        nodes = (*nodes, death.node)
    return replace(
        incident,
        deaths=incident.deaths + 1 + death.unseen_before,
        pods=incident.pods | {death.id.uid},
        nodes=nodes,
        first_at=min(incident.first_at, moment),
        last_at=max(incident.last_at, moment),
        latest=death if moment >= incident.last_at else incident.latest,
        revision=incident.revision + 1,
    )


def with_evidence(incident: Incident, evidence: Evidence) -> Incident:
    """The incident with what was found out; what was found of an older death does not replace newer."""
    held = incident.evidence
    if held is not None and _moment(held.death) > _moment(evidence.death):
        return incident
    return replace(incident, evidence=evidence, revision=incident.revision + 1)


def _moment(death: Death) -> datetime:
    """When it happened as far as is known. What is stuck happens when it is seen."""
    return death.finished_at or death.seen_at
