"""Which cluster a name stands for, over every database that podbot runs on."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import PodbotError
from bot.incidents.records import Batch
from bot.model.leadership import Term
from bot.model.memory import Checkpoint, Memory, PodMemory
from bot.model.pods import ALL_NAMESPACES, ClusterName, ClusterUid, PodUid
from bot.store import command, identities
from bot.store.store import Store, open_store
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death
from tests.support.pods import at
from tests.support.stores import Entries, a_batch, an_incident

FIRST, SECOND = ClusterUid("uid-of-the-first"), ClusterUid("uid-of-the-second")
OTHER = ClusterName("prod-us")
SEEN = PodMemory(counted={})


async def test_the_first_of_a_name_has_it(store: Store) -> None:
    """From then on, whoever asks; other names are others'."""
    assert await store.identities.holder(CLUSTER, FIRST) == FIRST
    assert await store.identities.holder(CLUSTER, SECOND) == FIRST
    assert await store.identities.holder(CLUSTER, FIRST) == FIRST
    assert await store.identities.holder(OTHER, SECOND) == SECOND
    assert await identities.holders(store.database) == {CLUSTER: FIRST, OTHER: SECOND}


async def test_of_many_that_come_at_once_one_has_the_name(store: Store) -> None:
    """And all of them learn which."""
    uids = [ClusterUid(f"uid-{number}") for number in range(12)]
    found = await asyncio.gather(*(store.identities.holder(CLUSTER, uid) for uid in uids))
    assert len(set(found)) == 1
    assert set(found) < set(uids)


async def test_a_name_that_was_freed_is_the_next_ones(store_url: str, held_clock: HeldClock) -> None:
    """What was known of its pods, versions and terms is gone with it; what was told stays."""
    death = a_death()
    checkpoint = Checkpoint(cluster=CLUSTER, namespace=ALL_NAMESPACES, version="7", at=at(0))
    async with open_store(store_url, clock=held_clock, audit_log=Entries()) as store:
        for name in (CLUSTER, OTHER):
            await store.identities.holder(name, FIRST)
        batch = a_batch(
            an_incident("1F3K", death),
            death,
            remembered={PodUid("uid-1"): SEEN},
            checkpoints=(checkpoint,),
        )
        await store.term(CLUSTER, Term(7)).save(batch)
        await store.term(OTHER, Term(7)).save(Batch(remembered={PodUid("uid-1"): SEEN}))
    assert f"{CLUSTER} is forgotten" in await command.forgotten(store_url, CLUSTER)
    async with open_store(store_url, clock=held_clock, audit_log=Entries()) as store:
        assert await store.identities.holder(CLUSTER, SECOND) == SECOND
        assert await store.watched(CLUSTER).memory() is None
        assert await store.watched(CLUSTER).checkpoints() == ()
        live = await store.term(CLUSTER, Term(1)).live()
        assert [each.incident.id for each in live] == ["1F3K"]
        assert await store.identities.holder(OTHER, SECOND) == FIRST
        assert await store.watched(OTHER).memory() == Memory(cluster=OTHER, pods={PodUid("uid-1"): SEEN})


async def test_a_name_that_nobody_has_cannot_be_freed(store_url: str, held_clock: HeldClock) -> None:
    """A slip of the pen changes nothing, and the names that there are, are said."""
    async with open_store(store_url, clock=held_clock, audit_log=Entries()) as store:
        await store.identities.holder(CLUSTER, FIRST)
    with pytest.raises(PodbotError, match=f"no cluster is called 'prodeu'; there are: {CLUSTER}"):
        await command.forgotten(store_url, ClusterName("prodeu"))
