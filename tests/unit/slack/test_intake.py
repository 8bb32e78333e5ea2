"""What is taken in, and what is remembered of it."""

from __future__ import annotations

import asyncio

import pytest

from bot.slack.intake import Busy, Intake, Stopping


def test_only_so_many_deliveries_are_remembered() -> None:
    """Memory has a bound; the oldest are forgotten first."""
    intake = Intake(remembered=2)
    assert [intake.is_new(key) for key in ("a", "b", "c", "b", "a")] == [True, True, True, False, True]


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
