"""How an incident that is over is told: how it ended, how long it lasted, what it was. Pure.

What is said of one that is open is in `announce`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incidents import advice, background, group_words, headline
from bot.model.durations import in_words
from bot.model.incidents import Incident, IncidentState, Scope
from bot.model.messages import Block, Line, Mention, Moment, Paragraph, Text, plain


def blocks(incident: Incident) -> tuple[str, tuple[Block, ...]]:
    """The notification and the message: how it ended, how long it lasted, and what it was."""
    head = headline.headline(incident)
    counts = [*_lasted(incident), _deaths(incident), *came_back(incident)]
    if incident.state is IncidentState.MERGED:
        counts = [f"{_deaths(incident)} counted there"]
    held = incident.acknowledged
    had: Line = (Text(" · "), Mention(held.by)) if held is not None else ()
    before = was(incident)
    return f"{head} · {_how(incident)}{' · '.join(counts)} · {before}", (
        Paragraph(
            lines=(
                headline.first_line(incident),
                (*ended(incident), Text(f" · {' · '.join(counts)}"), *had),
                plain(before),
                *background.lines_of_change(incident),
                *background.chapters(incident),
            )
        ),
    )


def ended(incident: Incident) -> Line:
    """How it ended, and since when that is so."""
    ending = incident.ending
    if ending is None:
        return ()
    if incident.state is IncidentState.CLOSED:
        failing = " while still failing" if ending.still_failing else ""
        by: Line = (Text(" by "), Mention(ending.by)) if ending.by is not None else ()
        why = headline.reason(ending.words)
        return (Text("Closed"), *by, Text(f"{failing} at "), Moment(ending.since), *why)
    joined = " · " if incident.state is IncidentState.GONE else " since "
    return (Text(ending.words + joined), Moment(ending.since))


def was(incident: Incident) -> str:
    """What it was, of one that is over."""
    if incident.key.scope is Scope.STORM:
        return f"Was {group_words.extent(incident)}"  # of which workloads, its thread says
    if incident.key.scope is Scope.WORKLOAD:
        return f"Was {headline.what(incident)}: {advice.ended(incident)}"
    extent, workloads = group_words.extent(incident), group_words.in_short(incident)
    return f"Was {headline.what(incident)}: {extent} · {workloads}"


def came_back(incident: Incident) -> list[str]:
    """How often it was over before."""
    return [f"came back {advice.times(incident.reopened)}"] if incident.reopened else []


def _lasted(incident: Incident) -> list[str]:
    """How long, where anybody knows."""
    ending = incident.ending
    if ending is None or ending.unwatched:
        return []
    return [f"lasted {in_words(max(ending.since - _began(incident), timedelta()))}"]


def _how(incident: Incident) -> str:
    """How it ended, for the notification."""
    ending = incident.ending
    if ending is None:
        return ""
    if incident.state is IncidentState.CLOSED:
        return (
            "closed by a person while still failing · " if ending.still_failing else "closed by a person · "
        )
    return f"{ending.words} · "


def _began(incident: Incident) -> datetime:
    """When it began; what is stuck was so before it was told."""
    began = incident.latest.started_at if incident.key.cause.is_stuck else None
    return min(incident.first_at, began) if began is not None else incident.first_at


def _deaths(incident: Incident) -> str:
    if incident.key.cause.is_stuck:
        return "1 pod" if len(incident.pods) == 1 else f"{len(incident.pods)} pods"
    return "1 death" if incident.deaths == 1 else f"{incident.deaths} deaths"
