"""The week summed up for a channel: when it is due, and what it says. Pure; `weekly` has it delivered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incidents import figures
from bot.incidents.route_config import Digest
from bot.model.incident_commands import Among, ListIncidents, ShowStats
from bot.model.letters import LetterKey
from bot.model.messages import Actions, Button, Context, Line, Message, Moment, Paragraph, Text, bold, plain
from bot.model.statistics import Statistics

WEEK = timedelta(days=7)

LATE = timedelta(hours=12)
"""How long after its time a digest is still news: what was down for longer leaves one out."""


def next_due(config: Digest, last: datetime | None, now: datetime) -> datetime:
    """When the next digest is due, which may be some hours ago; by the clock on the wall in its zone.

    `last`: when the one before was due; None: not known.
    """
    hours = (_in_week(config, now, week) for week in (-1, 0, 1))
    news = (due for due in hours if due >= now - LATE and (last is None or due > last))
    return next(news, _in_week(config, now, 2))


def begin_of(config: Digest, due: datetime) -> datetime:
    """When the week began that is due: at the same hour on the wall, which may be 167 hours ago."""
    return _in_week(config, due, -1)


def key_of(due: datetime) -> LetterKey:
    """One digest, one key: `digest/2026-W47` for the week in which it is due."""
    year, week, _ = due.isocalendar()
    return LetterKey(f"digest/{year}-W{week:02}")


def digest_message(
    statistics: Statistics,
    since: datetime,
    until: datetime,
    *,
    before: Statistics | None = None,
    picture: bytes = b"",
) -> Message:
    """What the channel is told of the time from `since` to `until`; `before`: of as long a time before it."""
    head: Line = (
        bold(f"The week on {statistics.cluster}"),
        Text(", "),
        Moment(since, with_date=True),
        Text(" to "),
        Moment(until, with_date=True),
    )
    numbers = figures.lines(statistics)
    pictured = " · the picture is in the thread" if picture else ""
    return Message(
        text=f"The week on {figures.summary(statistics)}{_compared_in_text(statistics, before)}",
        blocks=(
            Paragraph((head, *numbers, *_compared(before))),
            *figures.worst(statistics),
            Actions(
                (
                    Button("Figures", ShowStats(since=WEEK)),
                    Button("Incidents", ListIncidents(among=Among.RECENT, since=WEEK)),
                )
            ),
            Context(plain(f"podbot tells this once a week{pictured}")),
        ),
        attachments=figures.pictured(statistics, picture),
    )


def _compared(before: Statistics | None) -> Iterator[Line]:
    if before is not None:
        yield plain(f"The week before: {before.deaths:,} deaths, {before.incidents:,} incidents")


def _compared_in_text(statistics: Statistics, before: Statistics | None) -> str:
    if before is None or before.deaths == statistics.deaths:
        return ""
    return f" · the week before {before.deaths:,}"


def _in_week(config: Digest, moment: datetime, week: int) -> datetime:
    """The config's hour of the week, Monday to Sunday, in which a moment lies there, or of another one.

    An hour that the clock leaves out in spring is the one after, as `datetime` has it.
    """
    there = moment.astimezone(config.zone)
    day = there.date() + timedelta(days=config.day - there.weekday() + 7 * week)
    return datetime.combine(day, config.at, config.zone).astimezone(moment.tzinfo)
