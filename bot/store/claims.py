"""What replicas tell each other that something was taken, so that a delivery that comes twice acts once."""

from __future__ import annotations

from sqlalchemy import select

from bot.clock import Clock
from bot.store.database import Database, for_each_database
from bot.store.schema import claims

_TAKE = for_each_database(lambda insert: insert(claims).on_conflict_do_nothing())


class StoredClaims:
    """Implements `pods.ports.Claims`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def first(self, key: str) -> bool:
        """Take a key; False where it was taken before."""
        row = {"key": key, "at": self._clock.now()}
        done = await self._database.write(lambda to: to.execute(_TAKE[to.dialect.name], row))
        return done.rowcount == 1

    async def taken(self, key: str) -> bool:
        """Whether a key was taken."""
        query = select(claims.c.key).where(claims.c.key == key)
        return await self._database.read(lambda connection: connection.scalar(query)) is not None
