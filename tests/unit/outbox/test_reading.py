"""What is in the store only: it comes when there is room, and nothing of it is said twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.errors import StoreUnavailable
from bot.model.letters import KeptLetter, LetterKey, Posted, Urgency
from bot.model.people import MessageTs
from bot.outbox import desk, reading
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.ports import Undeliverable
from bot.outbox.wording import OWN
from tests.support.clock import START, HeldClock, settle
from tests.support.outbox import ALERTS, OTHERS, PROD, FakeSlack, MemoryStore, a_letter, running, say


@dataclass(slots=True)
class Office:
    clock: HeldClock
    slack: FakeSlack
    store: MemoryStore
    outbox: Dispatcher


@asynccontextmanager
async def an_office() -> AsyncIterator[Office]:
    clock, store = HeldClock(), MemoryStore()
    slack = FakeSlack(clock)
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, store)
        yield Office(clock, slack, store, outbox)


async def test_what_is_quiet_waits_in_the_store_where_memory_has_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is read again once there is room: in its order, nothing is lost, and nobody waits for it."""
    monkeypatch.setattr(reading, "MOST_IN_LANE", 4)
    async with an_office() as office:
        stories = [
            replace(
                a_letter(f"story/{n}", urgency=Urgency.QUIET), created_at=START + n * timedelta(seconds=1)
            )
            for n in range(20)
        ]
        office.slack.hang = asyncio.Event()
        await settle()
        for each in stories:
            office.store.save(each)
            await office.outbox.put([each])
        assert office.outbox.waiting == 4
        await office.outbox.put([replace(stories[1], revision=2, message=say("in other words"))])
        assert office.outbox.waiting == 4
        await office.clock.advance(3_600)
        assert office.outbox.waiting == 4
        office.slack.hang.set()
        await office.clock.advance(300)
        said = [str(each.key) for each in stories]
        said[1] = "in other words"
        assert [text for _, text in office.slack.said] == said


async def test_what_is_urgent_never_waits_for_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much waits for a channel that is dead: neither there nor for another one."""
    monkeypatch.setattr(reading, "MOST_IN_LANE", 4)
    async with an_office() as office:
        office.slack.closed[ALERTS] = Undeliverable("is_archived")
        await settle()
        quiet = [a_letter(f"story/{number}", urgency=Urgency.QUIET) for number in range(50)]
        office.store.save(*quiet)
        async with asyncio.timeout(5):
            await office.outbox.put(quiet)
            await office.outbox.put([a_letter(f"{number}") for number in range(50)])
            await office.outbox.put([a_letter("critical", channel=OTHERS, urgency=Urgency.CRITICAL)])
            await office.outbox.put([a_letter("quiet", channel=OTHERS, urgency=Urgency.QUIET)])
        await office.clock.advance(5)
        assert [each.text for each in office.slack.calls if each.channel == OTHERS] == ["critical", "quiet"]
        assert office.outbox.waiting == 54


async def test_what_the_store_does_not_have_is_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is away: there is no other place for it."""
    monkeypatch.setattr(reading, "MOST_IN_LANE", 2)
    async with an_office() as office:
        await settle()
        letters = [a_letter(f"story/{number}", urgency=Urgency.QUIET) for number in range(6)]
        await office.outbox.put(letters, saved=False)
        await office.clock.advance(30)
        assert [text for _, text in office.slack.said] == [each.key for each in letters]


async def test_a_backlog_of_quiet_letters_fills_memory_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a leader before has left is taken up bit by bit, what is urgent at once."""
    monkeypatch.setattr(reading, "MOST_IN_LANE", 4)
    async with an_office() as office:
        store = MemoryStore()
        store.save(*(a_letter(f"a/{number}", urgency=Urgency.QUIET) for number in range(30)))
        store.save(*(a_letter(f"b/{number}") for number in range(10)))
        office.slack.hang = asyncio.Event()
        await office.outbox.open(PROD, store)
        await settle()
        assert office.outbox.waiting == 14
        office.slack.hang.set()
        await office.clock.advance(600)
        assert len(office.slack.messages) == 40
        assert len({text for _, text in office.slack.said}) == len(office.slack.said) == 40


async def test_while_the_store_is_being_read_nothing_is_said_twice_and_what_is_new_at_once() -> None:
    """A long backlog after a takeover: the operator is told, and what may stand in Slack waits."""
    async with an_office() as office:
        store, read = MemoryStore(), asyncio.Event()
        store.save(a_letter("incident/A", "A fires (1 death)"), a_letter("incident/B", "B waits"))
        store.posted[LetterKey("incident/A")] = Posted(revision=1, channel=ALERTS, ts=MessageTs("old"))
        store.reads_when = read
        await office.clock.advance(600)
        await office.outbox.open(PROD, store, is_new=lambda letter: letter.key.startswith("incident/N"))
        a2 = a_letter("incident/A", "A fires (2 deaths)", revision=2)
        story = a_letter("incident/A/story/2", thread="incident/A")
        new = a_letter("incident/N", "N fires (2 deaths)", revision=2, urgency=Urgency.CRITICAL)
        store.save(a2, story, new)
        await office.outbox.put([a2, story, new])
        await office.clock.advance(60)
        assert office.slack.said == [("", "N fires (2 deaths)")]
        assert "60 s" in office.outbox.trouble()["backlog of prod"]
        await office.outbox.put([replace(a2, revision=3, message=say("A fires (3 deaths)"))])
        read.set()
        await office.clock.advance(60)
        assert office.outbox.trouble() == {}
        assert sorted(office.slack.said[1:]) == [
            ("", "B waits"),
            ("", "incident/A/story/2"),
            ("old", "A fires (3 deaths)"),
        ]
        assert [each.thread for each in office.slack.calls if each.text == story.key] == ["old"]


async def test_what_was_done_with_while_the_store_was_read_is_not_said_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is read is older than that."""
    monkeypatch.setattr(desk, "MOST_KNOWN", 1)
    async with an_office() as office:
        store, read = MemoryStore(), asyncio.Event()
        letters = [replace(a_letter(f"{number}"), final=True) for number in range(4)]
        store.save(*letters)
        store.reads_when = read
        await office.outbox.open(PROD, store)
        await office.outbox.put(letters)
        await office.clock.advance(30)
        assert len(office.slack.messages) == 4
        store.posted.clear()
        read.set()
        await office.clock.advance(30)
        assert len(office.slack.calls) == 4


async def test_a_store_that_cannot_be_read_is_trouble_until_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it takes notes: what it keeps is not said."""
    async with an_office() as office:
        store = MemoryStore()

        async def fails() -> Sequence[KeptLetter]:
            raise StoreUnavailable("the disk stumbles")

        with monkeypatch.context() as failing:
            failing.setattr(MemoryStore, "kept", lambda _: fails())
            await office.outbox.open(PROD, store)
            await office.clock.advance(60)
            assert "the disk stumbles" in office.outbox.trouble()["backlog of prod"]
        await office.clock.advance(10)
        assert office.outbox.trouble() == {}


async def test_what_was_left_in_the_store_is_looked_for_before_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A killed process had posted it from memory; the next one leaves the letter for want of room."""
    monkeypatch.setattr(reading, "MOST_IN_LANE", 1)
    clock, store = HeldClock(), MemoryStore()
    slack = FakeSlack(clock)
    quiet = a_letter("quiet", "at first", urgency=Urgency.QUIET)
    await slack.post(ALERTS, quiet.message, letter=quiet.key)
    store.save(replace(a_letter("first"), created_at=START - timedelta(seconds=1)), quiet)
    slack.hang = asyncio.Event()
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, store)
        await settle()
        urgent = replace(quiet, revision=2, urgency=Urgency.CRITICAL, message=say("at last"))
        store.save(urgent)
        await outbox.put([urgent])
        slack.hang.set()
        await clock.advance(60)
    assert sorted(slack.messages.values()) == ["at last", "first"]


async def test_what_was_forgotten_is_updated_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """There were too many to keep in mind; the store knows where they stand."""
    monkeypatch.setattr(desk, "MOST_KNOWN", 5)
    async with an_office() as office:
        await settle()
        letters = [a_letter(f"{number}") for number in range(20)]
        office.store.save(*letters)
        await office.outbox.put(letters)
        await office.clock.advance(60)
        again = replace(letters[0], revision=2, message=say("0 again"))
        office.store.save(again)
        await office.outbox.put([again])
        await office.clock.advance(60)
        assert len(office.slack.messages) == 20
        assert "0 again" in office.slack.messages.values()


async def test_a_reply_finds_its_thread_also_where_that_was_left_in_the_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However urgent it is: the quiet message in whose thread it goes is said first."""
    monkeypatch.setattr(reading, "MOST_IN_LANE", 1)
    async with an_office() as office:
        office.slack.hang = asyncio.Event()
        await settle()
        parent = a_letter("parent", urgency=Urgency.QUIET)
        reply = a_letter("parent/1", thread="parent", urgency=Urgency.CRITICAL)
        for each in (a_letter("first", urgency=Urgency.QUIET), parent, reply):
            office.store.save(each)
            await office.outbox.put([each])
        office.slack.hang.set()
        await office.clock.advance(60)
        (place,) = (place for place, key in office.slack.letters.items() if key == parent.key)
        assert list(office.slack.threads.values()) == [place[1]]


async def test_what_was_forgotten_while_the_store_was_read_is_updated_where_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is read then is older than that: its next wording waits for the next look."""
    monkeypatch.setattr(desk, "MOST_KNOWN", 3)
    async with an_office() as office:
        store, read = MemoryStore(), asyncio.Event()
        store.reads_when = read
        await office.outbox.open(PROD, store)
        letters = [a_letter(f"{number}") for number in range(6)]
        store.save(*letters)
        await office.outbox.put(letters)
        await office.clock.advance(30)
        again = replace(letters[0], revision=2, message=say("0 again"))
        store.save(again)
        await office.outbox.put([again])
        read.set()
        await office.clock.advance(30)
        assert sorted(office.slack.messages.values()) == ["0 again", "1", "2", "3", "4", "5"]


async def test_what_is_quiet_fills_memory_no_further_while_it_waits_for_the_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is written down but cannot be read waits where it is written down."""
    monkeypatch.setattr(desk, "MOST_KNOWN", 3)
    monkeypatch.setattr(reading, "MOST_IN_LANE", 4)
    async with an_office() as office:
        await settle()
        for number in range(10):
            each = a_letter(f"{number}")
            office.store.save(each)
            await office.outbox.put([each])
            await office.clock.advance(3)
        read = office.store.reads_when = asyncio.Event()
        replies = [a_letter(f"0/{number}", thread="0", urgency=Urgency.QUIET) for number in range(9)]
        office.store.save(*replies)
        await office.outbox.put(replies)
        assert office.outbox.waiting == 4
        read.set()
        await office.clock.advance(300)
        assert len(office.slack.threads) == 9


async def test_what_another_process_leaves_while_the_store_is_read_is_taken_up_too() -> None:
    """What is read just then is from before: it is read once more."""
    clock, own = HeldClock(), MemoryStore()
    slack, read = FakeSlack(clock), asyncio.Event()
    own.reads_when = read
    outbox = Dispatcher(slack, clock, own=own)
    task = asyncio.create_task(outbox.run(), name="outbox")
    await settle()
    own.save(replace(a_letter("podbot/store/1", "it is over"), cluster=OWN, final=True))
    outbox.read_own_again()
    read.set()
    await clock.advance(30)
    task.cancel()
    await asyncio.wait({task})
    assert list(slack.messages.values()) == ["it is over"]
