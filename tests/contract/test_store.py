"""What a leader keeps, over every database that podbot runs on: the ports of incidents, outbox and watch."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from bot.errors import StoreUnavailable
from bot.incidents import engine
from bot.incidents.records import Batch, KeptIncident, RecordedDeath, ToldEntry
from bot.incidents.store_ports import IncidentStore
from bot.model.deaths import Cause, Death
from bot.model.incidents import Ending, IncidentId, IncidentState
from bot.model.leadership import Term
from bot.model.letters import LetterKey, Posted
from bot.model.memory import Checkpoint, Counted, Memory, OpenSince, PodMemory
from bot.model.past import PastDeath
from bot.model.pods import ALL_NAMESPACES, ClusterName, PodUid
from bot.model.stories import StoryEntry, StoryKind
from bot.outbox.ports import OutboxStore
from bot.store import outbox
from bot.store.database import Database, T, Work
from bot.store.leader import LeaderStore
from bot.store.store import Store
from bot.store.watch import Watched
from bot.watch.ports import WatchMemory
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death, a_pods_death
from tests.support.pods import at
from tests.support.stores import a_batch, a_letter, an_incident, posted

OTHER = ClusterName("prod-us")


@pytest.fixture
def watched(store: Store) -> Watched:
    """What is known of the cluster's watch."""
    return store.watched(CLUSTER)


async def ledger(store: Store, identity: str = "1F3K") -> list[PastDeath]:
    """The ledger's lines of an incident, in order."""
    past = await store.past.incidents(at(0) - timedelta(days=365))
    return [death for incident in past if incident.incident == identity for death in incident.deaths]


def test_it_is_what_the_ports_ask_for(kept: LeaderStore, watched: Watched) -> None:
    """Said once to the type checker, as nothing else joins them."""
    ports: tuple[IncidentStore, OutboxStore, WatchMemory] = (kept, kept, watched)
    assert ports == (kept, kept, watched)


async def test_a_death_is_known_once_it_is_saved(kept: LeaderStore) -> None:
    """The ledger decides what is news."""
    first, second = a_death(restart=3), a_death(restart=4)
    assert await kept.known([first.id, second.id]) == frozenset()
    await kept.save(a_batch(an_incident("1F3K", first), first))
    assert await kept.known([first.id, second.id]) == {first.id}


async def test_a_death_is_known_by_all_four_parts_of_its_identity(kept: LeaderStore, store: Store) -> None:
    """Another cluster, pod, container or restart is another death."""
    death = a_death(restart=3)
    await kept.save(a_batch(an_incident("1F3K", death), death))
    others = [
        replace(death.id, uid=PodUid("uid-2")),
        replace(death.id, container="proxy"),
        replace(death.id, restart=2),
    ]
    assert await kept.known(others) == frozenset()
    elsewhere = replace(death.id, cluster=OTHER)
    assert await store.term(OTHER, Term(1)).known([elsewhere]) == frozenset()


async def test_many_deaths_are_asked_about_at_once(kept: LeaderStore) -> None:
    """As after a node was lost."""
    deaths = [a_death(uid=f"uid-{number}") for number in range(1_200)]
    incident = an_incident("1F3K", *deaths)
    await kept.save(a_batch(incident, *deaths[::2]))
    assert await kept.known([each.id for each in deaths]) == {each.id for each in deaths[::2]}


async def test_a_death_that_is_there_is_left_as_it_is(kept: LeaderStore, store: Store) -> None:
    """Found again, even by the next incident, it is neither moved nor counted again."""
    death = a_death(exit_code=137)
    await kept.save(a_batch(an_incident("1F3K", death), death))
    again = replace(death, exit_code=1)
    await kept.save(a_batch(an_incident("2222", again), again))
    assert [each.exit_code for each in await ledger(store)] == [137]
    assert await ledger(store, "2222") == []


async def test_deaths_that_nobody_saw_have_lines_of_their_own(kept: LeaderStore, store: Store) -> None:
    """So that lines and counts agree; of their causes nothing is known."""
    death = a_death(Cause.OOM_KILLED, restart=5, unseen_before=2, exit_code=137)
    incident = an_incident("1F3K", death)
    await kept.save(a_batch(incident, death))
    lines = sorted(await ledger(store), key=lambda each: each.restart)
    assert [(each.restart, each.cause) for each in lines] == [(3, None), (4, None), (5, Cause.OOM_KILLED)]
    assert len(lines) == incident.deaths
    assert await kept.known([replace(death.id, restart=4)]) == {replace(death.id, restart=4)}


async def test_a_restart_count_out_of_bounds_is_not_believed(kept: LeaderStore, store: Store) -> None:
    """One line of a status must not fill the disk."""
    death = a_death(restart=2_000_000_000, unseen_before=2_000_000_000)
    await kept.save(a_batch(an_incident("1F3K", death), death))
    assert len(await ledger(store)) == 1_001


async def test_a_pod_may_be_stuck_again_and_again(kept: LeaderStore, store: Store) -> None:
    """Being stuck has no number: each incident tells of it, and the ledger is not asked."""
    stuck = a_pods_death(Cause.UNSCHEDULABLE)
    for identity in ("1F3K", "2222"):
        await kept.save(a_batch(an_incident(identity, stuck), stuck))
        assert [each.cause for each in await ledger(store, identity)] == [Cause.UNSCHEDULABLE]
    assert await kept.known([stuck.id]) == frozenset()


async def test_a_pod_that_was_stuck_may_still_die(kept: LeaderStore, store: Store) -> None:
    """Its end has the same identity, and is news all the same."""
    stuck, evicted = a_pods_death(Cause.UNSCHEDULABLE), a_pods_death(Cause.EVICTED)
    await kept.save(a_batch(an_incident("1F3K", stuck), stuck))
    await kept.save(a_batch(an_incident("2222", evicted), evicted))
    assert await kept.known([evicted.id]) == {evicted.id}
    assert len(await ledger(store)) == len(await ledger(store, "2222")) == 1


async def test_a_batch_is_written_whole_or_not_at_all(
    kept: LeaderStore, watched: Watched, store: Store
) -> None:
    """Something in the middle of it that the database does not take leaves no trace of the rest."""
    death = a_death()
    incident = an_incident("1F3K", death)
    good = a_batch(incident, death, remembered={death.id.uid: PodMemory(counted={})})
    naive = replace(incident, first_at=incident.first_at.replace(tzinfo=None))
    with pytest.raises(StoreUnavailable):
        await kept.save(replace(good, incidents=(KeptIncident(incident=naive),)))
    assert await kept.known([death.id]) == frozenset()
    assert (await watched.memory(), await kept.kept()) == (None, ())
    await kept.save(good)
    assert await kept.known([death.id]) == {death.id}


async def test_an_empty_batch_is_no_trouble(kept: LeaderStore) -> None:
    """The journal writes one to see whether the store is back."""
    await kept.save(Batch())
    assert await kept.live() == ()


async def test_incidents_come_back_as_they_were(kept: LeaderStore) -> None:
    """With what is followed of them."""
    death = a_death(Cause.OOM_KILLED, exit_code=137, message="out of memory: \u2028 ☠️ \"'\\")
    batch = a_batch(an_incident("1F3K", death), death)
    await kept.save(batch)
    assert await kept.live() == batch.incidents


async def test_incidents_live_while_they_may_be_reopened(kept: LeaderStore, held_clock: HeldClock) -> None:
    """Open ones for as long as it takes; others until a death would open a new one."""
    opened = an_incident("1111", a_death(uid="uid-1"))
    over = replace(
        an_incident("2222", a_death(uid="uid-2", seconds=20)),
        state=IncidentState.RECOVERED,
        ending=Ending(since=at(30), words="5 of 5 Ready"),
    )
    await kept.save(Batch(incidents=(KeptIncident(incident=opened), KeptIncident(incident=over))))
    assert [each.incident for each in await kept.live()] == [opened, over]
    await held_clock.advance(engine.REOPENS_FOR.total_seconds())
    assert [each.incident.id for each in await kept.live()][:1] == ["1111"]
    await held_clock.advance(24 * 3600)
    assert [each.incident for each in await kept.live()] == [opened]


async def test_an_older_version_of_an_incident_never_replaces_a_newer(kept: LeaderStore) -> None:
    """Whatever order writes come in."""
    first, second = a_death(restart=0), a_death(restart=1, seconds=20)
    older, newer = an_incident("1F3K", first), an_incident("1F3K", first, second)
    await kept.save(a_batch(newer, first, second))
    await kept.save(a_batch(older, first))
    assert [each.incident for each in await kept.live()] == [newer]
    assert [each.letter.revision for each in await kept.kept()] == [newer.revision]


async def test_ids_are_taken_whichever_cluster_has_them(kept: LeaderStore, store: Store) -> None:
    """What has been said may be asked about: an id means one incident."""
    there = a_death(id=replace(a_death().id, cluster=OTHER))
    await store.term(OTHER, Term(1)).save(a_batch(an_incident("2222", there), there))
    here = a_death()
    await kept.save(a_batch(an_incident("1F3K", here), here))
    asked = [IncidentId(each) for each in ("1F3K", "2222", "3333")]
    assert await kept.taken(asked) == {"1F3K", "2222"}


async def test_what_becomes_part_of_another_incident_is_counted_there(
    kept: LeaderStore, store: Store
) -> None:
    """Its deaths are that one's, and announced with it."""
    mine, other = a_death(uid="uid-1"), a_death(uid="uid-2")
    small, big = an_incident("1111", mine), an_incident("2222", other, mine)
    await kept.save(a_batch(small, mine))
    merged = replace(small, state=IncidentState.MERGED, part_of=big.id, revision=small.revision + 1)
    batch = a_batch(big, other)
    await kept.save(replace(batch, incidents=(*batch.incidents, KeptIncident(incident=merged))))
    assert {each.uid for each in await ledger(store, "2222")} == {"uid-1", "uid-2"}
    assert await ledger(store, "1111") == []
    await kept.note(a_letter(big).key, posted(big.revision), at(60))
    assert {each.announced_at for each in await ledger(store, "2222")} == {at(60)}


async def test_what_joins_an_incident_that_was_told_already_is_announced(
    kept: LeaderStore, store: Store
) -> None:
    """Where the wording that counts it went out before it could be written."""
    mine, other = a_death(uid="uid-1"), a_death(uid="uid-2")
    small, big = an_incident("1111", mine), an_incident("2222", other, mine)
    await kept.save(a_batch(small, mine))
    await kept.save(a_batch(big, other))
    await kept.note(a_letter(big).key, posted(big.revision), at(60))
    merged = replace(small, state=IncidentState.MERGED, part_of=big.id, revision=small.revision + 1)
    await kept.save(Batch(incidents=(KeptIncident(incident=merged), KeptIncident(incident=big))))
    assert {each.announced_at for each in await ledger(store, "2222")} == {at(60)}


async def test_a_death_is_announced_by_the_message_that_tells_it(kept: LeaderStore, store: Store) -> None:
    """A storm's digest tells what its members count."""
    death = a_death()
    member = replace(an_incident("1111", death), storm=IncidentId("2222"), shown=False)
    digest = an_incident("2222", death)
    told = RecordedDeath(death=death, incident=member.id, told_by=digest.id, revision=digest.revision)
    incidents = (KeptIncident(incident=member), KeptIncident(incident=digest))
    await kept.save(Batch(deaths=(told,), incidents=incidents, letters=(a_letter(member), a_letter(digest))))
    await kept.note(a_letter(member).key, posted(member.revision), at(50))
    assert [each.announced_at for each in await ledger(store, "1111")] == [None]
    await kept.note(a_letter(digest).key, posted(digest.revision), at(60))
    assert [each.announced_at for each in await ledger(store, "1111")] == [at(60)]


async def test_stories_are_written_with_what_they_tell(kept: LeaderStore, store: Store) -> None:
    """In the same transaction."""
    entry = StoryEntry(number=1, at=at(0), kind=StoryKind.OPENED)
    told = ToldEntry(incident=IncidentId("1F3K"), entry=entry)
    await kept.save(Batch(stories=(told, replace(told, entry=replace(entry, number=2)))))
    assert [each.number for each in await store.stories.of(CLUSTER, told.incident)] == [1, 2]


async def test_letters_wait_until_slack_has_them(kept: LeaderStore) -> None:
    """One that may get another wording is kept beyond that, with the way to its message."""
    death = a_death()
    batch = a_batch(an_incident("1F3K", death), death)
    await kept.save(batch)
    (waiting,) = await kept.kept()
    assert (waiting.letter, waiting.posted, waiting.waits) == (batch.letters[0], Posted(), True)
    await kept.note(waiting.letter.key, posted(1), at(12))
    (delivered,) = await kept.kept()
    assert (delivered.posted, delivered.waits) == (posted(1), False)


async def test_a_letter_that_was_the_last_word_is_forgotten_once_delivered(kept: LeaderStore) -> None:
    """And not a moment before."""
    letter = a_letter(key="word", final=True)
    await kept.save(Batch(letters=(letter,)))
    assert [each.letter for each in await kept.kept()] == [letter]
    await kept.note(letter.key, posted(1), at(12))
    assert await kept.kept() == ()


async def test_another_wording_does_not_forget_where_the_message_is(kept: LeaderStore) -> None:
    """The content is the incidents', the delivery the outbox's: neither overwrites the other."""
    first, second = a_death(restart=0), a_death(restart=1)
    await kept.save(a_batch(an_incident("1F3K", first), first))
    await kept.note(LetterKey("incident/1F3K"), posted(1), at(12))
    newer = an_incident("1F3K", first, second)
    await kept.save(a_batch(newer, second))
    (letter,) = await kept.kept()
    assert (letter.letter.revision, letter.posted, letter.waits) == (2, posted(1), True)


async def test_the_message_in_whose_thread_a_letter_goes_is_kept_with_it(kept: LeaderStore) -> None:
    """Even where nothing more will be said in that message itself."""
    parent = a_letter(key="incident/1F3K", final=True)
    child = a_letter(key="incident/1F3K/story/1", thread=parent.key)
    await kept.save(Batch(letters=(parent, child)))
    await kept.note(parent.key, posted(1), at(12))
    assert [each.letter.key for each in await kept.kept()] == [parent.key, child.key]
    await kept.save(Batch(letters=(replace(child, revision=2, final=True),)))
    await kept.note(child.key, posted(2), at(13))
    assert await kept.kept() == ()


async def test_a_long_backlog_is_read_bit_by_bit_and_whole(
    kept: LeaderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that others get their turn in between; what they change is there as it was, or as it is."""
    letters = tuple(a_letter(key=f"word/{number:03}") for number in range(100))
    await kept.save(Batch(letters=letters))
    for each in letters[::10]:
        await kept.note(each.key, posted(1), at(1))
    monkeypatch.setattr(outbox, "IN_A_STEP", 7)
    written = iter(letters)
    read = Database.read

    async def read_and_let_others_write(database: Database, work: Work[T]) -> T:
        answer = await read(database, work)
        await kept.note(next(written).key, posted(1), at(2))
        return answer

    monkeypatch.setattr(Database, "read", read_and_let_others_write)
    found = await kept.kept()
    assert next(written) is letters[1 + 15]  # between the keys and 15 steps of at most 7
    assert [each.letter for each in found] == list(letters)
    assert all(each.posted == posted(1) for each in found[::10])


async def test_a_store_that_hangs_while_it_is_read_counts_as_away(
    kept: LeaderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step has an end; all of them together have none."""
    await kept.save(Batch(letters=(a_letter(),)))
    monkeypatch.setattr(outbox, "STEP_WITHIN", 0.0)
    with pytest.raises((StoreUnavailable, TimeoutError)):
        await kept.kept()


async def test_a_letter_that_was_given_up_is_tried_no_more(kept: LeaderStore) -> None:
    """Not even with another wording."""
    letter = a_letter(key="word")
    await kept.save(Batch(letters=(letter,)))
    await kept.give_up(letter.key, "channel_not_found", at(12))
    assert await kept.kept() == ()
    await kept.save(Batch(letters=(replace(letter, revision=2),)))
    assert await kept.kept() == ()


async def test_deaths_are_announced_by_the_revision_that_counts_them(kept: LeaderStore, store: Store) -> None:
    """Not by the beginning of an attempt, nor by an older wording, nor a second time."""
    first, second = a_death(restart=0), a_death(restart=1)
    await kept.save(a_batch(an_incident("1F3K", first), first))
    await kept.save(a_batch(an_incident("1F3K", first, second), second))
    key = LetterKey("incident/1F3K")
    await kept.note(key, Posted(tried_at=at(11)), at(11))
    assert [each.announced_at for each in await ledger(store)] == [None, None]
    await kept.note(key, posted(1), at(12))
    assert [each.announced_at for each in await ledger(store)] == [at(12), None]
    await kept.note(key, posted(2), at(14))
    assert [each.announced_at for each in await ledger(store)] == [at(12), at(14)]


async def test_a_letter_without_an_incident_announces_no_death(kept: LeaderStore, store: Store) -> None:
    """A story in the thread says nothing of deaths."""
    death = a_death()
    incident = an_incident("1F3K", death)
    story = a_letter(key="incident/1F3K/story/1", revision=7)
    await kept.save(a_batch(incident, death, letters=(a_letter(incident), story)))
    await kept.note(story.key, posted(7), at(12))
    assert [each.announced_at for each in await ledger(store)] == [None]


async def test_what_was_said_from_memory_is_known_once_it_is_written(kept: LeaderStore, store: Store) -> None:
    """The store was away: the delivery comes to be noted before the letter and its deaths are."""
    death = a_death()
    incident = an_incident("1F3K", death)
    await kept.note(LetterKey("incident/1F3K"), posted(1), at(12))
    assert await kept.kept() == ()
    await kept.save(a_batch(incident, death))
    (letter,) = await kept.kept()
    assert (letter.posted, letter.waits) == (posted(1), False)
    assert [each.announced_at for each in await ledger(store)] == [at(12)]


async def test_a_cluster_that_was_never_watched_has_no_memory(
    kept: LeaderStore, watched: Watched, store: Store
) -> None:
    """It is not the same as one of which nothing has to be remembered."""
    assert await watched.memory() is None
    assert await watched.checkpoints() == ()
    checkpoint = Checkpoint(cluster=CLUSTER, namespace=ALL_NAMESPACES, version="4711", at=at(5))
    await kept.save(Batch(checkpoints=(checkpoint,)))
    assert await watched.memory() == Memory(cluster=CLUSTER, pods={})
    assert await watched.checkpoints() == (checkpoint,)
    assert await store.watched(OTHER).memory() is None


async def test_what_the_detector_knows_comes_back(kept: LeaderStore, watched: Watched) -> None:
    """Each pod as it was last saved, and none of which nothing is to be remembered any more."""
    uid, gone = PodUid("uid-1"), PodUid("uid-2")
    complaint = OpenSince(
        container="app", cause=Cause.IMAGE_PULL, since=at(3), before_first_look=False, told=True
    )
    knows = PodMemory(
        counted={"app": Counted(4, at(10), "containerd://1")},
        complaints=(complaint,),
        removed=a_pods_death(Cause.DELETED, uid=uid),
    )
    await kept.save(Batch(remembered={uid: PodMemory(counted={}), gone: knows}))
    await kept.save(Batch(remembered={uid: knows, gone: None}))
    assert await watched.memory() == Memory(cluster=CLUSTER, pods={uid: knows})


async def test_the_watch_goes_on_from_its_last_checkpoint(kept: LeaderStore, watched: Watched) -> None:
    """One for each namespace."""
    before, after, other = (
        Checkpoint(cluster=CLUSTER, namespace=namespace, version=version, at=at(5))
        for namespace, version in (("shop", "10"), ("shop", "11"), ("cart", "7"))
    )
    await kept.save(Batch(checkpoints=(before, other)))
    await kept.save(Batch(checkpoints=(after,)))
    assert await watched.checkpoints() == (other, after)


async def test_no_watch_goes_on_where_nothing_is_watched_any_more(
    kept: LeaderStore, watched: Watched, store: Store
) -> None:
    """Of this cluster alone; what is remembered of its pods is another matter."""
    left = [
        Checkpoint(cluster=CLUSTER, namespace=namespace, version="10", at=at(5))
        for namespace in (ALL_NAMESPACES, "cart", "shop")
    ]
    elsewhere = replace(left[2], cluster=OTHER)
    memory = PodMemory(counted={"app": Counted(1, at(5))})
    await kept.save(Batch(checkpoints=tuple(left), remembered={PodUid("uid-1"): memory}))
    await store.term(OTHER, Term(1)).save(Batch(checkpoints=(elsewhere,)))
    await kept.save(Batch(unwatched=(ALL_NAMESPACES, "shop", "never-watched")))
    assert await watched.checkpoints() == (left[1],)
    assert await store.watched(OTHER).checkpoints() == (elsewhere,)
    assert await watched.memory() == Memory(cluster=CLUSTER, pods={PodUid("uid-1"): memory})


async def test_moments_are_kept_to_the_microsecond_whatever_their_zone(
    kept: LeaderStore, store: Store
) -> None:
    """And come back in UTC."""
    finished = (at(10) + timedelta(microseconds=123_456)).astimezone(timezone(timedelta(hours=5, minutes=30)))
    death = a_death(finished_at=finished)
    await kept.save(a_batch(an_incident("1F3K", death), death))
    (line,) = await ledger(store)
    assert line.finished_at == finished
    assert str(line.finished_at).endswith("+00:00")


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "ok \udfff"], ids=ascii)
async def test_text_that_no_database_takes_is_kept_without_what_is_wrong(
    kept: LeaderStore, text: str
) -> None:
    """It comes from pods, which may write anything; an alert must not fail of it."""
    death: Death = a_death(message=text, image=text)
    batch = a_batch(an_incident("1F3K", death), death)
    await kept.save(replace(batch, letters=(replace(batch.letters[0], key=LetterKey(f"key {text}")),)))
    (live,) = await kept.live()
    assert live.incident.id == "1F3K"
    assert await kept.known([death.id]) == {death.id}
    assert len(await kept.kept()) == 1
