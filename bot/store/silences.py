"""Silences: what is kept of each, from when it was asked for to when it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.incidents import SilenceId
from bot.model.silences import Silence
from bot.store import codec
from bot.store.database import Database, for_each_database, replacing
from bot.store.schema import silences

_PUT = for_each_database(
    lambda insert: (put := insert(silences)).on_conflict_do_update(
        index_elements=list(silences.primary_key), set_=replacing(put, silences)
    )
)


async def put(connection: AsyncConnection, changed: Sequence[Silence]) -> None:
    """Write these in place of what was there."""
    rows = [
        {
            "id": each.id,
            "cluster": each.scope.cluster,
            "author": each.author,
            "created_at": each.created_at,
            "until": each.until,
            "ended_at": each.ended_at,
            "body": codec.silence.write(each),
        }
        for each in changed
    ]
    if rows:
        await connection.execute(_PUT[connection.dialect.name], rows)


class Silences:
    """Keeps the silences of all clusters. Everything raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, *changed: Silence) -> None:
        """Write these in place of what was there, in one transaction."""
        await self._database.write(lambda connection: put(connection, changed))

    async def get(self, identity: SilenceId) -> Silence | None:
        """The silence of this id."""
        return next(iter(await self._where(silences.c.id == identity)), None)

    async def change(self, identity: SilenceId, change: Callable[[Silence], Silence]) -> Silence | None:
        """Make another of a silence that is there, in one transaction; None where there is none."""
        query = select(silences.c.id, silences.c.body).where(silences.c.id == identity).with_for_update()

        async def changed(connection: AsyncConnection) -> Silence | None:
            rows = await connection.execute(query)
            before = next(codec.readable(codec.silence, map(tuple, rows), "silence"), None)
            after = change(before) if before is not None else None
            if after is not None and after != before:
                await put(connection, (after,))
            return after

        return await self._database.write(changed)

    async def not_ended(self) -> Sequence[Silence]:
        """Those that nobody has noted the end of, their time over or not; oldest first."""
        return await self._where(silences.c.ended_at.is_(None))

    async def _where(self, condition: ColumnElement[bool]) -> Sequence[Silence]:
        query = (
            select(silences.c.id, silences.c.body)
            .where(condition)
            .order_by(silences.c.created_at, silences.c.id)
        )
        rows = await self._database.read(lambda connection: connection.execute(query))
        return tuple(codec.readable(codec.silence, map(tuple, rows), "silence"))
