"""What the detector remembers of pods, and how far the watch of each namespace has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import logs
from bot.model.memory import Checkpoint, Memory, PodMemory
from bot.model.pods import ClusterName, PodUid
from bot.store import codec
from bot.store.database import Database, for_each_database, replacing
from bot.store.schema import checkpoints, watch_memory

log = logs.get(__name__)

_PUT = for_each_database(
    lambda insert: (put := insert(watch_memory)).on_conflict_do_update(
        index_elements=list(watch_memory.primary_key), set_=replacing(put, watch_memory)
    )
)
_FORGET = delete(watch_memory).where(
    watch_memory.c.cluster == bindparam("of_cluster"), watch_memory.c.uid == bindparam("gone")
)
_MOVE_ON = for_each_database(
    lambda insert: (put := insert(checkpoints)).on_conflict_do_update(
        index_elements=list(checkpoints.primary_key), set_=replacing(put, checkpoints)
    )
)


async def remember(
    connection: AsyncConnection, cluster: ClusterName, remembered: Mapping[PodUid, PodMemory | None]
) -> None:
    """Write what is known of these pods by now; None: nothing any more."""
    kept = [
        {"cluster": cluster, "uid": uid, "body": codec.pod_memory.write(memory)}
        for uid, memory in remembered.items()
        if memory is not None
    ]
    if kept:
        await connection.execute(_PUT[connection.dialect.name], kept)
    forgotten = [{"of_cluster": cluster, "gone": uid} for uid, memory in remembered.items() if memory is None]
    if forgotten:
        await connection.execute(_FORGET, forgotten)


async def move_on(connection: AsyncConnection, cluster: ClusterName, moved: Sequence[Checkpoint]) -> None:
    """Write how far the watch has come."""
    if moved:
        rows = [
            {"cluster": cluster, "namespace": each.namespace, "version": each.version, "at": each.at}
            for each in moved
        ]
        await connection.execute(_MOVE_ON[connection.dialect.name], rows)


async def leave(connection: AsyncConnection, cluster: ClusterName, left: Sequence[str]) -> None:
    """Forget how far the watch of these namespaces had come."""
    if left:
        await connection.execute(
            delete(checkpoints).where(checkpoints.c.cluster == cluster, checkpoints.c.namespace.in_(left))
        )


async def memory(connection: AsyncConnection, cluster: ClusterName) -> Memory | None:
    """All that is remembered of the cluster's pods; None where it was never watched."""
    rows = await connection.execute(
        select(watch_memory.c.uid, watch_memory.c.body).where(watch_memory.c.cluster == cluster)
    )
    pods: dict[PodUid, PodMemory] = {}
    seen = False
    for uid, body in rows:
        seen = True
        try:
            pods[PodUid(uid)] = codec.pod_memory.read(body)
        except codec.Unreadable:
            log.exception("row_unreadable", what="memory of a pod", name=uid)
    if not seen and not await came_to(connection, cluster):
        return None
    return Memory(cluster=cluster, pods=pods)


async def came_to(connection: AsyncConnection, cluster: ClusterName) -> Sequence[Checkpoint]:
    """How far the watch of each namespace had come."""
    rows = await connection.execute(
        select(checkpoints).where(checkpoints.c.cluster == cluster).order_by(checkpoints.c.namespace)
    )
    return tuple(
        Checkpoint(cluster=cluster, namespace=row.namespace, version=row.version, at=row.at) for row in rows
    )


class Watched:
    """Implements `watch.ports.WatchMemory` for every replica, whether or not it leads: it begins no term."""

    def __init__(self, database: Database, cluster: ClusterName) -> None:
        self._database = database
        self._cluster = cluster

    async def memory(self) -> Memory | None:
        """What the detector knew when last something was saved; None: this cluster was never watched."""
        return await self._database.read(lambda connection: memory(connection, self._cluster))

    async def checkpoints(self) -> Sequence[Checkpoint]:
        """How far the watch of each namespace had come."""
        return await self._database.read(lambda connection: came_to(connection, self._cluster))
