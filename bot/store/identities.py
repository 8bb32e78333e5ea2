"""Which cluster each name stands for: the first that came under it, until somebody has it forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from bot.clock import Clock
from bot.model.pods import ClusterName, ClusterUid
from bot.store.database import Database, for_each_database
from bot.store.schema import checkpoints, identities, leaders, watch_memory

# One statement, so that of two clusters that come at once both learn which was first.
_FIRST = for_each_database(
    lambda insert: insert(identities).on_conflict_do_update(
        index_elements=list(identities.primary_key), set_={"uid": identities.c.uid}
    )
)


class Identities:
    """Keeps which cluster each name stands for. Everything raises `StoreUnavailable`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def holder(self, cluster: ClusterName, uid: ClusterUid) -> ClusterUid:
        """The cluster that a name stands for: this one from now on, where it stood for none."""
        query = select(identities.c.uid).where(identities.c.cluster == cluster)
        found = await self._database.read(lambda connection: connection.scalar(query))
        if found is None:  # written once only: a store that is full has the name already
            row = {"cluster": cluster, "uid": uid, "since": self._clock.now()}
            found = await self._database.write(lambda to: to.scalar(_first(to), row))
        return ClusterUid(str(found))


def _first(connection: AsyncConnection) -> ReturningInsert[tuple[str]]:
    return _FIRST[connection.dialect.name].returning(identities.c.uid)


async def forget(database: Database, cluster: ClusterName) -> bool:
    """Have a name stand for no cluster, and forget its watch; False where it stood for none.

    What it was told stays: incidents, deaths and their stories.
    """

    async def forgotten(connection: AsyncConnection) -> bool:
        done = await connection.execute(delete(identities).where(identities.c.cluster == cluster))
        # Versions, pods and terms were the other cluster's.
        for table in (watch_memory, checkpoints, leaders):
            await connection.execute(delete(table).where(table.c.cluster == cluster))
        return done.rowcount == 1

    return await database.write(forgotten)


async def holders(database: Database) -> Mapping[ClusterName, ClusterUid]:
    """The clusters that names stand for, in the names' order."""
    query = select(identities.c.cluster, identities.c.uid).order_by(identities.c.cluster)
    rows = await database.read(lambda connection: connection.execute(query))
    return {ClusterName(name): ClusterUid(uid) for name, uid in rows}
