"""What is too old goes, a little at a time, so that nobody who wants to write waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import logs
from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.store.database import AT_ONCE, Database
from bot.store.schema import (
    audit,
    claims,
    deaths,
    errands,
    former_pods,
    incidents,
    letters,
    silences,
    spent,
    stories,
    waits,
)

KEEPS_FOR = timedelta(days=30)

SHORT_LIVED = timedelta(days=1)
"""How long claims, errands and counted deletions are kept: Slack delivers again for an hour at most."""

EVERY = 3600.0
"""Seconds between two rounds."""

PAUSE = 0.1
"""Seconds between two steps of a round."""

log = logs.get(__name__)


class Retention:
    """Deletes what is older than `keep`; never what is still alive."""

    def __init__(self, database: Database, clock: Clock, keep: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._keep = keep

    async def run(self) -> None:
        """Prune every hour, until cancelled."""
        while True:
            try:
                gone = await self.prune(self._clock.now())
            except StoreUnavailable as problem:
                log.warning("not_pruned", reason=str(problem))
            else:
                if gone:
                    log.info("pruned", rows=gone)
            await self._clock.sleep(EVERY)

    async def prune(self, now: datetime) -> int:
        """Delete what is too old by now, step by step; returns how many rows. Raises `StoreUnavailable`."""
        gone = 0
        for table, old in _too_old(now - self._keep, now - SHORT_LIVED).items():
            while True:
                done = await self._step(table, old)
                gone += done
                if done < AT_ONCE:
                    break
                await self._clock.sleep(PAUSE)
        return gone

    async def _step(self, table: Table, old: ColumnElement[bool]) -> int:
        key = tuple_(*table.primary_key.columns)
        some = select(*table.primary_key.columns).where(old).limit(AT_ONCE)

        async def step(connection: AsyncConnection) -> int:
            doomed = [tuple(row) for row in await connection.execute(some)]
            if doomed:
                # Asked again: on PostgreSQL somebody may have revived one meanwhile.
                await connection.execute(delete(table).where(key.in_(doomed), old))
            return len(doomed)

        return await self._database.write(step)


def _too_old(long_ago: datetime, yesterday: datetime) -> Mapping[Table, ColumnElement[bool]]:
    """What may go of each table, in this order: incidents last, as the others ask whether theirs is alive."""
    lives = or_(
        incidents.c.is_open.is_(True), incidents.c.last_at >= long_ago, incidents.c.ended_at >= long_ago
    )

    def of_one_that_lives(table: Table) -> ColumnElement[bool]:
        theirs = and_(incidents.c.cluster == table.c.cluster, incidents.c.id == table.c.incident)
        return exists().where(theirs, lives).correlate(table)

    return {
        deaths: and_(deaths.c.seen_at < long_ago, ~of_one_that_lives(deaths)),
        stories: and_(stories.c.at < long_ago, ~of_one_that_lives(stories)),
        letters: and_(letters.c.changed_at < long_ago, ~waits, ~of_one_that_lives(letters)),
        incidents: and_(
            incidents.c.is_open.is_(False),
            incidents.c.last_at < long_ago,
            func.coalesce(incidents.c.ended_at, incidents.c.last_at) < long_ago,
        ),
        silences: func.coalesce(silences.c.ended_at, silences.c.until) < long_ago,
        former_pods: former_pods.c.gone < long_ago,
        audit: audit.c.at < long_ago,
        claims: claims.c.at < yesterday,
        errands: errands.c.at < yesterday,
        spent: spent.c.at < yesterday,
    }
