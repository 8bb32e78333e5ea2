"""Pods that are gone, so that a restarted bot still knows who had an address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from sqlalchemy import select

from bot.model.history import FormerPod
from bot.model.pods import ClusterName
from bot.store import codec
from bot.store.backlog import Backlog
from bot.store.database import Database, for_each_database, replacing
from bot.store.schema import former_pods

_PUT = for_each_database(
    lambda insert: (put := insert(former_pods)).on_conflict_do_update(
        index_elements=list(former_pods.primary_key), set_=replacing(put, former_pods)
    )
)


Gone: TypeAlias = tuple[ClusterName, FormerPod]


class FormerPods:
    """Keeps one cluster's pods that are gone."""

    def __init__(self, database: Database, backlog: Backlog[Gone], cluster: ClusterName) -> None:
        self._database = database
        self._backlog = backlog
        self._cluster = cluster

    def note(self, former: FormerPod) -> None:
        """Have one written soon (`watch.history` hands them on as it goes)."""
        self._backlog.put((self._cluster, former))

    async def latest(self, limit: int) -> Sequence[FormerPod]:
        """The last ones to go, in the order in which they went. Raises `StoreUnavailable`."""
        query = (
            select(former_pods.c.uid, former_pods.c.body)
            .where(former_pods.c.cluster == self._cluster)
            .order_by(former_pods.c.gone.desc())
            .limit(limit)
        )
        rows = await self._database.read(lambda connection: connection.execute(query))
        return list(codec.readable(codec.former_pod, map(tuple, rows), "former pod"))[::-1]


async def save(database: Database, gone: Sequence[Gone]) -> None:
    """Write these, of whichever clusters, in one transaction."""
    rows = [
        {"cluster": cluster, "uid": each.uid, "gone": each.gone, "body": codec.former_pod.write(each)}
        for cluster, each in gone
    ]
    if rows:
        await database.write(lambda connection: connection.execute(_PUT[connection.dialect.name], rows))
