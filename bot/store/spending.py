"""What people have used of their limits, counted for all replicas together."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.people import UserId
from bot.store.database import Database
from bot.store.schema import spent


class StoredSpending:
    """Implements `pods.ports.Spending`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spend(self, person: UserId, pods: int, *, at: datetime, limit: int, within: timedelta) -> int:
        """How many pods a person deleted in the time before `at`; `pods` are counted, too, if they may be."""

        async def spend(connection: AsyncConnection) -> int:
            if not self._database.is_sqlite:
                # There may be no row yet that could be locked; SQLite has one writer anyway.
                await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"spent/{person}"))))
            since = and_(spent.c.person == person, spent.c.at > at - within)
            used = await connection.scalar(select(func.coalesce(func.sum(spent.c.pods), 0)).where(since)) or 0
            if pods > 0 and used + pods <= limit:
                await connection.execute(insert(spent), {"person": person, "at": at, "pods": pods})
            return int(used)

        return await self._database.write(spend)
