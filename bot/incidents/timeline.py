"""What happened to an incident, in order: the deaths of the ledger, folded, between the entries of its story.

The story says who did what and what became of it. Its own counts of further deaths are left out here, as the
ledger knows each of them; with what opened it the first are told, and so each is counted once. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.incidents import story
from bot.model.incidents import Scope
from bot.model.messages import Inline, Line, Text, code
from bot.model.past import Account, PastDeath
from bot.model.statistics import word_of
from bot.model.stories import StoryEntry, StoryKind

MOST_FOLDS = 60
"""Lines of deaths; where there would be more, each takes in a longer time."""

PODS_NAMED = 3

_SPANS = tuple(
    timedelta(**span)
    for span in ({"minutes": 1}, {"minutes": 10}, {"hours": 1}, {"hours": 6}, {"days": 1}, {"days": 30})
)
_COUNTED_HERE = frozenset({StoryKind.DIED})
_COUNTS = frozenset({StoryKind.REOPENED, StoryKind.TOOK_IN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the timeline."""

    at: datetime
    until: datetime | None = None
    """Of several deaths: when the last was, where that is another minute."""
    line: Line


def timeline(account: Account) -> tuple[Happening, ...]:
    """All of it, oldest first; at one moment the story goes before the deaths.

    What opened it was seen a moment after it happened, and goes before it where both are of one minute. A
    storm's deaths are in the ledger of its incidents: of these its story alone has the counts.
    """
    elsewhere = account.incident.key.scope is Scope.STORM
    opening = next((each.deaths for each in account.story if each.kind is StoryKind.OPENED), 0)
    deaths = sorted(account.deaths, key=lambda each: each.moment)
    first, further = deaths[:opening], deaths[opening:]
    told = [
        (_place(entry), 0, entry.number, Happening(at=entry.at, line=_words(entry, first)))
        for entry in account.story
        if elsewhere or entry.kind not in _COUNTED_HERE
    ]
    died = [
        (group[0].moment, 1, number, _of_deaths(group, further=bool(first)))
        for number, group in enumerate(folded(further))
    ]
    return tuple(happening for *_, happening in sorted(told + died, key=lambda each: each[:3]))


def _words(entry: StoryEntry, first: Sequence[PastDeath]) -> Line:
    if entry.kind is StoryKind.OPENED and first:
        return (*story.words(entry), Text(", "), *_which(first))
    return story.words(replace(entry, deaths=0) if entry.kind in _COUNTS else entry)


def _place(entry: StoryEntry) -> datetime:
    return entry.at.replace(second=0, microsecond=0) if entry.kind is StoryKind.OPENED else entry.at


def folded(deaths: Sequence[PastDeath], most: int = MOST_FOLDS) -> tuple[tuple[PastDeath, ...], ...]:
    """Deaths by the minute, or by longer spans where those would be more than `most`."""
    groups: tuple[tuple[PastDeath, ...], ...] = ()
    for span in _SPANS:
        groups = tuple(_by(span, deaths))
        if len(groups) <= most:
            break
    return groups


def _by(span: timedelta, deaths: Sequence[PastDeath]) -> Iterator[tuple[PastDeath, ...]]:
    waiting: list[PastDeath] = []
    for death in sorted(deaths, key=lambda each: each.moment):
        if waiting and _number(death, span) != _number(waiting[0], span):
            yield tuple(waiting)
            waiting = []
        waiting.append(death)
    if waiting:
        yield tuple(waiting)


def _number(death: PastDeath, span: timedelta) -> int:
    return int(death.moment.timestamp() // span.total_seconds())


def _of_deaths(deaths: Sequence[PastDeath], *, further: bool) -> Happening:
    first, last = deaths[0].moment, deaths[-1].moment
    pods = {each.pod for each in deaths}
    many = f"{len(deaths)} {'further ' if further else ''}{'deaths' if len(deaths) > 1 else 'death'}"
    of = f" of {len(pods)} pods" if 1 < len(pods) < len(deaths) else ""
    until = last if (last - first) >= timedelta(minutes=1) else None
    return Happening(at=first, until=until, line=(Text(f"{many}{of}, "), *_which(deaths)))


def _which(deaths: Sequence[PastDeath]) -> Line:
    """Of what they died, in which pods: `OOMKilled: web-1, web-2, exit 137`."""
    causes = Counter(word_of(each.cause) for each in deaths)
    pods = tuple(dict.fromkeys(each.pod for each in deaths))
    how = ", ".join(
        f"{cause} {count}" if len(causes) > 1 else cause for cause, count in causes.most_common(3)
    )
    parts: list[Inline] = [Text(f"{how}:")]
    for number, pod in enumerate(pods[:PODS_NAMED]):
        parts += [Text(" " if not number else ", "), code(pod)]
    if len(pods) > PODS_NAMED:
        parts.append(Text(f" and {len(pods) - PODS_NAMED} more"))
    exits = {each.exit_code for each in deaths if each.exit_code is not None}
    if len(exits) == 1:
        parts.append(Text(f", exit {exits.pop()}"))
    return tuple(parts)
