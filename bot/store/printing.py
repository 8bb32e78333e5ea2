"""What `podbot incidents` prints: for people, and for programs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from bot.model import durations
from bot.model.past import PastDeath, PastIncident


def as_json(incidents: Sequence[PastIncident]) -> str:
    """One document: `incidents`, each with all its `deaths`; moments are ISO 8601 in UTC."""
    document = {"incidents": incidents}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def as_text(incidents: Sequence[PastIncident], since: datetime) -> str:
    """An incident and its deaths, line by line; that there is none is said, too."""
    if not incidents:
        return f"no incidents since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC\n"
    return "\n".join("".join(f"{line}\n" for line in _lines(each)) for each in incidents)


def _lines(incident: PastIncident) -> list[str]:
    pods = len({death.uid for death in incident.deaths})
    head = [
        f"{incident.incident}  {incident.state.value}",
        incident.cause.value,
        f"{incident.owner} in {incident.namespace}, {incident.cluster}" if incident.namespace else "",
        f"{incident.owner}, {incident.cluster}" if not incident.namespace else "",
        f"{_count(incident.counted, 'death')} of {_count(pods, 'pod')}",
    ]
    return ["  ".join(part for part in head if part), *(f"  {_death(each)}" for each in incident.deaths)]


def _death(death: PastDeath) -> str:
    moment = death.finished_at or death.seen_at
    run = f"{death.container} #{death.restart}" if death.container else "the whole pod"
    parts = [f"{moment:%Y-%m-%d %H:%M:%S}", death.pod, run]
    parts.append(death.cause.value if death.cause else "seen by nobody, only counted")
    if death.exit_code is not None:
        parts.append(f"exit {death.exit_code}")
    parts.append(_announced(death))
    return "  ".join(parts)


def _announced(death: PastDeath) -> str:
    if death.announced_at is None:
        return "not announced"
    return f"announced {durations.in_words(death.announced_at - death.seen_at)} after it was seen"


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"
