"""Commands about incidents and silences, spelled as a person would type them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import assert_never

from bot.commands import names, silence_scopes
from bot.model import durations
from bot.model.incident_commands import (
    AcknowledgeIncident,
    Among,
    CreateSilence,
    DeleteDeadPod,
    EditSilence,
    EndSilence,
    ExportIncident,
    IncidentCommand,
    ListIncidents,
    ListSilences,
    ResolveIncident,
    RoutePod,
    ShowIncident,
    ShowRestarts,
    ShowStats,
    SilenceIncident,
    UnacknowledgeIncident,
)


def spelled(command: IncidentCommand) -> Iterator[str]:  # noqa: PLR0912 - a case for each command
    """The words of a command as a person would type them."""
    match command:
        case AcknowledgeIncident():
            yield from ("ack", command.incident, *_for(command.lasting))
        case UnacknowledgeIncident():
            yield from ("unack", command.incident)
        case SilenceIncident():
            yield from ("silence", command.incident, *_for(command.lasting))
            if command.until_resolved:
                yield "--until-resolved"
            yield from _because(command.reason)
        case EditSilence():
            yield from ("silence", command.silence, *_for(command.lasting), *_because(command.reason))
        case CreateSilence():
            yield from ("silence", *silence_scopes.spelled(command.scope), *_for(command.lasting))
            yield from _because(command.reason)
        case EndSilence():
            yield from ("unsilence", command.silence)
        case ListSilences():
            yield "silences"
        case ResolveIncident():
            yield from ("resolve", command.incident, *_because(command.reason))
            if command.force:
                yield "--force"
        case ListIncidents():
            yield from _list(command)
        case ShowIncident():
            yield from ("incident", command.incident)
        case ExportIncident():
            yield from ("export", command.incident, f"--output={command.form.value}")
        case ShowStats():
            yield from ("stats", *_within(command.namespace), *_since(command.since))
        case RoutePod():
            yield from ("route", names.spelled_pod(command.pod), "-n", command.namespace)
        case ShowRestarts():
            yield from ("restarts", command.incident)
        case DeleteDeadPod():
            yield from ("incident", command.incident)  # itself it is only ever pressed
        case _:
            assert_never(command)


def _list(command: ListIncidents) -> Iterator[str]:
    yield "incidents"
    if command.owner:
        yield command.owner
    yield from _within(command.namespace)
    if command.among is Among.RECENT:
        yield "--recent"
    yield from _since(command.since)


def _within(namespace: str) -> tuple[str, ...]:
    return ("-n", namespace) if namespace else ()


def _for(duration: timedelta | None) -> tuple[str, ...]:
    return () if duration is None else (f"--for={durations.spell(duration)}",)


def _since(duration: timedelta | None) -> tuple[str, ...]:
    return () if duration is None else (f"--since={durations.spell(duration)}",)


def _because(reason: str) -> tuple[str, ...]:
    return (f"--reason={reason}",) if reason else ()
