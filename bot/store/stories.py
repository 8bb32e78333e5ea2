"""The stories of incidents, entry by entry."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.incidents.records import ToldEntry
from bot.model.incidents import IncidentId
from bot.model.pods import ClusterName
from bot.model.stories import StoryEntry
from bot.store import codec
from bot.store.database import Database, for_each_database, replacing
from bot.store.schema import stories

_PUT = for_each_database(
    lambda insert: (put := insert(stories)).on_conflict_do_update(
        index_elements=list(stories.primary_key), set_=replacing(put, stories)
    )
)


async def put(connection: AsyncConnection, cluster: ClusterName, told: Sequence[ToldEntry]) -> None:
    """Write these; an entry of the same number is the same entry."""
    rows = [
        {
            "cluster": cluster,
            "incident": each.incident,
            "number": each.entry.number,
            "at": each.entry.at,
            "kind": each.entry.kind.value,
            "person": each.entry.by,
            "body": codec.story_entry.write(each.entry),
        }
        for each in told
    ]
    if rows:
        await connection.execute(_PUT[connection.dialect.name], rows)


class Stories:
    """Keeps the stories of all clusters' incidents. Everything raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, cluster: ClusterName, incident: IncidentId, *entries: StoryEntry) -> None:
        """Write entries, in one transaction."""
        told = [ToldEntry(incident=incident, entry=each) for each in entries]
        await self._database.write(lambda connection: put(connection, cluster, told))

    async def of(self, cluster: ClusterName, incident: IncidentId) -> Sequence[StoryEntry]:
        """The story of an incident, in order."""
        query = (
            select(stories.c.number, stories.c.body)
            .where(stories.c.cluster == cluster, stories.c.incident == incident)
            .order_by(stories.c.number)
        )
        rows = await self._database.read(lambda connection: connection.execute(query))
        return tuple(codec.readable(codec.story_entry, map(tuple, rows), "story"))
