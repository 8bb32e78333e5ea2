"""Databases of every kind and age: what is brought up to date, and what is refused, in words."""

from __future__ import annotations

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import SystemClock
from bot.model.leadership import Term
from bot.pods.audit import LogTrail
from bot.store import command, migrate
from bot.store.failures import StoreUnusable
from bot.store.schema import metadata
from bot.store.store import Store, open_store, open_to_read, open_to_write
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death
from tests.support.stores import a_batch, an_incident


async def said_by(url: str, statement: str) -> None:
    """Have a statement done, by somebody else as it were."""
    async with open_to_write(url) as database:
        await database.write(lambda connection: connection.execute(text(statement)))


async def test_the_migrations_lead_to_the_schema_that_is_written_down(store: Store) -> None:
    """Tables, columns, types, indexes: who changes one has to change the other."""

    def differences(connection: Connection) -> list[object]:
        options = {"version_table": migrate.VERSION_TABLE, "compare_type": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    assert await store.database.read(lambda connection: connection.run_sync(differences)) == []


async def test_an_empty_database_is_set_up_once(store_url: str, held_clock: HeldClock) -> None:
    """And opened as it is from then on."""
    death = a_death()
    for _ in range(2):
        async with open_store(store_url, clock=held_clock, audit_log=LogTrail()) as store:
            await store.term(CLUSTER, Term(1)).save(a_batch(an_incident("1F3K", death), death))
    async with open_to_read(store_url) as database:
        assert (await migrate.state(database)).is_current


async def test_a_newer_schema_is_refused_with_both_versions(store_url: str) -> None:
    """An older podbot must not write into tables that it does not know."""
    await command.migrated(store_url)
    await said_by(store_url, "UPDATE podbot_schema SET version_num = '9999'")
    for act in (command.migrated, command.is_current):
        with pytest.raises(StoreUnusable, match=r"has schema 9999.*schemas up to \d{4}.*newer podbot"):
            await act(store_url)


async def test_a_database_of_somebody_elses_is_left_alone(store_url: str) -> None:
    """Its tables are named, and none is added."""
    await said_by(store_url, "CREATE TABLE orders (id INTEGER)")
    with pytest.raises(StoreUnusable, match=r"not podbot's \(orders"):
        await command.migrated(store_url)


async def test_looking_changes_nothing(store_url: str) -> None:
    """`podbot migrate --check` and `podbot incidents` leave a database that is not up to date as it is."""
    async with open_to_write(store_url):
        pass
    current, words = await command.is_current(store_url)
    assert (current, "`podbot migrate` brings it to" in words) == (False, True)
    with pytest.raises(StoreUnusable, match="run `podbot migrate`"):
        await command.incidents(
            store_url, SystemClock(), SystemClock().now() - SystemClock().now(), as_json=True
        )
    assert (await command.is_current(store_url))[0] is False
    assert "migrated from an empty database" in await command.migrated(store_url)
    assert "is up to date" in await command.migrated(store_url)


@pytest.mark.postgres
async def test_replicas_that_start_together_migrate_once(postgres_url: str) -> None:
    """The others wait for the first, and find it done."""
    said = await asyncio.gather(*(command.migrated(postgres_url) for _ in range(4)))
    assert sorted("migrated from" in each for each in said) == [False, False, False, True]


async def test_the_past_is_read_beside_a_running_bot(store: Store, store_url: str) -> None:
    """Without waiting for it, and without its being in the way."""
    death = a_death()

    async def look_meanwhile(connection: AsyncConnection) -> None:
        await connection.execute(text("DELETE FROM claims"))
        async with open_to_read(store_url) as database:
            assert (await migrate.state(database)).is_current

    await store.database.write(look_meanwhile)
    await store.term(CLUSTER, Term(1)).save(a_batch(an_incident("1F3K", death), death))
