"""What all replicas keep together, over every database that podbot runs on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.incidents.records import Batch
from bot.model.history import FormerPod
from bot.model.incidents import Ending, IncidentId, IncidentState, SilenceId
from bot.model.leadership import Term
from bot.model.letters import LetterKey
from bot.model.people import Asker, ChannelId, Person, UserId
from bot.model.pods import ClusterName, Owner, PodUid
from bot.model.silences import Silence, SilenceScope
from bot.model.stories import StoryEntry, StoryKind
from bot.pods.audit import Entry, Outcome
from bot.pods.ports import Claims, Spending
from bot.store.former_pods import FormerPods
from bot.store.leader import LeaderStore
from bot.store.retention import KEEPS_FOR
from bot.store.store import Store, open_store
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death
from tests.support.pods import at
from tests.support.stores import Entries, a_batch, a_letter, an_incident, posted

ALICE = UserId("U01ALICE")
TEN_MINUTES = timedelta(minutes=10)


def test_it_is_what_the_ports_ask_for(store: Store) -> None:
    """Said once to the type checker, as nothing else joins them."""
    claims: Claims = store.claims
    spending: Spending = store.spending
    assert (claims, spending) == (store.claims, store.spending)


async def test_what_is_claimed_belongs_to_the_first(store: Store) -> None:
    """Of however many who ask at the same time."""
    assert not await store.claims.taken("Ev01")
    assert sum(await asyncio.gather(*(store.claims.first("Ev01") for _ in range(20)))) == 1
    assert await store.claims.taken("Ev01")
    assert await store.claims.first("Ev02")


async def test_nobody_deletes_more_than_they_may(store: Store) -> None:
    """Not even by many commands at the same moment; what is refused is not counted."""

    async def spend(pods: int, second: float = 0) -> int:
        return await store.spending.spend(ALICE, pods, at=at(second), limit=30, within=TEN_MINUTES)

    befores = await asyncio.gather(*(spend(4) for _ in range(20)))
    assert sorted(befores)[:8] == [0, 4, 8, 12, 16, 20, 24, 28]
    assert await spend(0) == 28
    assert await spend(2) == 28
    assert await spend(1) == 30
    assert await spend(30, TEN_MINUTES.total_seconds() + 1) == 0
    bob = await store.spending.spend(UserId("U02BOB"), 1, at=at(0), limit=30, within=TEN_MINUTES)
    assert bob == 0


def a_former_pod(number: int) -> FormerPod:
    return FormerPod(
        namespace="shop",
        name=f"web-{number}",
        uid=PodUid(f"uid-{number}"),
        owner=Owner(kind="Deployment", name="web"),
        node="node-1",
        addresses=(f"10.0.0.{number}", f"fd00::{number}"),
        created=at(0),
        gone=at(number),
    )


async def until_written(store: Store) -> None:
    """What was put is written."""
    running = asyncio.create_task(store.run(), name="store")
    await store.settle(10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_pods_that_are_gone_are_remembered(store: Store) -> None:
    """The latest of one cluster, in the order in which they went."""
    here: FormerPods = store.former_pods(CLUSTER)
    for number in (3, 1, 4, 2):
        here.note(a_former_pod(number))
    store.former_pods(ClusterName("prod-us")).note(a_former_pod(9))
    await until_written(store)
    assert await here.latest(3) == [a_former_pod(2), a_former_pod(3), a_former_pod(4)]


async def test_the_audit_is_kept_and_logged(store_url: str, held_clock: HeldClock) -> None:
    """The log has an entry at once, the store soon; and both what was refused."""
    person = Person(id=ALICE, name="Alice", full_member=True)
    entry = Entry(
        asker=Asker(person=person, channel=ChannelId("C01INCIDENTS"), request="r-1"),
        verb="delete",
        cluster=CLUSTER,
        namespace="shop",
        object="pod/web-1\0",
        allowed=False,
        rule="",
        outcome=Outcome.REFUSED,
        detail="no rule allows it",
    )
    log = Entries()
    async with open_store(store_url, clock=held_clock, audit_log=log) as store:
        store.audit.record(entry)
        store.audit.record(replace(entry, object="pod/web-2", allowed=True, outcome=Outcome.DONE))
        assert [each.object for each in log.seen] == ["pod/web-1\0", "pod/web-2"]
        await until_written(store)
        newest, oldest = await store.audit.latest(10)
        assert (newest.object, newest.outcome, newest.allowed) == ("pod/web-2", Outcome.DONE, True)
        assert (oldest.at, oldest.person, oldest.person_name) == (held_clock.now(), ALICE, "Alice")
        assert (oldest.object, oldest.detail) == ("pod/web-1\ufffd", "no rule allows it")


def a_silence(identity: str, **changes: object) -> Silence:
    silence = Silence(
        id=SilenceId(identity),
        scope=SilenceScope(namespace="shop-*", cause="OOMKilled"),
        author=ALICE,
        reason="a load test",
        created_at=at(0),
        until=at(3600),
    )
    return replace(silence, **changes)  # type: ignore[arg-type]  # fields of `Silence`


async def test_silences_are_kept_with_what_they_kept_back(store: Store) -> None:
    """Those that have not ended are found without asking for each."""
    first, second = a_silence("AAAA"), a_silence("BBBB", created_at=at(1))
    await store.silences.put(second, first)
    assert await store.silences.not_ended() == (first, second)
    ended = replace(
        first, ended_at=at(60), ended_by=ALICE, deaths=7, incidents=frozenset({IncidentId("1F3K")})
    )
    await store.silences.put(ended)
    assert await store.silences.not_ended() == (second,)
    assert await store.silences.get(first.id) == ended
    assert await store.silences.get(SilenceId("CCCC")) is None


async def test_the_story_of_an_incident_is_kept_in_order(store: Store) -> None:
    """An entry that is written again is the same entry."""
    opened = StoryEntry(number=1, at=at(0), kind=StoryKind.OPENED)
    acknowledged = StoryEntry(number=2, at=at(9), kind=StoryKind.ACKNOWLEDGED, by=ALICE, until=at(3600))
    story = IncidentId("1F3K")
    await store.stories.put(CLUSTER, story, acknowledged, opened)
    await store.stories.put(CLUSTER, story, acknowledged)
    await store.stories.put(CLUSTER, IncidentId("2222"), opened)
    assert await store.stories.of(CLUSTER, story) == (opened, acknowledged)


async def test_the_past_has_every_death_of_what_is_open_or_went_on(store: Store, kept: LeaderStore) -> None:
    """However old each death is; what was over before then is left out."""
    first, second = a_death(restart=0), a_death(restart=1, seconds=3600)
    went_on = an_incident("1F3K", first, second)
    old = a_death(uid="uid-2")
    over = replace(
        an_incident("2222", old), state=IncidentState.RECOVERED, ending=Ending(since=at(70), words="1 of 1")
    )
    await kept.save(a_batch(went_on, first, second))
    await kept.save(a_batch(over, old))
    assert [each.incident for each in await store.past.incidents(at(0))] == ["1F3K", "2222"]
    (only,) = await store.past.incidents(at(1800))
    assert (only.incident, only.counted, only.owner) == ("1F3K", 2, went_on.key.owner)
    assert [each.restart for each in only.deaths] == [0, 1]
    assert only.deaths[0].signal is None
    assert only.deaths[0].exit_code == 1


async def test_what_is_too_old_goes_and_what_lives_stays(store: Store, held_clock: HeldClock) -> None:
    """Of many rows, a few at a time."""
    kept = store.term(CLUSTER, Term(1))
    open_still, over = a_death(uid="uid-1"), [a_death(uid=f"uid-{n}", seconds=20) for n in range(2, 703)]
    ended = replace(
        an_incident("2222", *over), state=IncidentState.GONE, ending=Ending(since=at(60), words="deleted")
    )
    await kept.save(a_batch(an_incident("1F3K", open_still), open_still))
    await kept.save(a_batch(ended, *over))
    delivered, waiting = (a_letter(key=key, final=True) for key in ("delivered", "waiting"))
    await kept.save(Batch(letters=(delivered, waiting)))
    for key in (delivered.key, LetterKey("incident/2222"), LetterKey("incident/1F3K")):
        await kept.note(key, posted(ended.revision), held_clock.now())
    await store.silences.put(a_silence("AAAA", ended_at=at(60)), a_silence("BBBB", until=at(90 * 86400)))
    await store.claims.first("Ev01")

    pruning = asyncio.create_task(store.retention.prune(held_clock.now()), name="pruning")
    assert await pruning == 0
    pruning = asyncio.create_task(
        store.retention.prune(held_clock.now() + KEEPS_FOR + TEN_MINUTES), name="pruning"
    )
    while not pruning.done():
        await held_clock.advance(1)
        await asyncio.sleep(0.005)
    assert await pruning == len(over) + len(("2222", "its letter", "delivered", "AAAA", "Ev01"))

    assert await kept.known([open_still.id, over[0].id, over[-1].id]) == {open_still.id}
    assert [each.incident for each in await store.past.incidents(at(0))] == ["1F3K"]
    assert {each.letter.key for each in await kept.kept()} == {"incident/1F3K", "waiting"}
    assert [each.id for each in await store.silences.not_ended()] == ["BBBB"]
    assert not await store.claims.taken("Ev01")
