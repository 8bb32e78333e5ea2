"""What came of a recording, as text for people and as JSON for programs. Pure.

The text is the form of `tests/replays/*.expected` too: a line for each death, when it was told and of what,
then a line for each incident.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from bot.model.deaths import Death, signal_of
from bot.replay.play import Announced, Outcome


def text(outcome: Outcome) -> str:
    """Line by line; a recording of which nothing is announced says so."""
    if not outcome.deaths:
        return "nothing to announce\n"
    lines = [*map(_death, outcome.deaths), *map(_incident, outcome.incidents)]
    return "".join(f"{line}\n" for line in lines)


def _death(death: Death) -> str:
    parts = [f"{death.seen_at:%H:%M:%S}", death.cause.value, f"{death.namespace}/{death.pod}"]
    if death.id.container:
        parts.append(f"{death.id.container} #{death.id.restart}")
    if death.exit_code is not None:
        parts.append(f"exit {death.exit_code}")
    if death.unseen_before:
        parts.append(f"and {death.unseen_before} before it")
    if death.since_before_first_look:
        parts.append("since before the first look")
    return "death     " + "  ".join(parts)


def _incident(announced: Announced) -> str:
    incident = announced.incident
    key = incident.key
    extent = f"{_count(incident.deaths, 'death')} of {_count(len(incident.pods), 'pod')}"
    where = f" in {key.namespace}" if key.namespace else ""
    return f"incident  {incident.state.value}  {key.cause.value}  {key.owner}{where}  {extent}"


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def as_json(outcome: Outcome) -> str:
    """One document: `deaths` with the fields of `podbot incidents`, `incidents` with what was said last."""
    document = {
        "deaths": [_death_fields(each) for each in outcome.deaths],
        "incidents": [_incident_fields(each) for each in outcome.incidents],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _death_fields(death: Death) -> dict[str, object]:
    return {
        "cluster": death.id.cluster,
        "namespace": death.namespace,
        "pod": death.pod,
        "uid": death.id.uid,
        "container": death.id.container,
        "restart": death.id.restart,
        "cause": death.cause.value,
        "exit_code": death.exit_code,
        "signal": None if death.exit_code is None else signal_of(death.exit_code),
        "unseen_before": death.unseen_before,
        "finished_at": _moment(death.finished_at),
        "seen_at": _moment(death.seen_at),
    }


def _incident_fields(announced: Announced) -> dict[str, object]:
    incident = announced.incident
    return {
        "incident": incident.id,
        "state": incident.state.value,
        "cause": incident.key.cause.value,
        "namespace": incident.key.namespace,
        "workload": str(incident.key.owner),
        "deaths": incident.deaths,
        "pods": len(incident.pods),
        "first_at": _moment(incident.first_at),
        "last_at": _moment(incident.last_at),
        "text": announced.message.text,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
