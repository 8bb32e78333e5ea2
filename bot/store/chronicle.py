"""What people read of incidents: lists of them, one with its whole story, a workload's deaths.

Implements `incidents.store_ports.Chronicle`, together with `statistics`. Nothing here returns more than a
reader can take; how much there is in all is always told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.deaths import Cause
from bot.model.incident_commands import Among
from bot.model.incidents import Incident, IncidentId, IncidentState
from bot.model.past import Account, IncidentsListed, PastDeath, RestartsListed, Selection
from bot.model.pods import ClusterName, Owner
from bot.model.silences import Silence
from bot.model.statistics import Statistics
from bot.store import codec, statistics
from bot.store.database import Database
from bot.store.schema import deaths, incidents, silences, stories

PAGE = 10
"""Incidents on one page of a list."""

MOST_DEATHS = 2_000
MOST_ENTRIES = 1_000
MOST_RESTARTS = 200
MOST_SILENCES = 50
MOST_NAMESPACES = 2_000

_died_at = func.coalesce(deaths.c.finished_at, deaths.c.seen_at)

_OF_MANY = ("Storm", "Node", "Image")
"""The kinds of owner of incidents that are about several workloads (`model.incidents.Scope`)."""


class StoredChronicle:
    """Reads the incidents of all clusters. Everything raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def namespaces(self, cluster: ClusterName) -> frozenset[str]:
        """The namespaces that have or had incidents, a node's among them; empty for what belongs to none."""
        own = select(incidents.c.namespace).where(incidents.c.cluster == cluster)
        of_nodes = (
            select(deaths.c.namespace)
            .join(
                incidents, and_(incidents.c.cluster == deaths.c.cluster, incidents.c.id == deaths.c.incident)
            )
            .where(incidents.c.cluster == cluster, incidents.c.namespace == "")
        )
        query = union(own, of_nodes).limit(MOST_NAMESPACES)
        return frozenset(await self._database.read(lambda connection: connection.scalars(query)))

    async def listed(self, selection: Selection, page: int = 0) -> IncidentsListed:
        """A page of what the selection takes; the latest first."""
        return await self._database.read(lambda connection: _listed(connection, selection, page))

    async def account(self, incident: IncidentId) -> Account | None:
        """One incident with its story and its deaths; None where there is none of this id."""
        return await self._database.read(lambda connection: _account(connection, incident))

    async def restarts(
        self, cluster: ClusterName, namespace: str, owner: Owner, since: datetime
    ) -> RestartsListed:
        """The deaths of a workload, whichever incidents told of them; the newest first."""
        of_the_workload = select(incidents.c.id).where(
            incidents.c.cluster == cluster,
            incidents.c.namespace == namespace,
            incidents.c.owner_kind == owner.kind,
            incidents.c.owner_name == owner.name,
        )
        taken = and_(
            deaths.c.cluster == cluster, deaths.c.incident.in_(of_the_workload), deaths.c.seen_at >= since
        )
        lines, total = await self._database.read(
            lambda connection: _lines(connection, taken, MOST_RESTARTS, newest_first=True)
        )
        oldest = select(func.min(deaths.c.seen_at)).where(deaths.c.cluster == cluster)
        first = await self._database.read(lambda connection: connection.scalar(oldest))
        return RestartsListed(deaths=lines, total=total, counted_since=first)

    async def silences(self, now: datetime) -> tuple[Silence, ...]:
        """The silences that hold, on whichever cluster; the one that ends first, first."""
        query = (
            select(silences.c.id, silences.c.body)
            .where(silences.c.ended_at.is_(None), silences.c.until > now)
            .order_by(silences.c.until, silences.c.id)
            .limit(MOST_SILENCES)
        )
        rows = await self._database.read(lambda connection: connection.execute(query))
        return tuple(codec.readable(codec.silence, map(tuple, rows), "silence"))

    async def statistics(
        self, cluster: ClusterName, since: datetime, until: datetime, namespaces: frozenset[str] | None = None
    ) -> Statistics:
        """What it all comes to; only of these namespaces, where some are given."""
        return await self._database.read(
            lambda connection: statistics.reckoned(
                connection, cluster=cluster, since=since, until=until, namespaces=namespaces
            )
        )


async def _listed(connection: AsyncConnection, selection: Selection, page: int) -> IncidentsListed:
    taken = and_(*_taken(selection))
    total = await connection.scalar(select(func.count()).select_from(incidents).where(taken)) or 0
    pages = -(-total // PAGE)
    page = max(0, min(page, pages - 1))
    rows = await connection.execute(
        select(incidents.c.id, incidents.c.body)
        .where(taken)
        .order_by(*_order(selection), incidents.c.last_at.desc(), incidents.c.id)
        .limit(PAGE)
        .offset(page * PAGE)
    )
    found = tuple(_readable(map(tuple, rows)))
    return IncidentsListed(incidents=found, page=page, pages=pages, total=total)


async def _account(connection: AsyncConnection, incident: IncidentId) -> Account | None:
    newest = (
        select(incidents.c.id, incidents.c.body)
        .where(incidents.c.id == incident)
        .order_by(incidents.c.last_at.desc())
        .limit(1)
    )
    found = next(_readable(map(tuple, await connection.execute(newest))), None)
    if found is None:
        return None
    cluster = found.key.cluster
    told = await connection.execute(
        select(stories.c.number, stories.c.body)
        .where(stories.c.cluster == cluster, stories.c.incident == incident)
        .order_by(stories.c.number)
        .limit(MOST_ENTRIES)
    )
    of_it = and_(deaths.c.cluster == cluster, deaths.c.incident == incident)
    lines, total = await _lines(connection, of_it, MOST_DEATHS)
    return Account(
        incident=found,
        story=tuple(codec.readable(codec.story_entry, map(tuple, told), "story")),
        deaths=lines,
        deaths_in_all=total,
    )


def _order(selection: Selection) -> Iterator[ColumnElement[bool]]:
    """Of what is open, what stands for many workloads comes first; the rest goes by time."""
    if selection.among is Among.OPEN:
        yield incidents.c.owner_kind.in_(_OF_MANY).desc()


def _taken(selection: Selection) -> Iterator[ColumnElement[bool]]:
    yield incidents.c.cluster == selection.cluster
    if selection.among is Among.OPEN:
        yield incidents.c.is_open.is_(True)
    else:
        yield incidents.c.state != IncidentState.MERGED.value
    if selection.namespaces is not None:
        yield incidents.c.namespace.in_(sorted(selection.namespaces))
    if selection.owner:
        kind, _, name = selection.owner.rpartition("/")
        yield incidents.c.owner_name == name
        if kind:
            yield func.lower(incidents.c.owner_kind) == kind.lower()
    if selection.since is not None:
        yield or_(
            incidents.c.is_open.is_(True),
            incidents.c.last_at >= selection.since,
            incidents.c.ended_at >= selection.since,
        )


async def _lines(
    connection: AsyncConnection, taken: ColumnElement[bool], most: int, *, newest_first: bool = False
) -> tuple[tuple[PastDeath, ...], int]:
    """Lines of the ledger, at most so many, and how many there are."""
    total = await connection.scalar(select(func.count()).select_from(deaths).where(taken)) or 0
    columns = [deaths.c[name] for name in PastDeath.__dataclass_fields__]
    rows = await connection.execute(
        select(*columns)
        .where(taken)
        .order_by(_died_at.desc() if newest_first else _died_at, deaths.c.uid, deaths.c.restart)
        .limit(most)
    )
    return tuple(_death(dict(row)) for row in rows.mappings()), total


def _death(row: dict[str, Any]) -> PastDeath:
    """A row's values have the types of the columns, which have the names of the fields."""
    cause = row.pop("cause")
    return PastDeath(**row, cause=None if cause is None else Cause(cause))


def _readable(rows: Iterable[tuple[Any, ...]]) -> Iterator[Incident]:
    return (kept.incident for kept in codec.readable(codec.incident, rows, "incident"))
