"""Leases, by which replicas elect their leader: one writer at a time, whatever the API server is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import ObjectConflict, ObjectNotFound
from bot.model.leadership import LeaseRecord, Term
from bot.ops.leadership import Elector
from tests.contract.stage import Stage
from tests.support.hurried_clock import HurriedClock
from tests.support.waiting import eventually

AT = datetime(2026, 11, 22, 14, 0, 0, 250_000, tzinfo=UTC)
FIRST = LeaseRecord(holder="a", transitions=0, seconds=10, acquired_at=AT, renewed_at=AT)


async def test_what_is_written_is_read_again(stage: Stage) -> None:
    """All of it, to the microsecond; and each write gives it another version."""
    lease = stage.cluster().lease(stage.namespace, "podbot")
    assert await lease.read() is None
    made = await lease.create(FIRST)
    assert replace(made, version="") == FIRST
    assert await lease.read() == made
    later = replace(made, holder="b", transitions=1, renewed_at=AT + timedelta(seconds=3))
    written = await lease.replace(later)
    assert replace(written, version="") == replace(later, version="")
    assert written.version != made.version
    assert await lease.read() == written


async def test_it_can_be_held_by_nobody(stage: Stage) -> None:
    """That is how it is given back."""
    lease = stage.cluster().lease(stage.namespace, "podbot")
    await lease.replace(replace(await lease.create(FIRST), holder=""))
    read = await lease.read()
    assert read is not None
    assert read.holder == ""


async def test_one_of_two_creates_it(stage: Stage) -> None:
    """The other is told that there is one."""
    lease = stage.cluster().lease(stage.namespace, "podbot")
    outcomes = await asyncio.gather(
        *(lease.create(replace(FIRST, holder=name)) for name in "ab"), return_exceptions=True
    )
    assert [type(each) for each in outcomes if not isinstance(each, LeaseRecord)] == [ObjectConflict]


async def test_one_of_many_replaces_it(stage: Stage) -> None:
    """Of all that saw the same version one writes; the others are told that it has changed."""
    lease = stage.cluster().lease(stage.namespace, "podbot")
    made = await lease.create(FIRST)
    names = [f"replica-{number}" for number in range(8)]
    outcomes = await asyncio.gather(
        *(lease.replace(replace(made, holder=name)) for name in names), return_exceptions=True
    )
    (winner,) = (each for each in outcomes if isinstance(each, LeaseRecord))
    assert [type(each) for each in outcomes if each is not winner] == [ObjectConflict] * 7
    assert await lease.read() == winner


async def test_what_is_not_there_is_not_replaced(stage: Stage) -> None:
    """A lease that was deleted is not made anew by whoever held it."""
    lease = stage.cluster().lease(stage.namespace, "podbot")
    with pytest.raises(ObjectNotFound):
        await lease.replace(replace(FIRST, version="1"))


class CountingClock(HurriedClock):
    """As fast as the machine's; counts what was slept."""

    def __init__(self) -> None:
        super().__init__(speed=1)
        self.waited = 0.0

    async def sleep(self, seconds: float) -> None:
        self.waited += seconds
        await super().sleep(seconds)


async def test_two_electors_take_turns(stage: Stage) -> None:
    """The leader that is stopped is followed within 2 seconds of waiting, in the next term."""
    terms: list[tuple[str, Term]] = []
    clocks = {name: CountingClock() for name in "ab"}

    def campaign(name: str) -> asyncio.Task[None]:
        lease = stage.cluster().lease(stage.namespace, "podbot")
        elector = Elector(lease, name, clocks[name], seconds=5)

        async def lead(term: Term) -> None:
            terms.append((name, term))
            await asyncio.Event().wait()

        return asyncio.create_task(elector.run(lead), name=name)

    tasks = {name: campaign(name) for name in "ab"}
    await eventually(lambda: len(terms) == 1)
    first = tasks[terms[0][0]]
    (second,) = (clocks[name] for name in clocks if name != terms[0][0])
    first.cancel()
    waited = second.waited
    await asyncio.wait({first})
    await eventually(lambda: len(terms) == 2)
    assert second.waited - waited < 2
    assert [term for _, term in terms] == [1, 2]
    for task in tasks.values():
        task.cancel()
    await asyncio.wait(tasks.values())
