"""A database as the rest of the store sees it: short transactions, for reading or for writing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import URL, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import StoreUnavailable
from bot.store.failures import translated

Row: TypeAlias = dict[str, Any]
"""The values of a row by column, on their way in."""

Insert: TypeAlias = sqlite.Insert | postgresql.Insert
"""INSERT with ON CONFLICT, which the two databases spell alike and SQLAlchemy keeps with each."""

WRITERS = 3
"""Transactions at a time, of those that write; SQLite has one."""

READERS = 3
BUSY_FOR = 5.0
"""Seconds that a statement waits for another process's lock, and a task for a free connection."""

IDLE_FOR = 5.0
"""Seconds after which PostgreSQL ends a transaction whose client says nothing: its process hangs, or its
network is gone. Until then nobody gets the locks that it holds, a new leader neither."""

CONNECTS_WITHIN = 5.0
ANSWERS_WITHIN = 15.0

AT_ONCE = 500
"""The most values that go into one IN (...), and the most rows that one step of pruning takes."""

_BEGINS: Final = "podbot_begins"
"""The option of a connection that says how a transaction of SQLite's begins."""

T = TypeVar("T")

Work: TypeAlias = Callable[[AsyncConnection], Awaitable[T]]
"""What is done in one transaction."""


class Database:
    """An engine, and the two kinds of transactions.

    Each runs in a task of its own and to its end: whoever asked may be cancelled meanwhile, and a connection
    is never left in the middle of something. All errors are `StoreUnavailable`, or the work's own.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        # SQLite has one writer at a time. Taking turns here is fair; its own way is to try again and again.
        self._writers = asyncio.Semaphore(1 if self.is_sqlite else WRITERS)
        self._readers = asyncio.Semaphore(READERS)
        self._running: set[asyncio.Task[Any]] = set()

    async def read(self, work: Work[T]) -> T:
        """What `work` reads: of one view of the database, on SQLite; it holds no writer up."""

        async def reading() -> T:
            with translated():
                async with self.engine.connect() as connection:
                    return await work(connection)

        return await self._run(self._readers, reading())

    async def write(self, work: Work[T]) -> T:
        """Have `work` write in a transaction, which an error rolls back, also one of its own."""

        async def writing() -> T:
            with translated():
                async with self.engine.connect() as connection:
                    await connection.execution_options(**{_BEGINS: "BEGIN IMMEDIATE"})
                    async with connection.begin():
                        return await work(connection)

        return await self._run(self._writers, writing())

    async def _run(self, turns: asyncio.Semaphore, work: Coroutine[Any, Any, T]) -> T:
        try:
            async with asyncio.timeout(BUSY_FOR):
                await turns.acquire()
        except TimeoutError:
            work.close()
            raise StoreUnavailable(f"the store has been busy for {BUSY_FOR:g} s") from None
        except asyncio.CancelledError:
            work.close()
            raise
        task = asyncio.create_task(work, name="store: transaction")
        self._running.add(task)
        task.add_done_callback(partial(self._ended, turns))
        return await asyncio.shield(task)

    def _ended(self, turns: asyncio.Semaphore, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        turns.release()
        if not task.cancelled():
            task.exception()  # whoever asked may be gone, and this be the only look at it

    async def keep_a_log(self) -> None:
        """SQLite: write ahead to a log from now on, so that readers and the writer do not wait."""
        with translated():
            async with self.engine.connect() as connection:
                await connection.execution_options(**{_BEGINS: ""})
                await connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    async def close(self) -> None:
        """Let what runs come to its end, and close all connections."""
        if self._running:
            await asyncio.wait(self._running, timeout=BUSY_FOR)
        await self.engine.dispose()


def open_engine(url: URL, *, read_only: bool = False) -> AsyncEngine:
    """An engine for a URL of `address.parse`; nothing is connected yet."""
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(
            url,
            hide_parameters=True,
            pool_size=WRITERS + READERS,
            max_overflow=0,
            pool_timeout=BUSY_FOR,
            connect_args={"timeout": BUSY_FOR},
        )
        _as_wanted(engine, read_only=read_only)
        return engine
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=WRITERS + READERS,
        max_overflow=0,
        pool_timeout=BUSY_FOR,
        pool_pre_ping=True,  # after the server's restart the first to ask does not pay for it
        connect_args={
            "timeout": CONNECTS_WITHIN,
            "command_timeout": ANSWERS_WITHIN,
            "server_settings": {"application_name": "podbot"},
        },
    )
    _bounded(engine)
    return engine


def _bounded(engine: AsyncEngine) -> None:
    """PostgreSQL, set up for each connection: who hangs in a transaction holds up nobody else for long.

    Not as settings of the connection's start, of which poolers in between refuse those they do not know.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET idle_in_transaction_session_timeout = {IDLE_FOR * 1000:.0f}")
        cursor.execute(f"SET lock_timeout = {2 * IDLE_FOR * 1000:.0f}")
        cursor.close()
        connection.commit()


def _as_wanted(engine: AsyncEngine, *, read_only: bool) -> None:
    """SQLite, set up for each connection: durable, with transactions begun by us and not by its driver."""

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = FULL")  # a commit is on the disk when it returns
        cursor.execute("PRAGMA foreign_keys = ON")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Any) -> None:
        # A transaction that begins by reading and wants to write later may find that another one has
        # written meanwhile, and fails then: who is going to write says so at once.
        begin = connection.get_execution_options().get(_BEGINS, "BEGIN")
        if begin:
            connection.exec_driver_sql(begin)


def for_each_database(make: Callable[[Callable[[Table], Insert]], Insert]) -> Mapping[str, Insert]:
    """An INSERT for each database, made once: `statements[connection.dialect.name]`."""
    return {"sqlite": make(sqlite.insert), "postgresql": make(postgresql.insert)}


def replacing(statement: Insert, table: Table) -> dict[str, Any]:
    """For ON CONFLICT DO UPDATE: every column but the key, as it would have been inserted."""
    return {each.name: statement.excluded[each.name] for each in table.columns if not each.primary_key}


def chunks(values: Sequence[T], size: int = AT_ONCE) -> Iterable[Sequence[T]]:
    """Some at a time."""
    return (values[start : start + size] for start in range(0, len(values), size))
