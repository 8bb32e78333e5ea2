"""The store away and back again, writers that are stopped half-way, and what becomes of a waiting backlog."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import SystemClock
from bot.errors import StoreUnavailable
from bot.model.leadership import Term
from bot.store.database import IDLE_FOR
from bot.store.store import Store, open_store
from tests.support.deaths import CLUSTER, a_death
from tests.support.postgres import Postgres, need_programs
from tests.support.stores import Entries, a_batch, an_incident
from tests.support.waiting import eventually


@pytest.fixture
async def server() -> AsyncIterator[Postgres]:
    """A server that no other test uses, as it is stopped."""
    with Postgres(need_programs()) as running:
        yield running


@pytest.mark.postgres
async def test_a_server_that_was_away_is_found_again(server: Postgres) -> None:
    """While it is away every attempt says so, soon; once it is back, the next one is done."""
    death, later = a_death(restart=0), a_death(restart=1)
    async with open_store(server.new_database(), clock=SystemClock(), audit_log=Entries()) as store:
        kept = store.term(CLUSTER, Term(1))
        await kept.save(a_batch(an_incident("1F3K", death), death))
        await asyncio.to_thread(server.stop)
        for _ in range(2):
            async with asyncio.timeout(10):
                with pytest.raises(StoreUnavailable, match="Connect call failed"):
                    await kept.save(a_batch(an_incident("1F3K", death, later), later))
        await asyncio.to_thread(server.start)
        await kept.save(a_batch(an_incident("1F3K", death, later), later))
        assert await kept.known([death.id, later.id]) == {death.id, later.id}


@pytest.mark.postgres
@pytest.mark.parametrize("hard", [pytest.param(False, id="politely"), pytest.param(True, id="as-a-crash")])
async def test_a_server_that_was_restarted_unnoticed_costs_nothing(server: Postgres, hard: bool) -> None:
    """Connections that are dead are not handed out."""
    death = a_death()
    async with open_store(server.new_database(), clock=SystemClock(), audit_log=Entries()) as store:
        kept = store.term(CLUSTER, Term(1))
        await asyncio.gather(*(store.claims.first(f"Ev{number}") for number in range(10)))
        await asyncio.to_thread(server.restart, hard=hard)
        await kept.save(a_batch(an_incident("1F3K", death), death))
        assert await store.claims.taken("Ev1")


@pytest.mark.postgres
async def test_a_server_that_goes_away_in_the_middle_loses_nothing_it_confirmed(server: Postgres) -> None:
    """Crashed while being written to: each batch is there whole if it was confirmed, and none is in part."""
    confirmed: list[int] = []
    async with open_store(server.new_database(), clock=SystemClock(), audit_log=Entries()) as store:
        kept = store.term(CLUSTER, Term(1))

        async def write_on() -> None:
            for number in range(10_000):
                deaths = [a_death(uid=f"uid-{number}", restart=restart) for restart in range(3)]
                with suppress(StoreUnavailable):
                    await kept.save(a_batch(an_incident(f"I{number}", *deaths), *deaths))
                    confirmed.append(number)

        writing = asyncio.create_task(write_on(), name="writing")
        for _ in range(2):
            confirmed_so_far = len(confirmed)
            await eventually(partial(more_than, confirmed, confirmed_so_far + 5))
            await asyncio.to_thread(server.restart, hard=True)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        there = {number: len(await ledger_of(store, number)) for number in range(max(confirmed) + 2)}
    assert {number for number, lines in there.items() if lines == 3} >= set(confirmed)
    assert set(there.values()) <= {0, 3}


@pytest.mark.postgres
async def test_a_leader_that_hangs_in_a_transaction_does_not_hold_up_the_next(postgres_url: str) -> None:
    """Stopped, or cut off from the network: nothing of what it had begun is written."""
    mine, theirs = a_death(uid="uid-1"), a_death(uid="uid-2")
    hung, goes_on = asyncio.Event(), asyncio.Event()
    async with (
        open_store(postgres_url, clock=SystemClock(), audit_log=Entries()) as old,
        open_store(postgres_url, clock=SystemClock(), audit_log=Entries()) as new,
    ):
        await old.term(CLUSTER, Term(1)).save(a_batch(an_incident("1111", mine), mine))

        async def hang(connection: AsyncConnection) -> None:
            await connection.execute(text("SELECT term FROM leaders FOR UPDATE"))
            await connection.execute(text("DELETE FROM deaths"))
            hung.set()
            await goes_on.wait()

        hanging = asyncio.create_task(old.database.write(hang), name="a leader that hangs")
        await hung.wait()
        async with asyncio.timeout(2 * IDLE_FOR):
            await new.term(CLUSTER, Term(2)).save(a_batch(an_incident("2222", theirs), theirs))
        goes_on.set()
        with pytest.raises(StoreUnavailable):
            await hanging
        assert await new.term(CLUSTER, Term(2)).known([mine.id, theirs.id]) == {mine.id, theirs.id}


def more_than(things: list[int], number: int) -> bool:
    """Whether there are so many by now."""
    return len(things) > number


async def ledger_of(store: Store, number: int) -> frozenset[object]:
    """Which deaths of a batch are there."""
    ids = [a_death(uid=f"uid-{number}", restart=restart).id for restart in range(3)]
    return frozenset(await store.term(CLUSTER, Term(1)).known(ids))


async def test_who_is_cancelled_half_way_leaves_nothing_behind(store_url: str) -> None:
    """Neither half a transaction, nor a lock on which the next one waits; at whichever step it happens."""
    async with open_store(store_url, clock=SystemClock(), audit_log=Entries()) as store:
        kept = store.term(CLUSTER, Term(1))
        for number in range(40):
            deaths = [a_death(uid=f"uid-{number}", restart=restart) for restart in range(3)]
            saving = asyncio.create_task(kept.save(a_batch(an_incident(f"I{number}", *deaths), *deaths)))
            await asyncio.sleep(number * 0.0003)
            saving.cancel()
            await asyncio.gather(saving, return_exceptions=True)
            async with asyncio.timeout(5):
                assert len(await ledger_of(store, number)) in {0, 3}
        death = a_death(uid="uid-after")
        async with asyncio.timeout(5):
            await kept.save(a_batch(an_incident("AFTER", death), death))
