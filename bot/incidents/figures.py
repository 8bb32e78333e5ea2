"""How `stats` is answered: the numbers, and what the picture beside them says in words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incidents.listing import shortened
from bot.model.durations import in_words
from bot.model.incident_commands import Among, ListIncidents, ShowStats
from bot.model.messages import (
    Actions,
    Attachment,
    Audience,
    Button,
    Context,
    Line,
    Message,
    Moment,
    Paragraph,
    Table,
    Text,
    bold,
    plain,
)
from bot.model.statistics import Spread, Statistics, WorkloadLosses, word_of

CAUSES_NAMED = 6
_NAMED = 60
_SAID = 5
"""Workloads in the alternative text."""
_LONGEST_ALT = 1_000
"""Characters: Slack takes as many for a file's alternative text."""

_OTHERS = (
    ("24 h", timedelta(days=1)),
    ("7 days", timedelta(days=7)),
    ("30 days", timedelta(days=30)),
)


def figures(
    statistics: Statistics, asked: ShowStats, *, picture: bytes = b"", partly: bool = False
) -> Message:
    """The answer; without a picture where none could be drawn."""
    buttons = [
        Button(words, ShowStats(namespace=asked.namespace, since=since))
        for words, since in _OTHERS
        if since != statistics.until - statistics.since
    ]
    recent = ListIncidents(among=Among.RECENT, namespace=asked.namespace)
    quiet = "only namespaces that you may see" if partly else ""
    return Message(
        text=summary(statistics),
        blocks=(
            Paragraph(tuple(lines(statistics, where=asked.namespace))),
            *worst(statistics),
            Actions(
                (*buttons, Button("Incidents", recent), Button("Share", asked, audience=Audience.CHANNEL))
            ),
            Context(
                (
                    Text(f"{statistics.cluster} · "),
                    Moment(statistics.since, with_date=True),
                    Text("\N{EN DASH}"),
                    Moment(statistics.until, with_date=True),
                    Text(f" · {quiet}" if quiet else ""),
                )
            ),
        ),
        attachments=pictured(statistics, picture),
    )


def pictured(statistics: Statistics, picture: bytes) -> tuple[Attachment, ...]:
    """The picture as a file of a message."""
    if not picture:
        return ()
    return (
        Attachment(
            filename="deaths.png",
            title="Deaths by time and cause, worst workloads",
            content=picture,
            alt=in_a_picture(statistics),
        ),
    )


def summary(statistics: Statistics) -> str:
    """All that the first two lines say."""
    return f"{statistics.cluster}: {_extent(statistics)} · {_incidents(statistics)}"


def lines(statistics: Statistics, *, where: str = "") -> Iterator[Line]:
    """The numbers, most telling first."""
    place = shortened(where, _NAMED) if where else statistics.cluster
    yield (bold(f"{place} · {_extent(statistics)}"),)
    yield plain(_incidents(statistics))
    if statistics.deaths:
        yield plain(f"Causes: {_causes(statistics)}")
        yield from _busiest(statistics)
    if statistics.incidents or statistics.to_recover.count:
        yield plain(_took("To acknowledge", statistics.to_acknowledge, "nobody acknowledged any"))
        yield plain(_took("To recover", statistics.to_recover, "none recovered"))


def worst(statistics: Statistics) -> tuple[Table, ...]:
    """The worst workloads as a table."""
    if not statistics.worst:
        return ()
    rows = tuple(
        (
            shortened(each.owner.name, _NAMED),
            shortened(each.namespace, _NAMED) or each.owner.kind.lower(),
            f"{each.deaths:,}",
            f"{each.pods:,}",
            f"{each.incidents:,}",
        )
        for each in statistics.worst
    )
    columns = ("Workload", "Namespace", "Deaths", "Pods", "Incidents")
    return (Table(columns=columns, rows=rows, right_aligned=frozenset({2, 3, 4})),)


def in_a_picture(statistics: Statistics) -> str:
    """What the picture says, for those who do not see it."""
    if not statistics.deaths:
        return f"Nothing died on {statistics.cluster} {_over(statistics)}."
    words = [f"Bar chart of deaths by time, stacked by cause: {_extent(statistics)}."]
    words.append(f"Causes: {_causes(statistics)}.")
    words += [
        f"Most within one hour: {count} from {hour:%Y-%m-%d %H:%M} UTC." for hour, count in _most(statistics)
    ]
    named = ", ".join(_loss(each) for each in statistics.worst[:_SAID])
    if named:
        words.append(f"Worst workloads: {named}.")
    return shortened(" ".join(words), _LONGEST_ALT)


def _loss(each: WorkloadLosses) -> str:
    place = f" in {shortened(each.namespace, _NAMED)}" if each.namespace else ""
    return f"{shortened(each.owner.name, _NAMED)}{place} {each.deaths:,}"


def _extent(statistics: Statistics) -> str:
    if not statistics.deaths:
        return f"nothing died {_over(statistics)}"
    deaths = _count(statistics.deaths, "death")
    return f"{deaths} of {_count(statistics.pods, 'pod')} {_over(statistics)}"


def _over(statistics: Statistics) -> str:
    return f"in {in_words(statistics.until - statistics.since)}"


def _incidents(statistics: Statistics) -> str:
    began = _count(statistics.incidents, "incident") if statistics.incidents else "no new incident"
    workloads = f" in {_count(statistics.workloads, 'workload')}" if statistics.workloads else ""
    return (
        f"{began}{workloads}, {statistics.open:,} open"
        if statistics.open
        else f"{began}{workloads}, none open"
    )


def _causes(statistics: Statistics) -> str:
    named = list(statistics.by_cause.items())
    said = [f"{word_of(cause)} {count:,}" for cause, count in named[:CAUSES_NAMED]]
    rest = sum(count for _, count in named[CAUSES_NAMED:])
    return " · ".join([*said, f"others {rest:,}"] if rest else said)


def _busiest(statistics: Statistics) -> Iterator[Line]:
    for hour, count in _most(statistics):
        yield (Text(f"Most within an hour: {count:,} from "), Moment(hour, with_date=True))


def _most(statistics: Statistics) -> list[tuple[datetime, int]]:
    """The hour with the most deaths, where it says anything."""
    hours: Counter[datetime] = Counter()
    for each in statistics.by_hour:
        hours[each.hour] += each.deaths
    return hours.most_common(1) if len(hours) > 1 else []


def _took(what: str, spread: Spread, none: str) -> str:
    if not spread.count:
        return f"{what}: {none}"
    if spread.count == 1:
        return f"{what}: {in_words(spread.median)} (1 incident)"
    return (
        f"{what}: half within {in_words(spread.median)}, nine of ten within {in_words(spread.p90)} "
        f"({spread.count:,} incidents)"
    )


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"
