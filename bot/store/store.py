"""The store as a whole: opened once, by whoever is to write to it or only wants to look.

What a cluster's leader writes is in `leader`; the rest belongs to all replicas and needs no term.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from bot import logs
from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.model.leadership import Term
from bot.model.pods import ClusterName
from bot.pods.audit import AuditTrail
from bot.store import address, former_pods, migrate
from bot.store.archive import Archive
from bot.store.audit import StoredTrail
from bot.store.backlog import Backlog
from bot.store.chronicle import StoredChronicle
from bot.store.claims import StoredClaims
from bot.store.damage import WAY_OUT, is_damage, look_through
from bot.store.database import Database, open_engine
from bot.store.errands import Errands
from bot.store.failures import StoreUnusable
from bot.store.identities import Identities
from bot.store.leader import LeaderStore
from bot.store.lock import only_writer
from bot.store.own_letters import StoredOwnLetters
from bot.store.past import Past
from bot.store.retention import KEEPS_FOR, Retention
from bot.store.silences import Silences
from bot.store.spending import StoredSpending
from bot.store.stories import Stories
from bot.store.watch import Watched

log = logs.get(__name__)


class Store:
    """All that is kept. `run` writes what may be written a moment later, and prunes."""

    def __init__(
        self, database: Database, clock: Clock, *, audit_log: AuditTrail, keep: timedelta = KEEPS_FOR
    ) -> None:
        self.database = database
        self.claims = StoredClaims(database, clock)
        self.identities = Identities(database, clock)
        self.spending = StoredSpending(database)
        self.silences = Silences(database)
        self.stories = Stories(database)
        self.past = Past(database)
        self.chronicle = StoredChronicle(database)
        self.audit = StoredTrail(database, clock, audit_log)
        self.retention = Retention(database, clock, keep)
        self._clock = clock
        self._gone: Backlog[former_pods.Gone] = Backlog(
            "former pods", partial(former_pods.save, database), clock
        )

    @property
    def is_shared(self) -> bool:
        """Whether several replicas may use it at a time."""
        return not self.database.is_sqlite

    def term(self, cluster: ClusterName, term: Term) -> LeaderStore:
        """What the leader of a cluster writes and reads in its term."""
        return LeaderStore(self.database, cluster, term, self._clock)

    def own_letters(self, replica: str, clusters: Iterable[ClusterName]) -> StoredOwnLetters:
        """What a replica of those that watch these clusters says about podbot itself.

        Where the store is not shared, a process goes on with what the one before has said.
        """
        replica = replica if self.is_shared else ""
        return StoredOwnLetters(self.database, self._clock, replica=replica, clusters=clusters)

    def watched(self, cluster: ClusterName) -> Watched:
        """What is known of a cluster's watch, for a replica that begins to watch it."""
        return Watched(self.database, cluster)

    def archive(self, cluster: ClusterName) -> Archive:
        """The incidents of a cluster, as last written."""
        return Archive(self.database, cluster)

    def errands(self, cluster: ClusterName) -> Errands:
        """What replicas leave for the leader of a cluster."""
        return Errands(self.database, cluster)

    def former_pods(self, cluster: ClusterName) -> former_pods.FormerPods:
        """The pods of a cluster that are gone."""
        return former_pods.FormerPods(self.database, self._gone, cluster)

    async def run(self) -> None:
        """Write what waits, and prune what is too old, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.audit.run(), name="store: audit")
            tasks.create_task(self._gone.run(), name="store: former pods")
            tasks.create_task(self.retention.run(), name="store: retention")

    async def settle(self, seconds: float) -> None:
        """Return when nothing waits to be written any more, or when the time for that is over."""
        await asyncio.gather(self.audit.settle(seconds), self._gone.settle(seconds))


@asynccontextmanager
async def open_store(
    url: str, *, clock: Clock, audit_log: AuditTrail, keep: timedelta = KEEPS_FOR
) -> AsyncIterator[Store]:
    """The store at a URL, brought to this version's schema; closed at the end.

    Raises `StoreUnusable` where the database cannot be worked with as it is, and `StoreUnavailable` where it
    does not answer.
    """
    async with open_to_write(url) as database:
        before = await migrate.upgrade(database)
        if not before.is_current:
            log.info("schema_migrated", before=before.found or "empty", now=before.needed)
        yield Store(database, clock, audit_log=audit_log, keep=keep)


@asynccontextmanager
async def open_to_write(url: str) -> AsyncIterator[Database]:
    """A database that is podbot's or empty, and, if SQLite, nobody else's until this is closed."""
    parsed = address.parse(url)
    async with AsyncExitStack() as stack:
        file = address.file_of(parsed)
        if file is not None:
            stack.enter_context(only_writer(_made(file)))
        database = Database(open_engine(parsed))
        stack.push_async_callback(database.close)
        await _looked_at(database, address.shown(parsed))
        if file is not None:
            await asyncio.to_thread(look_through, file)
            await database.keep_a_log()
        yield database


@asynccontextmanager
async def open_to_read(url: str) -> AsyncIterator[Database]:
    """A database that is podbot's, of this version's schema, beside whoever writes to it."""
    async with open_to_look(url) as database:
        found = await migrate.state(database)
        if not found.is_current:
            raise StoreUnusable(
                f"the database has schema {found.found or 'none'}, and this podbot needs {found.needed}: "
                "run `podbot migrate` (or `podbot run`, which does the same)"
            )
        yield database


@asynccontextmanager
async def open_to_look(url: str) -> AsyncIterator[Database]:
    """A database that is podbot's or empty, of whichever schema this podbot knows."""
    parsed = address.parse(url)
    file = address.file_of(parsed)
    if file is not None and not file.exists():
        raise StoreUnusable(f"{file}: there is no such file; PODBOT_DATABASE_URL says where the store is")
    database = Database(open_engine(parsed, read_only=True))
    try:
        await _looked_at(database, address.shown(parsed))
        yield database
    finally:
        await database.close()


def _made(file: Path) -> Path:
    """The file, made where there was none: logs of pods are in it, and are nobody else's to read."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except FileNotFoundError as error:
        raise StoreUnusable(f"{file.parent}: there is no such folder to put the store into") from error
    except OSError as error:
        raise StoreUnusable(f"{file}: {error.strerror}") from error
    return file


async def _looked_at(database: Database, where: str) -> None:
    """Raise `StoreUnusable` or `StoreUnavailable`, saying where, unless the database may be worked with."""
    try:
        await migrate.state(database)
    except StoreUnusable as problem:
        raise StoreUnusable(f"{where}: {problem}") from problem
    except StoreUnavailable as problem:
        if is_damage(problem.__cause__):
            raise StoreUnusable(f"{where}: {problem}; {WAY_OUT}") from problem
        raise StoreUnavailable(
            f"{where}: {problem}; see whether the database is there, and what PODBOT_DATABASE_URL says"
        ) from problem
