"""Entries of an incident's story as messages of its thread, and what calls people. Pure.

Each is a line or two: the thread is read from top to bottom, by those who come late.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import assert_never

from msgspec import structs

from bot.incidents import background, group_words, headline
from bot.model.durations import in_words
from bot.model.incidents import Incident, IncidentId, IncidentState, Scope
from bot.model.messages import (
    ChannelMention,
    Context,
    GroupMention,
    Inline,
    Line,
    Mention,
    Message,
    Moment,
    Paragraph,
    Text,
    code,
    plain,
    spoken,
)
from bot.model.people import UsergroupId, UserId
from bot.model.silences import Silence
from bot.model.stories import StoryEntry, StoryKind

FIRING_SHOWN = 20
"""Incidents that still fire which are named when a silence ends."""

PODS_NAMED = 3

MOST_CALLED = 20
"""People and groups that one step mentions."""


def message(entry: StoryEntry, incident: Incident) -> Message:
    """An entry as it is said in the thread. Sent to the channel, too, it says which incident it is of."""
    line = words(entry)
    if entry.broadcast:
        line = (Text(f"{headline.headline(incident)}: "), *line)
    said = _said(line)
    if entry.kind is not StoryKind.ENDED or incident.key.scope is not Scope.STORM:
        return said
    # Its own message has no room any more for what it was.
    return structs.replace(said, blocks=(*said.blocks, *group_words.listing(incident)))


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
            return plain(f"It is back: {_further(entry.deaths)}" if entry.deaths else "It is back")
        case StoryKind.CHAPTER:
            return background.chapter(entry.change) if entry.change else plain("A new revision")
        case StoryKind.ACKNOWLEDGED:
            return (*_by(entry), Text(" has it"), *_until(entry))
        case StoryKind.UNACKNOWLEDGED:
            return (*_by(entry), Text(" let go of it; it is nobody's now"))
        case StoryKind.LAPSED:
            return (Text("Nobody has it any more: what "), *_by(entry), Text(" acknowledged has lapsed"))
        case StoryKind.SILENCED:
            lasting = plain(" until it is resolved") if entry.until_resolved else _until(entry)
            return (*_by(entry), Text(" silenced it"), *lasting, *headline.reason(entry.words))
        case StoryKind.SILENCE_ENDED:
            return _silence_ended(entry)
        case StoryKind.BROKE_THROUGH:
            return (Text("Heard again, in spite of its silence"), *headline.reason(entry.words))
        case StoryKind.NOW_PAGES:
            return (Text("It pages now"), *headline.reason(entry.words))
        case StoryKind.CALLED:
            return _called(entry)
        case StoryKind.REACHED:
            return plain(f"Webhook {entry.webhook} was reached")
        case StoryKind.UNREACHED:
            return (Text(f"Could not reach webhook {entry.webhook}"), *headline.reason(entry.words))
        case StoryKind.DELETED:
            return (*_by(entry), Text(" deleted "), *_named(entry.names), *headline.reason(entry.words))
        case StoryKind.WIDENED:
            return plain(f"It turned out to be about {entry.words}, and is told as that from now on")
        case StoryKind.TOOK_IN:
            counted = f", with {_deaths(entry.deaths)}" if entry.deaths else ""
            return plain(f"Incident {entry.other} is part of it{counted}")
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
    incident: Incident,
    groups: tuple[UsergroupId, ...],
    people: tuple[UserId, ...],
    *,
    again: bool = False,
) -> Message:
    """The mention of those whom the incident's route calls as soon as it opens, and when it is back."""
    words = f"It is back: {headline.headline(incident)}" if again else headline.headline(incident)
    return Message(text=words, blocks=(Paragraph(lines=((*_mentions(groups, people), Text(words)),)),))


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

    `told`: the ids of those that get a message of their own now. Of what another silence covers, only that
    there is such.
    """
    silent = {each.id for each in firing if each.silenced is not None}
    firing = tuple(each for each in firing if each.id not in silent)
    what, outcome = f"The silence of {silence.covered}", f"; {_kept_back(silence, len(firing), silent)}"
    by: Line = plain(" has ended")
    if silence.ended_by is not None:
        by = (Text(" was ended by "), Mention(silence.ended_by))
    lines: list[Line] = [(Text(what), *by, Text(outcome))]
    for each in firing[:FIRING_SHOWN]:
        now = ", told now" if each.id in told else ""
        lines.append(plain(f"{headline.light(each)} {headline.headline(each)} · incident {each.id}{now}"))
    if len(firing) > FIRING_SHOWN:
        lines.append(plain(f"and {len(firing) - FIRING_SHOWN} more"))
    ended = "was ended" if silence.ended_by is not None else "has ended"
    quiet = " · ".join(filter(None, (f"silence {silence.id}", silence.scope.cluster)))
    return Message(
        text=f"{what} {ended}{outcome}",
        blocks=(Paragraph(lines=tuple(lines)), Context(plain(quiet))),
    )


def _kept_back(silence: Silence, firing: int, silent: Set[IncidentId]) -> str:
    said = []
    if silence.deaths:
        incidents = len(silence.incidents - silent or silence.incidents)
        was = "was" if incidents == 1 else "were"
        said.append(f"{_incidents(incidents)} with {_deaths(silence.deaths)} {was} not announced")
    elif not silent:
        said.append("nothing happened meanwhile")
    if firing:
        said.append(f"{_incidents(firing)} {'is' if firing == 1 else 'are'} still firing")
    if silent:
        stays = "stays" if len(silent) == 1 else "stay"
        said.append(f"{_incidents(len(silent))} {stays} silent under another silence")
    return ", ".join(said)


def _silence_ended(entry: StoryEntry) -> Line:
    kept = f": {_deaths(entry.deaths)} not announced" if entry.deaths else ""
    ended: Line = plain("Its silence ended")
    if entry.by is not None:
        ended = (*_by(entry), Text(" ended its silence"))
    if entry.until is None:
        return (*ended, *plain(kept))
    lasting = plain(" until it is resolved") if entry.until_resolved else _until(entry)
    return (*ended, Text("; it stays silent under that of "), *map(Mention, entry.people), *lasting)


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
            return (Text(f"Recovered: {ending.words} since "), *since, *background.after(entry.change))
        case _:
            over = "Not followed any more" if ending.unwatched else "Over"
            return (Text(f"{over}: {ending.words}, "), *since)


def _called(entry: StoryEntry) -> Line:
    whom: list[Inline] = [*map(Mention, entry.people), *map(GroupMention, entry.groups)]
    whom = whom[:MOST_CALLED] + ([ChannelMention(entry.channel)] if entry.channel else [])
    named: list[Inline] = []
    for each in whom:
        named += [Text(", ") if named else Text(" "), each]
    called: Line = (Text("Called"), *named)
    if not entry.webhook:
        return called
    # What comes of that is an entry of its own.
    if not named:
        return plain(f"Calling webhook {entry.webhook}")
    return (*called, Text(f"; calling webhook {entry.webhook}"))


def _named(names: tuple[str, ...]) -> Line:
    parts: list[Inline] = []
    for number, name in enumerate(names[:PODS_NAMED]):
        parts += [Text(", "), code(name)] if number else [code(name)]
    more = len(names) - PODS_NAMED
    return (*parts, *(plain(f" and {more} more") if more > 0 else ()))


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


def _incidents(count: int) -> str:
    return "1 incident" if count == 1 else f"{count} incidents"


def _further(count: int) -> str:
    return "1 further death" if count == 1 else f"{count} further deaths"


def _said(line: Line) -> Message:
    # A notification is read at once, so its times need no date.
    now = tuple(Moment(each.at) if isinstance(each, Moment) else each for each in line)
    return Message(text=spoken(now), blocks=(Paragraph(lines=(line,)),))
