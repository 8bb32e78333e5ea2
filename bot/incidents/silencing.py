"""What silences cover, what breaks through, and what they kept back. Pure.

A silence that names no cause covers those that were firing within its scope when it was asked for, for that
is what its author knew; it covers all where nothing was firing, which is how one asks for a maintenance
window. Another cause is news and is told, and so is what matters more than the silence was meant for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from bot.incidents import engine
from bot.model.deaths import Cause, Death
from bot.model.incidents import Incident, IncidentId, IncidentState, Scope, Severity, SilencedBy, SilenceId
from bot.model.people import UserId
from bot.model.pods import ClusterName, Owner
from bot.model.silences import LONGEST, MOST_COUNTED, Silence, SilenceScope


def created(
    identity: SilenceId,
    scope: SilenceScope,
    lasting: timedelta,
    author: UserId,
    now: datetime,
    *,
    reason: str = "",
    open_ones: Iterable[Incident] = (),
) -> Silence:
    """A silence as a person asks for it; `open_ones` are the cluster's open incidents.

    Raises ValueError where it would take in everything, or where it has no duration.
    """
    if scope.is_empty:
        raise ValueError("a silence names a cluster, a namespace, a workload, a pod or a cause")
    if lasting <= timedelta():
        raise ValueError("a silence needs a duration")
    firing = [each for each in open_ones if not each.state.is_over and _takes(scope, each)]
    return Silence(
        id=identity,
        scope=scope,
        author=author,
        reason=reason,
        created_at=now,
        until=now + min(lasting, LONGEST),
        known=frozenset() if scope.cause else frozenset(each.key.cause for each in firing),
    )


def of_incident(
    identity: SilenceId,
    incident: Incident,
    lasting: timedelta | None,
    author: UserId,
    now: datetime,
    *,
    reason: str = "",
) -> Silence:
    """The silence that an incident's button asks for; until it is resolved where `lasting` is None."""
    key = incident.key
    workload = key.scope is Scope.WORKLOAD
    bound = lasting is None or not workload
    return Silence(
        id=identity,
        scope=SilenceScope(
            cluster=exactly(key.cluster),
            namespace=exactly(key.namespace),
            owner=exactly(str(key.owner)) if workload else "",
            cause=key.cause.value,
        ),
        author=author,
        reason=reason,
        created_at=now,
        until=now + min(lasting or LONGEST, LONGEST),
        incident=incident.id if bound else None,
        came_back=incident.reopened if bound else None,
        severity=incident.severity,
    )


def covers(silence: Silence, death: Death, severity: Severity, now: datetime) -> bool:
    """Whether a death that opens an incident, or goes into one, is to be silent by this silence's scope."""
    return (
        silence.lasts(now)
        and silence.incident is None
        and not severity.worse_than(silence.severity)
        and _covers_cause(silence, death.cause)
        and _matches(silence.scope, death.id.cluster, death.namespace, death.owner)
        and _like(death.pod, silence.scope.pod)
    )


def over(
    silences: Iterable[Silence],
    death: Death,
    now: datetime,
    *,
    incident: Incident | None = None,
) -> SilencedBy | None:
    """What silences a death, if anything: the silence that lasts longest. `incident`: the one it goes into.

    A silence that is bound to that incident covers all that goes into it: a group's or a storm's, too.
    """
    severity = engine.severity_of(death)
    if incident is not None and incident.severity.worse_than(severity):
        severity = incident.severity
    held = incident.silenced if incident is not None and not incident.state.is_over else None
    covering = [
        each
        for each in silences
        if covers(each, death, severity, now)
        or (
            incident is not None
            and each.incident == incident.id
            and not outlived(each, incident)
            and held is not None
            and each.lasts(now)
            and not severity.worse_than(each.severity)
        )
    ]
    longest = max(covering, key=lambda each: each.until, default=None)
    return None if longest is None else as_held(longest)


def covers_incident(silence: Silence, incident: Incident, now: datetime) -> bool:
    """Whether a silence that was just asked for takes in an incident that is open already: all of it."""
    if incident.state.is_over or not silence.lasts(now) or incident.severity.worse_than(silence.severity):
        return False
    if silence.incident is not None:
        return silence.incident == incident.id and not outlived(silence, incident)
    if silence.scope.pod and len(incident.pods) > 1:
        return False
    return (
        all(_covers_cause(silence, each.cause) for each in incident.workloads)
        and _covers_cause(silence, incident.key.cause)
        and _takes(silence.scope, incident)
    )


def longest(silences: Iterable[Silence], incident: Incident, now: datetime) -> Silence | None:
    """Of those that cover an open incident the one that lasts longest; of several, the one that it is under.

    That one goes on covering it as long as it lasts: what it does not take in has broken through.
    """
    under = incident.silenced.silence if incident.silenced is not None else None
    covering = [
        each
        for each in silences
        if covers_incident(each, incident, now)
        or (each.id == under and each.lasts(now) and not incident.severity.worse_than(each.severity))
    ]
    return max(covering, key=lambda each: (each.until, each.id == under), default=None)


def outlived(silence: Silence, incident: Incident) -> bool:
    """Whether a silence until this incident is over was asked for before it last was, as it has come back."""
    return silence.incident == incident.id and silence.came_back not in {None, incident.reopened}


def outlasted(silence: Silence, under: SilencedBy | None) -> bool:
    """Whether an incident is under another silence that lasts as long at least: then that one holds."""
    return under is not None and under.silence != silence.id and under.until >= silence.until


def as_held(silence: Silence) -> SilencedBy:
    """The silence as an incident remembers it."""
    return SilencedBy(
        silence=silence.id,
        by=silence.author,
        since=silence.created_at,
        until=silence.until,
        until_resolved=silence.incident is not None,
        reason=silence.reason,
        severity=silence.severity,
    )


def concerns(silence: Silence, cluster: ClusterName) -> bool:
    """Whether something of this cluster may be silent because of it."""
    return _like(cluster, silence.scope.cluster)


def counted(silence: Silence, deaths: Mapping[IncidentId, int]) -> Silence:
    """The silence with deaths that it kept back, by incident: 0 where an open one just fell silent.

    Below 0: so many are another's to tell, as the incident has come under that one.
    """
    incidents = silence.incidents
    for identity in deaths:
        if len(incidents) < MOST_COUNTED:
            incidents = incidents | {identity}
    return replace(silence, incidents=incidents, deaths=max(silence.deaths + sum(deaths.values()), 0))


def edited(silence: Silence, now: datetime, *, lasting: timedelta | None = None, reason: str = "") -> Silence:
    """The silence with another end, counted from now, or another reason; what is over stays as it is."""
    if not silence.lasts(now):
        return silence
    until = silence.until if lasting is None else now + min(lasting, LONGEST)
    return replace(silence, until=until, reason=reason or silence.reason)


def ended(silence: Silence, now: datetime, by: UserId | None = None) -> Silence:
    """The silence as over, by a person or by itself; what is over already stays as it is."""
    return silence if silence.ended_at is not None else replace(silence, ended_at=now, ended_by=by)


def is_due(silence: Silence, incident: Incident | None, now: datetime) -> bool:
    """Whether a silence is to be `ended`: its time is up, or its incident is over or not there any more."""
    if silence.ended_at is not None:
        return False
    if now >= silence.until:
        return True
    if silence.incident is None or (incident is not None and incident.id != silence.incident):
        return False
    return incident is None or incident.state.is_over or outlived(silence, incident)


def still_firing(silence: Silence, incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Of what it kept back, what fires still: told once it ends."""
    return tuple(
        each for each in incidents if each.id in silence.incidents and each.state is IncidentState.FIRING
    )


def is_of_one(silence: Silence) -> bool:
    """Whether it was for a single incident: until that is over, or for one cause of one workload."""
    if silence.incident is not None:
        return True
    return bool(silence.scope.owner and silence.scope.cause) and len(silence.incidents) == 1


def _takes(scope: SilenceScope, incident: Incident) -> bool:
    return (
        all(
            _matches(scope, incident.key.cluster, each.namespace, each.owner)
            for each in incident.workloads
            if each.told_in is None
        )
        and _like(incident.key.cause.value, scope.cause)
        and _like(incident.latest.pod, scope.pod)
    )


def _covers_cause(silence: Silence, cause: Cause) -> bool:
    if silence.scope.cause:
        return _like(cause.value, silence.scope.cause)
    return not silence.known or cause in silence.known


def _matches(scope: SilenceScope, cluster: str, namespace: str, owner: Owner) -> bool:
    return (
        _like(cluster, scope.cluster)
        and _like(namespace, scope.namespace)
        and (_like(str(owner), scope.owner) or _like(owner.name, scope.owner))
    )


def _like(text: str, pattern: str) -> bool:
    """Whether a text is what a scope says: exactly, or as a glob; capitals do not count in a cause's name."""
    return not pattern or fnmatchcase(text.lower(), pattern.lower())


def exactly(text: str) -> str:
    """A pattern that takes this text alone."""
    return "".join(f"[{each}]" if each in "*?[" else each for each in text)
