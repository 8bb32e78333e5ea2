"""What a cluster's leader keeps in its term: all that its incidents and outbox write and read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.errors import Deposed
from bot.incidents.records import Batch, KeptIncident
from bot.model.deaths import DeathId
from bot.model.incidents import IncidentId
from bot.model.leadership import Term
from bot.model.letters import KeptLetter, LetterKey, Posted
from bot.model.pods import ClusterName
from bot.store import incidents, ledger, outbox, stories, watch
from bot.store.database import Database, Work, for_each_database
from bot.store.schema import leaders

T = TypeVar("T")

_TAKE = for_each_database(
    lambda insert: insert(leaders).on_conflict_do_nothing(index_elements=list(leaders.primary_key))
)


class LeaderStore:
    """Implements `incidents.store_ports.IncidentStore` and `outbox.ports.OutboxStore`.

    The first call of any kind begins the term: from then on nothing of an earlier one is written any more,
    hence what is read is the last word of the leader before. Every call raises `StoreUnavailable` where the
    database does not do its part, and `Deposed` once a later term has begun.
    """

    def __init__(self, database: Database, cluster: ClusterName, term: Term, clock: Clock) -> None:
        self._database = database
        self._cluster = cluster
        self._term = term
        self._clock = clock
        self._begun = False
        self.reached: frozenset[str] = frozenset()
        """Namespaces of which it was written in this term how far the watch has come."""

    async def known(self, deaths: Sequence[DeathId]) -> frozenset[DeathId]:
        """Which of these deaths the ledger has already, those among them that nobody saw."""
        return await self._read(lambda connection: ledger.known(connection, self._cluster, deaths))

    async def save(self, batch: Batch) -> None:
        """Write all of it in one transaction."""

        async def save(connection: AsyncConnection) -> None:
            await ledger.record(connection, self._cluster, batch.deaths)
            await incidents.put(connection, self._cluster, batch.incidents)
            await outbox.put(connection, self._cluster, batch.letters, self._clock.now())
            await watch.remember(connection, self._cluster, batch.remembered)
            await watch.move_on(connection, self._cluster, batch.checkpoints)
            await watch.leave(connection, self._cluster, batch.unwatched)
            await stories.put(connection, self._cluster, batch.stories)
            await ledger.move(connection, self._cluster, [each.incident for each in batch.incidents])
            await ledger.catch_up(connection, self._cluster, _tellers(batch))

        await self._write(save)
        self.reached |= {each.namespace for each in batch.checkpoints}

    async def taken(self, ids: Sequence[IncidentId]) -> frozenset[IncidentId]:
        """Which of these ids an incident of any cluster has, or had within the retention."""
        return await self._read(lambda connection: incidents.taken(connection, ids))

    async def live(self) -> Sequence[KeptIncident]:
        """The incidents that are open, or may be reopened."""
        now = self._clock.now()
        return await self._read(lambda connection: incidents.live(connection, self._cluster, now))

    async def kept(self) -> Sequence[KeptLetter]:
        """All letters that wait, or may still get another wording, and those in whose threads they go."""
        return await outbox.kept(self._read, self._cluster)

    async def note(self, key: LetterKey, posted: Posted, at: datetime) -> None:
        """Remember how far a letter has come, and that its deaths are announced."""

        async def note(connection: AsyncConnection) -> None:
            await outbox.note(connection, self._cluster, key, posted, at)
            if posted.revision:
                await ledger.announce(connection, self._cluster, key, posted.revision, at)

        await self._write(note)

    async def give_up(self, key: LetterKey, problem: str, at: datetime) -> None:
        """Lay a letter aside; it is kept with the reason, and never among `kept` again."""
        await self._write(lambda connection: outbox.give_up(connection, self._cluster, key, problem, at))

    async def _read(self, work: Work[T]) -> T:
        if not self._begun:
            await self._write(_nothing)
        return await self._database.read(work)

    async def _write(self, work: Work[T]) -> T:
        async def lead_and_write(connection: AsyncConnection) -> T:
            await self._lead(connection)
            return await work(connection)

        done = await self._database.write(lead_and_write)
        self._begun = True
        return done

    async def _lead(self, connection: AsyncConnection) -> None:
        """Raise `Deposed` where a later term has begun; none can begin until this transaction ends."""
        mine = {"cluster": self._cluster, "term": self._term}
        # On PostgreSQL the row's lock makes other writers of the cluster wait; SQLite has one writer anyway.
        begun = select(leaders.c.term).where(leaders.c.cluster == self._cluster).with_for_update()
        latest = await connection.scalar(begun)
        if latest is None:
            await connection.execute(_TAKE[connection.dialect.name], mine)
            latest = (await connection.execute(begun)).scalar_one()
        if latest > self._term:
            raise Deposed(
                f"{self._cluster}: term {latest} has begun; nothing of term {self._term} is written any more"
            )
        if latest < self._term:
            await connection.execute(
                update(leaders).where(leaders.c.cluster == self._cluster).values(term=self._term)
            )


def _tellers(batch: Batch) -> frozenset[IncidentId]:
    """The incidents whose messages tell of deaths that are new to them with this."""
    merged = [
        teller.id for _, teller in ledger.tellers([each.incident for each in batch.incidents]) if teller
    ]
    return frozenset([*(each.told_by for each in batch.deaths), *merged])


async def _nothing(connection: AsyncConnection) -> None:
    """What is written to begin a term, and nothing else."""
