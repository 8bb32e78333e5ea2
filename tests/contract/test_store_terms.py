"""One leader at a time writes: what an older term still wants to write is refused, on every database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.errors import Deposed
from bot.incidents.records import Batch
from bot.model.incidents import IncidentId
from bot.model.leadership import Term
from bot.model.letters import LetterKey
from bot.model.pods import ClusterName
from bot.store.leader import LeaderStore
from bot.store.store import Store
from tests.support.deaths import CLUSTER, a_death
from tests.support.pods import at
from tests.support.stores import a_batch, an_incident, posted

Act = Callable[[LeaderStore], Awaitable[object]]

WRITES: list[Act] = [
    lambda kept: kept.save(Batch()),
    lambda kept: kept.note(LetterKey("word"), posted(1), at(12)),
    lambda kept: kept.give_up(LetterKey("word"), "is_archived", at(12)),
]
READS: list[Act] = [
    lambda kept: kept.known([a_death().id]),
    lambda kept: kept.live(),
    lambda kept: kept.kept(),
    lambda kept: kept.taken([IncidentId("1F3K")]),
]


@pytest.mark.parametrize("write", WRITES, ids=["save", "note", "give-up"])
async def test_a_deposed_leader_writes_nothing_more(store: Store, write: Act) -> None:
    """From the moment in which the next one begins."""
    old, new = store.term(CLUSTER, Term(1)), store.term(CLUSTER, Term(2))
    await write(old)
    await new.live()
    with pytest.raises(Deposed, match="term 2 has begun"):
        await write(old)
    await write(new)


@pytest.mark.parametrize("begin", [*WRITES, *READS])
async def test_whatever_a_leader_does_first_begins_its_term(store: Store, begin: Act) -> None:
    """What it reads is then the last word of the one before."""
    old, new = store.term(CLUSTER, Term(6)), store.term(CLUSTER, Term(7))
    await old.save(Batch())
    await begin(new)
    with pytest.raises(Deposed):
        await old.save(Batch())


async def test_who_comes_too_late_is_told_at_its_first_question(store: Store) -> None:
    """It must not take old news for new."""
    await store.term(CLUSTER, Term(3)).save(Batch())
    with pytest.raises(Deposed):
        await store.term(CLUSTER, Term(2)).live()


async def test_a_leader_that_comes_back_in_its_own_term_goes_on(store: Store) -> None:
    """As the only process there is does after a restart."""
    death = a_death()
    await store.term(CLUSTER, Term(1)).save(a_batch(an_incident("1F3K", death), death))
    assert len(await store.term(CLUSTER, Term(1)).live()) == 1


async def test_each_cluster_has_a_leader_of_its_own(store: Store) -> None:
    """A take-over there is nothing to this one."""
    here = store.term(CLUSTER, Term(1))
    await here.save(Batch())
    await store.term(ClusterName("prod-us"), Term(9)).save(Batch())
    await here.save(Batch())


async def test_nothing_of_an_old_term_is_written_after_the_new_one_has_read(store: Store) -> None:
    """However closely they come after each other: what the new leader does not find is refused to the old."""
    for round_number in range(20):
        old = store.term(CLUSTER, Term(2 * round_number + 1))
        new = store.term(CLUSTER, Term(2 * round_number + 2))
        deaths = [a_death(uid=f"uid-{round_number}-{number}") for number in range(6)]
        batches = [a_batch(an_incident(f"{round_number}-{each.id.uid[-1]}", each), each) for each in deaths]
        await old.save(batches[0])

        async def take_over(new: LeaderStore = new, half_way: float = round_number / 4000) -> set[str]:
            await asyncio.sleep(half_way)
            return {each.incident.id for each in await new.live()}

        found, *ends = await asyncio.gather(
            take_over(), *(old.save(each) for each in batches[1:]), return_exceptions=True
        )
        written = {
            batch.incidents[0].incident.id
            for batch, end in zip(batches[1:], ends, strict=True)
            if end is None
        }
        assert all(end is None or isinstance(end, Deposed) for end in ends), ends
        assert isinstance(found, set)
        assert written <= found
