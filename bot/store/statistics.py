"""Deaths and incidents in numbers, added up by the database. Part of `chronicle`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    ColumnElement,
    Float,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    distinct,
    extract,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.deaths import Cause
from bot.model.incidents import IncidentState
from bot.model.pods import ClusterName, Owner
from bot.model.statistics import DeathsAt, Spread, Statistics, WorkloadLosses
from bot.model.stories import StoryKind
from bot.store.schema import deaths, incidents, stories

MOST_WORKLOADS = 10
MOST_HOURS = 20_000
"""Rows of (hour, cause): a month of every cause in every hour."""

_died_at = func.coalesce(deaths.c.finished_at, deaths.c.seen_at)
_of_one_incident = and_(incidents.c.cluster == deaths.c.cluster, incidents.c.id == deaths.c.incident)
_seconds_in_a_day = 86_400.0


async def reckoned(
    connection: AsyncConnection,
    *,
    cluster: ClusterName,
    since: datetime,
    until: datetime,
    namespaces: frozenset[str] | None,
) -> Statistics:
    """The numbers of a cluster from `since` up to `until`, of these namespaces or of all."""
    # `seen_at` has an index, and nothing is seen before it dies.
    died = and_(
        deaths.c.cluster == cluster,
        deaths.c.seen_at >= since,
        _died_at >= since,
        _died_at < until,
        *([] if namespaces is None else [deaths.c.namespace.in_(sorted(namespaces))]),
    )
    theirs = and_(
        incidents.c.cluster == cluster,
        incidents.c.state != IncidentState.MERGED.value,
        *([] if namespaces is None else [incidents.c.namespace.in_(sorted(namespaces))]),
    )
    began = and_(theirs, incidents.c.first_at >= since, incidents.c.first_at < until)
    is_open = and_(
        theirs, incidents.c.first_at < until, or_(incidents.c.is_open, incidents.c.ended_at >= until)
    )
    counted = select(func.count(), func.count(distinct(deaths.c.uid))).where(died)
    died_in_all, pods = (await connection.execute(counted)).one()
    lost = _lost(connection, died)
    distinct_workloads = select(lost.c.namespace, lost.c.kind, lost.c.name).distinct().subquery()
    return Statistics(
        cluster=cluster,
        namespaces=namespaces,
        since=since,
        until=until,
        deaths=died_in_all,
        pods=pods,
        incidents=await connection.scalar(select(func.count()).select_from(incidents).where(began)) or 0,
        open=await connection.scalar(select(func.count()).select_from(incidents).where(is_open)) or 0,
        by_hour=await _by_hour(connection, died),
        worst=await _worst(connection, lost),
        workloads=await connection.scalar(select(func.count()).select_from(distinct_workloads)) or 0,
        to_acknowledge=await _spread(connection, _acknowledged_after(connection, began)),
        to_recover=await _spread(connection, _recovered_after(connection, theirs, since, until)),
    )


async def _by_hour(connection: AsyncConnection, died: ColumnElement[bool]) -> tuple[DeathsAt, ...]:
    hour = _hour(connection, _died_at).label("hour")
    rows = await connection.execute(
        select(hour, deaths.c.cause, func.count())
        .where(died)
        .group_by(hour, deaths.c.cause)
        .order_by(hour, deaths.c.cause)
        .limit(MOST_HOURS)
    )
    return tuple(
        DeathsAt(
            hour=datetime.strptime(text, "%Y-%m-%d %H").replace(tzinfo=UTC),
            cause=None if cause is None else Cause(cause),
            deaths=count,
        )
        for text, cause, count in rows
    )


def _lost(connection: AsyncConnection, died: ColumnElement[bool]) -> Subquery:
    """Each death with its workload: its incident's or, where that is a node's or an image's, its own.

    Of a death that nobody saw only the incident is known, so that one of a node's is no workload's.
    """
    of_a_workload = incidents.c.namespace != ""
    own = [_in_json(connection, deaths.c.body, "owner", each) for each in ("kind", "name")]
    kind = case((of_a_workload, incidents.c.owner_kind), else_=own[0])
    name = case((of_a_workload, incidents.c.owner_name), else_=own[1])
    every = (
        select(
            case((of_a_workload, incidents.c.namespace), else_=deaths.c.namespace).label("namespace"),
            kind.label("kind"),
            name.label("name"),
            deaths.c.uid,
            deaths.c.incident,
        )
        .select_from(deaths.join(incidents, _of_one_incident))
        .where(died, or_(of_a_workload, deaths.c.body.is_not(None)))
    )
    return every.subquery()


async def _worst(connection: AsyncConnection, lost: Subquery) -> tuple[WorkloadLosses, ...]:
    workload = (lost.c.namespace, lost.c.kind, lost.c.name)
    number_lost = func.count()
    rows = await connection.execute(
        select(
            *workload, number_lost, func.count(distinct(lost.c.uid)), func.count(distinct(lost.c.incident))
        )
        .group_by(*workload)
        .order_by(number_lost.desc(), *workload)
        .limit(MOST_WORKLOADS)
    )
    return tuple(
        WorkloadLosses(
            namespace=namespace,
            owner=Owner(kind=kind, name=name),
            deaths=count,
            pods=pods,
            incidents=number,
        )
        for namespace, kind, name, count, pods, number in rows
    )


def _acknowledged_after(connection: AsyncConnection, began: ColumnElement[bool]) -> Select[float]:
    """Of each incident that somebody had: how long that took, in seconds."""
    first = (
        select(stories.c.cluster, stories.c.incident, func.min(stories.c.at).label("at"))
        .where(stories.c.kind == StoryKind.ACKNOWLEDGED.value)
        .group_by(stories.c.cluster, stories.c.incident)
        .subquery()
    )
    took = _seconds(connection, incidents.c.first_at, first.c.at)
    same = and_(first.c.cluster == incidents.c.cluster, first.c.incident == incidents.c.id)
    return select(took.label("seconds")).select_from(incidents.join(first, same)).where(began)


def _recovered_after(
    connection: AsyncConnection, theirs: ColumnElement[bool], since: datetime, until: datetime
) -> Select[float]:
    took = _seconds(connection, incidents.c.first_at, incidents.c.ended_at)
    return select(took.label("seconds")).where(
        theirs,
        incidents.c.state == IncidentState.RECOVERED.value,
        incidents.c.ended_at >= since,
        incidents.c.ended_at < until,
    )


async def _spread(connection: AsyncConnection, durations: Select[float]) -> Spread:
    """Percentiles by nearest rank: each is a duration that there really was."""
    taken = durations.subquery()
    count = await connection.scalar(select(func.count()).select_from(taken)) or 0
    if not count:
        return Spread(count=0)
    ordered = select(taken.c.seconds).order_by(taken.c.seconds).limit(1)
    middle = await connection.scalar(ordered.offset((count + 1) // 2 - 1))
    late = await connection.scalar(ordered.offset((9 * count + 9) // 10 - 1))
    return Spread(count=count, median=_duration(middle), p90=_duration(late))


def _duration(seconds: float | None) -> timedelta:
    return timedelta(seconds=max(0, round(seconds or 0)))


def _hour(connection: AsyncConnection, moment: ColumnElement[datetime]) -> ColumnElement[str]:
    """The hour in which a moment lies, as `2026-11-22 14`, in UTC."""
    if connection.dialect.name == "sqlite":
        return func.substr(cast(moment, String), 1, 13)
    return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD HH24")


def _in_json(
    connection: AsyncConnection, text: ColumnElement[str | None], first: str, second: str
) -> ColumnElement[str]:
    """A word within a text that is JSON."""
    if connection.dialect.name == "sqlite":
        return func.json_extract(text, f"$.{first}.{second}")
    return func.json_extract_path_text(cast(text, JSON), first, second)


def _seconds(
    connection: AsyncConnection, begin: ColumnElement[datetime], end: ColumnElement[datetime]
) -> ColumnElement[float]:
    if connection.dialect.name == "sqlite":
        return (func.julianday(end) - func.julianday(begin)) * _seconds_in_a_day
    return cast(extract("epoch", end) - extract("epoch", begin), Float)
