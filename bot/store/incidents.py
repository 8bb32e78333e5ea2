"""Incidents, each with all that is needed to go on with it in another process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.incidents.engine import REOPENS_FOR
from bot.incidents.records import KeptIncident
from bot.model.incidents import IncidentId
from bot.model.pods import ClusterName
from bot.store import codec
from bot.store.database import Row, chunks, for_each_database, replacing
from bot.store.schema import incidents

_MARGIN = timedelta(minutes=5)
"""More than is needed: deaths are told late, and clocks differ."""

_PUT = for_each_database(
    lambda insert: (put := insert(incidents)).on_conflict_do_update(
        index_elements=list(incidents.primary_key),
        set_=replacing(put, incidents),
        where=put.excluded.revision >= incidents.c.revision,
    )
)


async def put(connection: AsyncConnection, cluster: ClusterName, kept: Sequence[KeptIncident]) -> None:
    """Write these in place of what was there; never a lower revision over a higher one."""
    if kept:
        await connection.execute(_PUT[connection.dialect.name], [_row(cluster, each) for each in kept])


async def taken(connection: AsyncConnection, ids: Sequence[IncidentId]) -> frozenset[IncidentId]:
    """Which of these ids an incident of any cluster has."""
    found: set[IncidentId] = set()
    for some in chunks(ids):
        rows = await connection.scalars(select(incidents.c.id).where(incidents.c.id.in_(some)))
        found.update(map(IncidentId, rows))
    return frozenset(found)


async def live(connection: AsyncConnection, cluster: ClusterName, now: datetime) -> Sequence[KeptIncident]:
    """Those that are open, and those that a death may reopen still; in the order of their first death."""
    rows = await connection.execute(
        select(incidents.c.id, incidents.c.body)
        .where(
            incidents.c.cluster == cluster,
            or_(
                incidents.c.is_open.is_(True),
                and_(incidents.c.is_open.is_(False), incidents.c.ended_at > now - REOPENS_FOR - _MARGIN),
            ),
        )
        .order_by(incidents.c.first_at, incidents.c.id)
    )
    return tuple(codec.readable(codec.incident, map(tuple, rows), "incident"))


def _row(cluster: ClusterName, kept: KeptIncident) -> Row:
    incident = kept.incident
    return {
        "cluster": cluster,
        "id": incident.id,
        "namespace": incident.key.namespace,
        "owner_kind": incident.key.owner.kind,
        "owner_name": incident.key.owner.name,
        "cause": incident.key.cause.value,
        "state": incident.state.value,
        "severity": incident.severity.value,
        "first_at": incident.first_at,
        "last_at": incident.last_at,
        "ended_at": incident.ending.since if incident.ending else None,
        "deaths": incident.deaths,
        "revision": incident.revision,
        "is_open": not incident.state.is_over,
        "body": codec.incident.write(kept),
    }
