"""Entries of an incident's story as messages of its thread, and what calls people. Pure.

Each is a line or two: the thread is read from top to bottom, by those who come late.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incidents import background, headline
from bot.model.durations import in_words
from bot.model.incidents import Incident, IncidentState
from bot.model.messages import (
    GroupMention,
    Inline,
    Line,
    Mention,
    Message,
    Moment,
    Paragraph,
    Text,
    bold,
    code,
    plain,
    spoken,
)
from bot.model.people import UsergroupId, UserId
from bot.model.silences import Silence
from bot.model.stories import StoryEntry, StoryKind

FIRING_SHOWN = 20
"""Incidents that still fire which are named when a silence ends."""

MOST_CALLED = 20
"""People and groups that one step mentions."""


def message(entry: StoryEntry, incident: Incident) -> Message:
    """An entry as it is said in the thread. Sent to the channel, too, it says which incident it is of."""
    line = words(entry)
    if entry.broadcast:
        line = (Text(f"{headline.headline(incident)}: "), *line)
    return _said(line)


def words(entry: StoryEntry) -> Line:  # noqa: PLR0912 - a case for each kind
    """An entry in one line; the export writes the same."""
    match entry.kind:
        case StoryKind.OPENED:
            return plain(f"Opened with {_deaths(entry.deaths)}")
        case StoryKind.DIED:
            return (Text(f"{_further(entry.deaths)}"), *_when(entry))
        case StoryKind.DIED_AGAIN:
            before = entry.first_at
            since: Line = (Text(", after a quiet since "), Moment(before, with_date=True)) if before else ()
            return (Text("Died again"), *since, Text("; it was never well meanwhile"))
        case StoryKind.REOPENED:
            return plain(f"It is back: {_further(entry.deaths)}")
        case StoryKind.CHAPTER:
            return background.chapter(entry.change) if entry.change else plain("A new revision")
        case StoryKind.ACKNOWLEDGED:
            return (*_by(entry), Text(" has it"), *_until(entry))
        case StoryKind.UNACKNOWLEDGED:
            return (*_by(entry), Text(" let go of it; it is nobody's now"))
        case StoryKind.LAPSED:
            return (Text("Nobody has it any more: what "), *_by(entry), Text(" acknowledged has lapsed"))
        case StoryKind.SILENCED:
            return (*_by(entry), Text(" silenced it"), *_until(entry), *headline.reason(entry.words))
        case StoryKind.SILENCE_ENDED:
            by: Line = (Text(" by "), *_by(entry)) if entry.by is not None else ()
            kept = f": {_deaths(entry.deaths)} not announced" if entry.deaths else ""
            return (Text("Its silence ended"), *by, Text(kept))
        case StoryKind.BROKE_THROUGH:
            return (Text("Heard again, in spite of its silence"), *headline.reason(entry.words))
        case StoryKind.NOW_PAGES:
            return (Text("It pages now"), *headline.reason(entry.words))
        case StoryKind.CALLED:
            return _called(entry)
        case StoryKind.WIDENED:
            return plain(f"It turned out to be about {entry.words}, and is told as that from now on")
        case StoryKind.TOOK_IN:
            return plain(f"Incident {entry.other} is part of it, with {_deaths(entry.deaths)}")
        case StoryKind.ENDED:
            return _ended(entry)
        case _:
            assert_never(entry.kind)


def call(
    incident: Incident, groups: tuple[UsergroupId, ...], people: tuple[UserId, ...], now: datetime
) -> Message:
    """What a step of the escalation says in the thread, to those it calls."""
    words = f"{headline.headline(incident)}: {_unattended(incident, now)}"
    return Message(text=words, blocks=(Paragraph(lines=((*_mentions(groups, people), Text(words)),)),))


def called_by_route(
    incident: Incident, groups: tuple[UsergroupId, ...], people: tuple[UserId, ...]
) -> Message:
    """The mention of those whom the incident's route calls as soon as it opens."""
    words = headline.headline(incident)
    return Message(text=words, blocks=(Paragraph(lines=((*_mentions(groups, people), Text(words)),)),))


def elsewhere(incident: Incident, now: datetime) -> Message:
    """What a second channel is told, which has not seen the incident."""
    words = f"{headline.headline(incident)}: {_unattended(incident, now)}"
    place: Line = (Text("It is told in another channel; all of it: "), code(f"/pods incident {incident.id}"))
    return Message(
        text=f"{words} · incident {incident.id}",
        blocks=(Paragraph(lines=((Text(f"{headline.light(incident)} "), bold(words)), place)),),
    )


def _mentions(groups: tuple[UsergroupId, ...], people: tuple[UserId, ...]) -> Line:
    called: list[Inline] = [GroupMention(each) for each in groups]
    called += [Mention(each) for each in people]
    return tuple(part for each in called[:MOST_CALLED] for part in (each, Text(" ")))


def _unattended(incident: Incident, now: datetime) -> str:
    since = incident.attention.unattended_since or now
    return f"nobody has had it for {in_words(now - since)}"


def silence_ended(
    silence: Silence, firing: tuple[Incident, ...], told: frozenset[str] = frozenset()
) -> Message:
    """What is said once a silence is over: what it kept back, and what is still broken.

    `told`: the ids of those that get a message of their own now.
    """
    kept = (
        f"{len(silence.incidents)} {'incident' if len(silence.incidents) == 1 else 'incidents'}, "
        f"{_deaths(silence.deaths)} {'was' if silence.deaths == 1 else 'were'} not announced"
    )
    if not silence.deaths:
        kept = "nothing happened meanwhile"
    still = f"; {len(firing)} still firing" if firing else ""
    text = f"Silence of {silence.scope} ended: {kept}{still}"
    by: Line = (Text(" (ended by "), Mention(silence.ended_by), Text(")")) if silence.ended_by else ()
    lines: list[Line] = [(Text(text), *by)]
    for each in firing[:FIRING_SHOWN]:
        now = ", told now" if each.id in told else ""
        lines.append(plain(f"{headline.light(each)} {headline.headline(each)} · incident {each.id}{now}"))
    if len(firing) > FIRING_SHOWN:
        lines.append(plain(f"and {len(firing) - FIRING_SHOWN} more"))
    return Message(text=text, blocks=(Paragraph(lines=tuple(lines)),))


def _ended(entry: StoryEntry) -> Line:
    ending = entry.ending
    if entry.state is IncidentState.MERGED or ending is None:
        return plain(f"Part of incident {entry.other}: it goes on there")
    since: Line = (Moment(ending.since),)
    match entry.state:
        case IncidentState.CLOSED:
            failing = " while it was still failing" if ending.still_failing else ""
            return (*_by(entry), Text(f" closed it{failing}"), *headline.reason(ending.words))
        case IncidentState.RECOVERED:
            return (Text(f"Recovered: {ending.words} since "), *since)
        case _:
            return (Text(f"Over: {ending.words}, "), *since)


def _called(entry: StoryEntry) -> Line:
    parts = [f"user group {each}" for each in entry.groups]
    parts += [f"channel {entry.channel}"] if entry.channel else []
    parts += [f"webhook {entry.webhook}"] if entry.webhook else []
    people: list[Inline] = []
    for each in entry.people[:MOST_CALLED]:
        people += [Text(" "), Mention(each)]
    return (Text("Called"), *people, Text(f" {', '.join(parts)}" if parts else ""))


def _when(entry: StoryEntry) -> Line:
    first, last = entry.first_at, entry.last_at
    if first is None or last is None:
        return ()
    if (last - first).total_seconds() < 1:
        return (Text(", "), Moment(first))
    lasted = Text(f" in {in_words(last - first)}, ")
    if headline.reads_alike(first, last):
        return (lasted, Moment(last))
    return (lasted, Moment(first), Text("\N{EN DASH}"), Moment(last))


def _until(entry: StoryEntry) -> Line:
    return (Text(" until "), Moment(entry.until, with_date=True)) if entry.until is not None else ()


def _by(entry: StoryEntry) -> Line:
    return (Mention(entry.by),) if entry.by is not None else plain("Somebody")


def _deaths(count: int) -> str:
    return "1 death" if count == 1 else f"{count} deaths"


def _further(count: int) -> str:
    return "1 further death" if count == 1 else f"{count} further deaths"


def _said(line: Line) -> Message:
    # A notification is read at once, so its times need no date.
    now = tuple(Moment(each.at) if isinstance(each, Moment) else each for each in line)
    return Message(text=spoken(now), blocks=(Paragraph(lines=(line,)),))
