"""Acts on live incidents, left by one replica for the one that leads the cluster; and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from bot.incidents.acts import Act, ActResult
from bot.model.pods import ClusterName
from bot.store import codec
from bot.store.database import Database
from bot.store.schema import errands

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredErrand:
    """An act that waits for the replica that leads."""

    id: str
    act: Act


class Errands:
    """Implements `incidents.store_ports.ErrandStore` for a cluster. Everything raises `StoreUnavailable`."""

    def __init__(self, database: Database, cluster: ClusterName) -> None:
        self._database = database
        self._cluster = cluster

    async def put(self, errand: str, act: Act) -> None:
        """Leave an act for the leader, under an id of its own."""
        row = {"id": errand, "cluster": self._cluster, "at": act.at, "body": codec.act.write(act)}
        await self._database.write(lambda connection: connection.execute(insert(errands), row))

    async def waiting(self) -> Sequence[StoredErrand]:
        """Those that nobody has taken, oldest first; one that cannot be read is left to its asker."""
        query = (
            select(errands.c.id, errands.c.body)
            .where(errands.c.cluster == self._cluster, errands.c.taken_at.is_(None))
            .order_by(errands.c.at, errands.c.id)
            .limit(MOST_AT_ONCE)
        )
        rows = await self._database.read(lambda connection: connection.execute(query))
        return tuple(
            StoredErrand(id=row.id, act=act)
            for row in rows
            for act in codec.readable(codec.act, [(row.id, row.body)], "errand")
        )

    async def take(self, errand: str, at: datetime) -> bool:
        """Take one; False where it was taken before."""
        take = update(errands).where(errands.c.id == errand, errands.c.taken_at.is_(None)).values(taken_at=at)
        done = await self._database.write(lambda connection: connection.execute(take))
        return done.rowcount == 1

    async def answer(self, errand: str, result: ActResult, at: datetime) -> None:
        """Write what came of one that was taken."""
        written = codec.act_result.write(result)
        answer = update(errands).where(errands.c.id == errand).values(answer=written, answered_at=at)
        await self._database.write(lambda connection: connection.execute(answer))

    async def result(self, errand: str) -> ActResult | None:
        """What came of one; None while that is not known."""
        query = select(errands.c.id, errands.c.answer).where(
            errands.c.id == errand, errands.c.answer.is_not(None)
        )
        rows = await self._database.read(lambda connection: connection.execute(query))
        return next(codec.readable(codec.act_result, map(tuple, rows), "answer of an errand"), None)
