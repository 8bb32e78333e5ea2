"""What replicas say about podbot itself, over every database: each has its own, until it signs no more."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.incidents.records import Batch
from bot.model.leadership import Term
from bot.model.letters import LetterKey
from bot.model.pods import ClusterName
from bot.ops.orphans import SignedLetters
from bot.outbox.wording import OWN
from bot.store.own_letters import StoredOwnLetters
from bot.store.store import Store
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER
from tests.support.pods import at
from tests.support.stores import a_letter, posted

KEY = LetterKey("podbot/watch of prod/20261122T140000")
TOLD = a_letter(key=KEY, cluster=OWN)


def of(store: Store, clock: HeldClock, replica: str) -> StoredOwnLetters:
    return StoredOwnLetters(store.database, clock, replica=replica, clusters=[CLUSTER])


def test_it_is_what_the_port_asks_for(store: Store, held_clock: HeldClock) -> None:
    """Said once to the type checker, as nothing else joins them."""
    letters: SignedLetters = of(store, held_clock, "one")
    assert letters is not None


async def test_each_replica_has_its_own(store: Store, held_clock: HeldClock) -> None:
    """Also under the same key; all of them are seen, whose they are, and nothing of clusters is."""
    one, two = of(store, held_clock, "one"), of(store, held_clock, "two")
    await one.keep(TOLD)
    await two.keep(TOLD)
    await one.note(KEY, posted(1), at(0))
    await one.note(LetterKey("podbot/channel C1"), posted(1), at(0))
    await StoredOwnLetters(store.database, held_clock).keep(TOLD)
    await store.term(CLUSTER, Term(1)).save(Batch(letters=(a_letter(key="incident/1F3K"),)))
    assert [each.posted.revision for each in await one.kept()] == [1]
    assert [each.posted.revision for each in await two.kept()] == [0]
    seen = {(each.teller, each.is_ours, each.kept.letter.key) for each in await two.signed()}
    assert seen == {("one", False, KEY), ("two", True, KEY)}


async def test_others_that_share_the_database_are_no_replicas(store: Store, held_clock: HeldClock) -> None:
    """They watch other clusters, and may have another Slack: nobody takes over what they told."""
    clusters = [[CLUSTER], [ClusterName("staging")], [CLUSTER, ClusterName("staging")]]
    for each in clusters:
        await StoredOwnLetters(store.database, held_clock, replica="one", clusters=each).keep(TOLD)
    for each in clusters:
        two = StoredOwnLetters(store.database, held_clock, replica="two", clusters=reversed(each))
        assert [letter.teller for letter in await two.signed()] == ["one"]


async def test_a_sign_is_another_one_each_time(store: Store, held_clock: HeldClock) -> None:
    """With it goes which letters are still this replica's; those of others are left alone."""
    one, two = of(store, held_clock, "one"), of(store, held_clock, "two")
    await one.keep(TOLD)
    await two.keep(TOLD)
    before = {each.teller: each.sign for each in await one.signed()}
    await held_clock.advance(30)
    assert await one.sign([KEY, LetterKey("podbot/else/20261122T140000")]) == {KEY}
    after = {each.teller: each.sign for each in await one.signed()}
    assert (after["one"] != before["one"], after["two"] == before["two"]) == (True, True)
    assert await one.sign([]) == frozenset()


async def test_of_many_that_adopt_one_has_it(store: Store, held_clock: HeldClock) -> None:
    """With where it stands in Slack. Its former replica learns that it is not its own any more."""
    one = of(store, held_clock, "one")
    await one.keep(TOLD)
    await one.note(KEY, posted(1), at(0))
    await held_clock.advance(200)
    others = [of(store, held_clock, f"other {number}") for number in range(5)]
    (orphan,) = await others[0].signed()
    took = await asyncio.gather(*(each.adopt(orphan) for each in others))
    assert sum(took) == 1
    heir = took.index(True)
    adopter = others[heir]
    assert [(each.letter, each.posted) for each in await adopter.kept()] == [(TOLD, posted(1))]
    assert await one.kept() == ()
    assert await one.sign([KEY]) == frozenset()
    # What it says of it from now on changes nothing of the adopter's.
    await one.note(KEY, posted(2), at(0))
    assert await one.sign([KEY]) == frozenset()
    assert [(each.teller, each.kept.posted) for each in await one.signed()] == [(f"other {heir}", posted(1))]


async def test_what_another_had_adopted_comes_back_where_that_one_dies(
    store: Store, held_clock: HeldClock
) -> None:
    """Though its first replica has noted since, late, how far it had come with it."""
    one, two = of(store, held_clock, "one"), of(store, held_clock, "two")
    await one.keep(TOLD)
    (seen,) = await two.signed()
    assert await two.adopt(seen)
    await one.note(KEY, posted(1), at(0))
    (seen,) = await one.signed()
    assert await one.adopt(seen)
    assert [each.letter for each in await one.kept()] == [TOLD]


async def test_what_was_signed_meanwhile_is_not_adopted(store: Store, held_clock: HeldClock) -> None:
    """Nor what the adopter told itself in the very same second."""
    one, two = of(store, held_clock, "one"), of(store, held_clock, "two")
    await one.keep(TOLD)
    (seen,) = await two.signed()
    await held_clock.advance(30)
    await one.sign([KEY])
    assert not await two.adopt(seen)
    (seen,) = await two.signed()
    await two.keep(TOLD)
    assert not await two.adopt(seen)
    assert {each.teller for each in await one.signed()} == {"one", "two"}


async def test_what_has_ended_is_nobody_s(store: Store, held_clock: HeldClock) -> None:
    """Once Slack has its last wording. It is pruned in time, and what goes on is not, as it is signed."""
    one = of(store, held_clock, "one")
    await one.keep(TOLD)
    await one.note(KEY, posted(1), at(0))
    await one.keep(a_letter(key=KEY, cluster=OWN, revision=2, final=True))
    assert [each.kept.waits for each in await one.signed()] == [True]
    await one.note(KEY, posted(2), at(0))
    assert await one.signed() == ()
    assert await one.sign([KEY]) == {KEY}
    going_on = LetterKey("podbot/slack/20261122T140000")
    await one.keep(a_letter(key=going_on, cluster=OWN))
    await one.note(going_on, posted(1), at(0))
    await held_clock.advance(timedelta(days=40).total_seconds())
    await one.sign([going_on])
    assert await store.retention.prune(held_clock.now()) == 1
    assert [each.letter.key for each in await one.kept()] == [going_on]


async def test_who_is_alone_goes_on_with_what_there_is(store: Store, held_clock: HeldClock) -> None:
    """SQLite has one process at a time; of replicas each begins with nothing."""
    await store.own_letters("one", [CLUSTER]).keep(TOLD)
    assert len(await store.own_letters("two", [CLUSTER]).kept()) == (0 if store.is_shared else 1)
    assert len(await store.own_letters("two", [CLUSTER]).signed()) == (1 if store.is_shared else 0)
