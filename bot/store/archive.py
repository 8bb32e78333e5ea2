"""A cluster's incidents as last written: what every replica may know of them, the leader's or not."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select

from bot.model.incidents import Incident, IncidentId
from bot.model.pods import ClusterName
from bot.store import codec
from bot.store.database import Database
from bot.store.schema import incidents


class Archive:
    """Implements `incidents.store_ports.Incidents` for one cluster. Everything raises `StoreUnavailable`."""

    def __init__(self, database: Database, cluster: ClusterName) -> None:
        self._database = database
        self._cluster = cluster

    async def find(self, identity: IncidentId) -> Incident | None:
        """The incident of this id, open or over."""
        return next(iter(await self._where(incidents.c.id == identity)), None)

    async def open_ones(self) -> Sequence[Incident]:
        """Those that are open, in the order of their first death."""
        return await self._where(incidents.c.is_open.is_(True))

    async def _where(self, condition: ColumnElement[bool]) -> Sequence[Incident]:
        query = (
            select(incidents.c.id, incidents.c.body)
            .where(incidents.c.cluster == self._cluster, condition)
            .order_by(incidents.c.first_at, incidents.c.id)
        )
        rows = await self._database.read(lambda connection: connection.execute(query))
        kept = codec.readable(codec.incident, map(tuple, rows), "incident")
        return tuple(each.incident for each in kept)
