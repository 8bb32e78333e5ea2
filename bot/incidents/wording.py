"""What is said of incidents, as letters: their own message, the entries of its thread, and who is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from bot import logs
from bot.incidents import announce, elsewhere, story
from bot.incidents.effects import CallRoute, Effect, Mention, Page, SecondChannel, Show, Tell
from bot.incidents.held import Held
from bot.incidents.paging import page_letter
from bot.model.incidents import Incident, IncidentId, IncidentState, Severity
from bot.model.letters import Letter, LetterKey, Urgency
from bot.model.messages import Message
from bot.model.people import ChannelId

log = logs.get(__name__)


def key_of(incident: Incident) -> LetterKey:
    """The key of an incident's first message, in whose thread its story is told."""
    return _key(incident.id)


def _key(identity: IncidentId) -> LetterKey:
    return LetterKey(f"incident/{identity}")


def incident_of(key: LetterKey) -> IncidentId | None:
    """The incident that a letter is about; None where it is about none."""
    kind, _, rest = key.partition("/")
    return IncidentId(rest.partition("/")[0]) if kind == "incident" else None


def no_link(_key: LetterKey) -> str:
    """Where nobody knows where a message stands."""
    return ""


def own_letters(
    held: Held,
    now: datetime,
    *,
    unsaved: bool,
    link: Callable[[LetterKey], str] = no_link,
    groups: Sequence[Incident] = (),
) -> Sequence[Letter]:
    """The incident's message in each channel of its route, and what the second ones have, as it stands.

    `unsaved` marks it; `link` gives the address of a letter that Slack has; `groups` are those of a storm's
    incidents that are about a node or an image.
    """
    incident = held.incident
    if not incident.shown or not held.route.channels:
        return ()
    message = _message(held, unsaved=unsaved, link=link, groups=groups)
    told = [
        replace(_own(held, key, channel, message, now), incident=incident.id)
        for key, channel in _places(held)
    ]
    second = [each for each in incident.attention.channels if each not in held.route.channels]
    if second:
        message = _worded(incident, lambda: elsewhere.message(incident, link(key_of(incident))))
        told += [_own(held, _second_key(incident, each), each, message, now) for each in second]
    return told


def _own(held: Held, key: LetterKey, channel: ChannelId, message: Message, now: datetime) -> Letter:
    incident = held.incident
    return Letter(
        key=key,
        cluster=incident.key.cluster,
        channel=channel,
        message=message,
        revision=incident.revision,
        urgency=_urgency(incident),
        created_at=min(incident.first_at, now),
        awaited=held.is_awaited(now),
        edit_only=incident.state is IncidentState.MERGED,
        final=held.final,
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
        case CallRoute(spell=spell, again=again):
            yield from _call_of_route(held, f"call/route/{spell}", now, again=again)
        case SecondChannel(step=step, channel=channel, again=again):
            if again or channel in held.route.channels:
                yield _there_again(held, step, channel, now)
        case Page():
            text = _message(held, unsaved=False).text
            yield page_letter(incident, effect, now, text=text, runbook=held.route.runbook)
        case Show() | Tell():
            return


def call_at_opening(held: Held, now: datetime) -> Iterator[Letter]:
    """The mention of those whom the route calls at once."""
    if held.incident.shown and held.route.channels:
        yield from _call_of_route(held, "call/route", now)


def _call_of_route(held: Held, name: str, now: datetime, *, again: bool = False) -> Iterator[Letter]:
    route = held.route
    if route.groups or route.people:
        message = story.called_by_route(held.incident, route.groups, route.people, again=again)
        yield _in_thread(held, name, message, now, urgency=Urgency.CRITICAL)


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


def _second_key(incident: Incident, channel: ChannelId) -> LetterKey:
    return LetterKey(f"{key_of(incident)}/second/{channel}")


def _there_again(held: Held, step: str, channel: ChannelId, at: datetime) -> Letter:
    """A call in a channel that has a message of the incident already."""
    incident = held.incident
    there = {channel: key for key, channel in _places(held)}.get(channel) or _second_key(incident, channel)
    return Letter(
        key=LetterKey(f"{key_of(incident)}/call/{step}/in/{channel}"),
        cluster=incident.key.cluster,
        channel=channel,
        message=story.call(incident, (), (), at),
        revision=1,
        urgency=Urgency.CRITICAL,
        thread=there,
        broadcast=True,
        created_at=at,
        final=True,
    )


def _urgency(incident: Incident) -> Urgency:
    pages = incident.state is IncidentState.FIRING and incident.severity is Severity.PAGE
    return Urgency.CRITICAL if pages else Urgency.NORMAL


def _message(
    held: Held,
    *,
    unsaved: bool,
    link: Callable[[LetterKey], str] = no_link,
    groups: Sequence[Incident] = (),
) -> Message:
    incident, route = held.incident, held.route
    return _worded(
        incident,
        lambda: announce.message(
            incident,
            unsaved=unsaved,
            route=route.name,
            runbook=route.runbook,
            owned_by=route.owner,
            link=lambda identity: link(_key(identity)),
            groups=groups,
        ),
    )


def _worded(incident: Incident, words: Callable[[], Message]) -> Message:
    try:
        return words()
    except Exception:
        # A death that we cannot put into words must not silence those that come after it.
        log.exception("incident_without_words", incident=incident.id)
        return announce.bare(incident)
