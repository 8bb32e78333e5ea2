"""What came of a recording, as text for people and as JSON for programs. Pure.

The text is the form of `tests/replays/*.expected` too: a line for each death, when it was told and of what,
then a line for each incident.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from bot.incidents import background
from bot.model.deaths import Death, signal_of
from bot.model.incidents import Incident
from bot.model.messages import Context, Message, Paragraph, Preformatted, spoken
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
    lines = [f"incident  {incident.state.value}  {key.cause.value}  {key.owner}{where}  {extent}"]
    return "\n          ".join(lines + list(_around(incident)))


def _around(incident: Incident) -> Iterator[str]:
    """How many pods are Ready, where it was counted, and what was rolled out."""
    seen = incident.situation
    if seen is not None and seen.headcount is not None and not seen.outdated:
        yield f"{seen.headcount.ready} of {seen.headcount.desired} Ready"
    for change in incident.chapters:
        yield f"{change.at:%H:%M:%S}  {spoken(background.chapter(change))}"


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def as_json(outcome: Outcome) -> str:
    """One document: `deaths` as `podbot incidents` has them, `incidents` with all that was said of them."""
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
        "message": _lines(announced.message),
        "thread": [{"at": _moment(each.at), "message": _lines(each.message)} for each in announced.thread],
    }


def _lines(message: Message) -> list[str]:
    """A message as it is read, line by line; buttons say nothing here."""
    lines: list[str] = []
    for block in message.blocks:
        match block:
            case Paragraph():
                lines += map(spoken, block.lines)
            case Preformatted():
                lines += block.text.splitlines()
            case Context():
                lines.append(spoken(block.line))
    return lines or [message.text]


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
