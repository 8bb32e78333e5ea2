"""What is taken in, and what is remembered of it."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import StoreUnavailable
from bot.slack.intake import Busy, Intake, Stopping
from tests.support.memory_claims import MemoryClaims


async def test_only_so_many_deliveries_are_remembered() -> None:
    """Memory has a bound; the oldest are forgotten first."""
    intake = Intake(remembered=2)
    assert [await intake.is_new(key) for key in ("a", "b", "c", "b", "a")] == [True, True, True, False, True]


async def test_replicas_take_a_delivery_once() -> None:
    """Slack may bring it again to another of them; of all that get it, one serves it."""
    claims = MemoryClaims()
    intakes = [Intake(claims=claims) for _ in range(3)]
    taken = await asyncio.gather(*(intake.is_new("Ev1") for intake in (*intakes, *intakes)))
    assert taken.count(True) == 1
    assert await intakes[0].is_new("Ev2")


async def test_without_the_store_each_replica_remembers_its_own() -> None:
    """A command is served rather than refused, and not acknowledged late."""
    claims = MemoryClaims()
    claims.trouble = StoreUnavailable("the database is away")
    intake = Intake(claims=claims)
    assert [await intake.is_new(key) for key in ("a", "a", "b")] == [True, False, True]
    claims.trouble, claims.hangs = None, True
    async with asyncio.timeout(2):
        assert [await intake.is_new(key) for key in ("c", "c")] == [True, False]


async def test_a_turn_ends_with_its_request() -> None:
    """A request that failed makes room like one that went well."""
    intake = Intake(most_at_once=1)
    with pytest.raises(KeyError), intake.turn():
        raise KeyError
    with intake.turn():
        assert intake.running == 1
        with pytest.raises(Busy, match="busy with 1"), intake.turn():
            pass
    assert intake.running == 0


async def test_draining_waits_for_what_runs() -> None:
    """Nothing is cut off that ends in time, and nothing new begins."""
    intake, gate, ended = Intake(), asyncio.Event(), []

    async def serve() -> None:
        with intake.turn():
            await gate.wait()
            ended.append("well")

    task = asyncio.create_task(serve())
    await asyncio.sleep(0)
    draining = asyncio.create_task(intake.drain(5))
    await asyncio.sleep(0)
    with pytest.raises(Stopping), intake.turn():
        pass
    gate.set()
    await asyncio.gather(task, draining)
    assert ended == ["well"]
