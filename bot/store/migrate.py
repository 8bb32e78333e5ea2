"""Brings a database to this version's schema, or says why that cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.failures import StoreUnusable

VERSION_TABLE = "podbot_schema"
"""Where Alembic keeps the version; under its usual name it might be another program's."""

_STEPS = Path(__file__).parent / "migrations"

_LOCK = 0x706F64626F74  # "podbot"
"""The number of the advisory lock under which PostgreSQL lets one replica at a time change the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """Which version of the schema a database has, and which this podbot needs."""

    found: str | None
    """None: it is empty."""
    needed: str

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to migrate."""
        return self.found == self.needed


async def state(database: Database) -> SchemaState:
    """How things stand. Raises `StoreUnusable` where the database is newer, or not podbot's."""
    return await database.read(lambda connection: connection.run_sync(_state))


async def upgrade(database: Database) -> SchemaState:
    """Bring the schema up to date; returns how it stood before.

    All steps are one transaction, under a lock: of several replicas that start together one does it, and one
    that is killed half-way leaves nothing behind. Raises as `state` does.
    """

    async def up(connection: AsyncConnection) -> SchemaState:
        if not database.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = await connection.run_sync(_state)
        if not before.is_current:
            await connection.run_sync(_upgrade)
        return before

    return await database.write(up)


def _state(connection: Connection) -> SchemaState:
    steps = ScriptDirectory.from_config(_config(connection))
    needed = steps.get_current_head()
    if needed is None:
        raise StoreUnusable("this podbot has lost its migrations: install it anew")
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        if tables:
            raise StoreUnusable(
                f"the database holds tables that are not podbot's ({', '.join(sorted(tables)[:3])}…): "
                "give podbot a database of its own in PODBOT_DATABASE_URL"
            )
        return SchemaState(found=None, needed=needed)
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    found = context.get_current_revision()
    known = {each.revision for each in steps.walk_revisions()}
    if found is not None and found not in known:
        raise StoreUnusable(
            f"the database has schema {found}, and this podbot knows schemas up to {needed}: it was written "
            "by a newer podbot; run that one, or go back to a backup from before the upgrade"
        )
    return SchemaState(found=found, needed=needed)


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    return config
