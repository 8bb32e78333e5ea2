"""What every message of an incident has: its first line, its state in a line, provenance, metadata. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.model.deaths import Cause
from bot.model.durations import in_words
from bot.model.incidents import Incident, IncidentState, Scope, Severity
from bot.model.messages import Inline, Line, Link, Mention, Metadata, Moment, Text, bold, plain

EVENT_TYPE = "podbot_incident"
"""`event_type` of the metadata that every alert carries."""

REASON_SHOWN = 300
"""Characters of a person's reason."""

_STATE_WORDS = {
    IncidentState.RECOVERED: "Recovered",
    IncidentState.GONE: "Gone",
    IncidentState.CLOSED: "Closed",
    IncidentState.MERGED: "Part of another incident",
}
_NODE_WORDS = {Cause.NODE_LOST: "Node lost", Cause.NODE_SHUTDOWN: "Node shut down"}


def headline(incident: Incident) -> str:
    """What, where: `OOMKilled · web · shop · prod-eu`, `Node lost · node-3 · prod-eu`."""
    if incident.key.scope is Scope.STORM and incident.state.is_over:
        # It has no name of its own that would say what recovered; what a person closes may go on to fail.
        ended = "Storm closed" if incident.state is IncidentState.CLOSED else "Storm over"
        return " · ".join((ended, *where(incident)))
    return " · ".join((_ended(incident) or what(incident), *where(incident)))


def _ended(incident: Incident) -> str | None:
    unwatched = incident.ending is not None and incident.ending.unwatched
    return "Not watched any more" if unwatched else _STATE_WORDS.get(incident.state)


def what(incident: Incident) -> str:
    """What happened, in a word or two."""
    match incident.key.scope:
        case Scope.STORM:
            return "Storm of incidents"
        case Scope.NODE:
            return _NODE_WORDS.get(incident.key.cause, incident.key.cause.value)
        case Scope.IMAGE | Scope.WORKLOAD:
            return incident.key.cause.value


def where(incident: Incident) -> tuple[str, ...]:
    """The workload, its namespace and cluster; or what several workloads have in common."""
    key = incident.key
    match key.scope:
        case Scope.STORM:
            return (key.cluster,)
        case Scope.NODE | Scope.IMAGE:
            return (key.owner.name, key.cluster)
        case Scope.WORKLOAD:
            return (key.owner.name, key.namespace, key.cluster)


def first_line(incident: Incident) -> Line:
    """The headline with its light, and who has it."""
    held = incident.acknowledged
    has: Line = ()
    if held is not None and incident.state is IncidentState.FIRING:
        has = (Text("   "), Mention(held.by), Text(" has it since "), Moment(held.at))
    return (Text(f"{light(incident)} "), bold(headline(incident)), *has)


def light(incident: Incident) -> str:
    """The one emoji; the words beside it say the same."""
    match incident.state:
        case IncidentState.RECOVERED:
            return "🟢"
        case IncidentState.GONE | IncidentState.CLOSED | IncidentState.MERGED:
            return "⚪"
        case IncidentState.FIRING if incident.silenced is not None:
            return "⚪"
        case IncidentState.FIRING if incident.acknowledged is not None:
            return "🟡"
        case IncidentState.FIRING:
            return "🔴" if incident.severity is Severity.PAGE else "🟡"


def state_in_words(incident: Incident) -> str:
    """What the notification says of who deals with it; people are named in the blocks."""
    if incident.silenced is not None:
        return " · silenced"
    return " · acknowledged" if incident.acknowledged is not None else ""


def state_lines(incident: Incident) -> Iterator[Line]:
    """What people did about an open incident, and what becomes of it just now."""
    silence = incident.silenced
    if silence is not None:
        until: tuple[Inline, ...] = (Text("Silenced until "), Moment(silence.until, with_date=True))
        if silence.until_resolved:
            until = (Text("Silenced until resolved, at most until "), Moment(silence.until, with_date=True))
        yield (*until, Text(" by "), Mention(silence.by), *reason(silence.reason))
    if incident.recovering_since is not None:
        after = incident.recovered_after
        then = f"; called recovered after {in_words(after)}" if after is not None else ""
        yield (Text("Ready again since "), Moment(incident.recovering_since), Text(then))
    gap = incident.unwatched
    if gap is not None:
        who = "1 death" if gap.deaths == 1 else f"{gap.deaths} deaths"
        yield (
            Text(f"{who} while podbot was not watching, "),
            Moment(gap.since),
            Text("\N{EN DASH}"),
            Moment(gap.until),
        )


def times(incident: Incident) -> Line:
    """When it began, and when it last went on."""
    first, last = incident.first_at, incident.last_at
    if reads_alike(first, last):
        return (Moment(last),)
    return (Text("first "), Moment(first), Text(", last "), Moment(last))


def reads_alike(one: datetime, other: datetime) -> bool:
    """Whether two moments look the same to a reader, who sees hours and minutes."""
    return one.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)


def reason(words: str) -> Line:
    """Why somebody did it, in their words, after what they did."""
    short = words if len(words) <= REASON_SHOWN else words[:REASON_SHOWN] + "…"
    return plain(f": {' '.join(short.split())}") if short.strip() else ()


def provenance(incident: Incident, route: str = "", runbook: str = "", owned_by: str = "") -> Line:
    """The quiet line at the end."""
    key = incident.key
    if key.scope is Scope.STORM:
        route = runbook = ""  # its incidents have come by several, and this is the first one's
    words = [f"incident {incident.id}"]
    if key.scope is Scope.WORKLOAD:
        words += [f"{key.owner} in {key.namespace}", *([f"owned by {owned_by}"] if owned_by else [])]
    words += [f"route {route}"] if route else []
    link: Line = (Text(" · "), Link(runbook, "runbook")) if runbook else ()
    return (Text(" · ".join(words)), *link)


def metadata(incident: Incident) -> Metadata:
    """What machines read. The deaths of a merged incident are counted by the one that it is part of."""
    return Metadata(
        event_type=EVENT_TYPE,
        payload={
            "incident": incident.id,
            "state": incident.state.value,
            "deaths": 0 if incident.state is IncidentState.MERGED else incident.deaths,
            "revision": incident.revision,
        },
    )
