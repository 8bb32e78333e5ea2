"""What is said of incidents, as letters: their own message, the entries of its thread, and who is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot import logs
from bot.incidents import announce, story
from bot.incidents.effects import Effect, Mention, Page, SecondChannel, Show, Tell
from bot.incidents.held import Held
from bot.incidents.paging import page_letter
from bot.model.incidents import Incident, IncidentState, Severity
from bot.model.letters import Letter, LetterKey, Urgency
from bot.model.messages import Message
from bot.model.people import ChannelId

log = logs.get(__name__)


def key_of(incident: Incident) -> LetterKey:
    """The key of an incident's first message, in whose thread its story is told."""
    return LetterKey(f"incident/{incident.id}")


def own_letters(held: Held, now: datetime, *, unsaved: bool) -> Sequence[Letter]:
    """The incident's message in each channel of its route, as it stands; `unsaved` marks it."""
    incident = held.incident
    if not incident.shown or not held.route.channels:
        return ()
    message = _message(held, unsaved=unsaved)
    return tuple(
        Letter(
            key=key,
            cluster=incident.key.cluster,
            channel=channel,
            message=message,
            revision=incident.revision,
            urgency=_urgency(incident),
            incident=incident.id,
            created_at=now,
            edit_only=incident.state is IncidentState.MERGED,
            final=held.final,
        )
        for key, channel in _places(held)
    )


def letters_of(held: Held, effect: Effect, now: datetime) -> Iterator[Letter]:
    """What an effect has said beside the incident's own message."""
    incident = held.incident
    if not held.route.channels:
        return
    match effect:
        case Tell(entry=entry) if entry.aloud:
            yield _in_thread(
                held,
                f"story/{entry.number}",
                story.message(entry, incident),
                entry.at,
                urgency=Urgency.QUIET,
                broadcast=entry.broadcast,
            )
        case Mention(step=step, groups=groups, people=people):
            called = story.call(incident, groups, people, now)
            yield _in_thread(held, f"call/{step}", called, now, urgency=Urgency.CRITICAL)
        case SecondChannel(step=step, channel=channel):
            yield _once(held, f"second/{step}", channel, story.elsewhere(incident, now), now)
        case Page():
            text = _message(held, unsaved=False).text
            yield page_letter(incident, effect, now, text=text, runbook=held.route.runbook)
        case Show() | Tell():
            return


def call_at_opening(held: Held, now: datetime) -> Iterator[Letter]:
    """The mention of those whom the route calls at once."""
    route = held.route
    if held.incident.shown and route.channels and (route.groups or route.people):
        message = story.called_by_route(held.incident, route.groups, route.people)
        yield _in_thread(held, "call/route", message, now, urgency=Urgency.CRITICAL)


def _places(held: Held) -> Iterator[tuple[LetterKey, ChannelId]]:
    first, *others = held.route.channels
    yield key_of(held.incident), first
    for channel in others:
        yield LetterKey(f"incident/{held.incident.id}/in/{channel}"), channel


def _in_thread(
    held: Held, name: str, message: Message, at: datetime, *, urgency: Urgency, broadcast: bool = False
) -> Letter:
    return Letter(
        key=LetterKey(f"{key_of(held.incident)}/{name}"),
        cluster=held.incident.key.cluster,
        channel=held.route.channels[0],
        message=message,
        revision=1,
        urgency=urgency,
        thread=key_of(held.incident),
        broadcast=broadcast,
        created_at=at,
        final=True,
    )


def _once(held: Held, name: str, channel: ChannelId, message: Message, at: datetime) -> Letter:
    return Letter(
        key=LetterKey(f"{key_of(held.incident)}/{name}"),
        cluster=held.incident.key.cluster,
        channel=channel,
        message=message,
        revision=1,
        urgency=Urgency.CRITICAL,
        created_at=at,
        final=True,
    )


def _urgency(incident: Incident) -> Urgency:
    pages = incident.state is IncidentState.FIRING and incident.severity is Severity.PAGE
    return Urgency.CRITICAL if pages else Urgency.NORMAL


def _message(held: Held, *, unsaved: bool) -> Message:
    try:
        return announce.message(
            held.incident, unsaved=unsaved, route=held.route.name, runbook=held.route.runbook
        )
    except Exception:
        # A death that we cannot put into words must not silence those that come after it.
        log.exception("incident_without_words", incident=held.incident.id)
        return announce.bare(held.incident)
