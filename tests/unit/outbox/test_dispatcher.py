"""No letter is lost, none is said twice, and each channel goes at Slack's pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import pytest

from bot.errors import Deposed
from bot.model.letters import LetterKey, Posted, Urgency
from bot.model.people import MessageTs
from bot.model.pods import ClusterName
from bot.outbox.calls import LOOK_EVERY, PROBE_EVERY
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.ports import DeliveryFailed, Fallback, Undeliverable
from bot.outbox.reading import SETTLES_WITHIN
from bot.outbox.refusals import Meaning, codes
from bot.outbox.schedule import POST_EVERY, UPDATE_EVERY
from tests.support.clock import HeldClock, settle
from tests.support.outbox import ALERTS, OTHERS, PROD, FakeSlack, Hook, MemoryStore, a_letter, running

LOST = DeliveryFailed("no answer")
TOO_FAST = DeliveryFailed("ratelimited", retry_after=17.0, refused=True)


@dataclass(slots=True)
class Office:
    clock: HeldClock
    slack: FakeSlack
    store: MemoryStore
    hook: Hook
    outbox: Dispatcher


@asynccontextmanager
async def an_office(
    *troubles: Exception | None, fallback: bool = False, hook: bool = False
) -> AsyncIterator[Office]:
    clock = HeldClock()
    slack, store, webhook = FakeSlack(clock, list(troubles)), MemoryStore(), Hook()
    ways = Fallback(channel=OTHERS if fallback else None, webhook=webhook if hook else None)
    async with running(slack, clock, ways) as outbox:
        await outbox.open(PROD, store)
        yield Office(clock, slack, store, webhook, outbox)


async def test_a_letter_goes_out_at_once_and_is_updated_in_place() -> None:
    """One key, one message; an older or known wording says nothing new."""
    async with an_office() as office:
        await office.outbox.put([a_letter("a", "one")])
        await settle()
        await office.outbox.put([a_letter("a", "two", revision=2), a_letter("a", "late", revision=1)])
        await office.outbox.put([a_letter("a", "two again", revision=2)])
        await office.clock.advance(5)
        assert office.slack.said == [("", "one"), ("ts1", "two")]
        assert office.slack.calls[0].at == 0.0
        assert office.store.posted[LetterKey("a")] == Posted(revision=2, channel=ALERTS, ts=MessageTs("ts1"))


async def test_what_changes_while_it_waits_is_told_together() -> None:
    """Only the latest wording is worth a call."""
    async with an_office() as office:
        for number in range(1, 51):
            await office.outbox.put([a_letter("a", f"{number}", revision=number)])
            await settle()
        await office.clock.advance(10)
        assert office.slack.said == [("", "1"), ("ts1", "50")]


async def test_a_channel_gets_about_one_message_a_second_and_a_message_an_update_every_two() -> None:
    """Slack's pace, each channel by itself."""
    async with an_office() as office:
        await office.outbox.put([a_letter(f"{number}") for number in range(5)])
        await office.outbox.put([a_letter("x", channel=OTHERS)])
        await office.clock.advance(20)
        times = [each.at for each in office.slack.calls if each.channel == ALERTS]
        assert [text for _, text in office.slack.said if text != "x"] == ["0", "1", "2", "3", "4"]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert min(gaps) >= POST_EVERY
        assert max(gaps) <= POST_EVERY + LOOK_EVERY
        assert [each.at for each in office.slack.calls if each.channel == OTHERS] == [0.0]
        for revision in (2, 3):
            await office.outbox.put([a_letter("0", revision=revision)])
            await office.clock.advance(1)
        await office.clock.advance(3)
        updates = [each.at for each in office.slack.calls if each.ts == "ts1"]
        assert len(updates) == 2
        assert updates[1] - updates[0] >= UPDATE_EVERY


async def test_all_updates_together_keep_to_slacks_limit() -> None:
    """`chat.update` is counted over the workspace: never more than 50 in a minute."""
    async with an_office() as office:
        keys = [f"{number}" for number in range(30)]
        await office.outbox.put([a_letter(key, channel=OTHERS if int(key) % 2 else ALERTS) for key in keys])
        await office.clock.advance(60)
        for revision in range(2, 8):
            await office.outbox.put([a_letter(key, revision=revision) for key in keys])
            await office.clock.advance(20)
        times = [each.at for each in office.slack.calls if each.ts]
        assert len(times) > 50
        assert max(sum(start <= at < start + 60 for at in times) for start in times) <= 50


async def test_the_critical_goes_first_and_what_nobody_heard_of_before_what_changed() -> None:
    """In a storm a page waits behind no story."""
    async with an_office() as office:
        await office.outbox.put([a_letter("before")])
        await settle()
        await office.outbox.put(
            [
                a_letter("before", "before, changed", revision=2),
                a_letter("story", urgency=Urgency.QUIET),
                a_letter("normal"),
                a_letter("page", urgency=Urgency.CRITICAL),
            ]
        )
        await office.clock.advance(30)
        posts = [text for ts, text in office.slack.said if not ts]
        assert posts == ["before", "page", "normal", "story"]


async def test_a_thread_follows_its_parent_in_order() -> None:
    """A reply waits for its parent, and for the replies before it, whatever is more urgent."""
    async with an_office(LOST, TOO_FAST) as office:
        await office.outbox.put(
            [
                a_letter("p/2", thread="p"),
                a_letter("p/3", thread="p", urgency=Urgency.CRITICAL),
                a_letter("p", urgency=Urgency.QUIET),
            ]
        )
        await office.clock.advance(60)
        taken = [each for each in office.slack.calls if each.text.startswith("p/")]
        assert [each.text for each in taken] == ["p/2", "p/3"]
        (parent,) = [ts for (_, ts), text in office.slack.messages.items() if text == "p"]
        assert {each.thread for each in taken} == {parent}


async def test_a_lost_answer_is_looked_for_before_another_post() -> None:
    """Slack took it after all: it is said once, and brought up to date."""
    async with an_office(LOST) as office:
        office.slack.taken_all_the_same = True
        await office.outbox.put([a_letter("a", "one")])
        await office.clock.advance(1)
        await office.outbox.put([a_letter("a", "two", revision=2)])
        await office.clock.advance(10)
        assert office.slack.said == [("", "one"), ("ts1", "two")]
        ((at, channel, letters),) = office.slack.looks
        assert (channel, set(letters)) == (ALERTS, {"a"})
        assert at >= SETTLES_WITHIN


async def test_a_post_that_slack_never_took_is_repeated_after_the_look() -> None:
    """With longer and longer pauses, each time after a look, until it is taken."""
    async with an_office(*[LOST] * 5) as office:
        await office.outbox.put([a_letter("a")])
        await office.clock.advance(120)
        times = [each.at for each in office.slack.calls]
        assert len(times) == 6
        assert len(office.slack.looks) == 5
        pauses = [later - earlier for earlier, later in pairwise(times)]
        assert pauses == sorted(pauses)
        assert len(office.slack.messages) == 1


async def test_one_look_answers_for_all_lost_answers_of_a_channel() -> None:
    """History is read once, not once a letter."""
    async with an_office() as office:
        for key in "abc":
            office.store.save(a_letter(key))
            office.store.posted[LetterKey(key)] = Posted(channel=ALERTS, tried_at=office.clock.now())
        office.slack.letters[ALERTS, "ts9"] = LetterKey("b")
        await office.outbox.open(PROD, office.store)
        await office.clock.advance(30)
        assert [letters for _, _, letters in office.slack.looks] == [{"a", "b", "c"}]
        assert sorted(office.slack.said) == [("", "a"), ("", "c"), ("ts9", "b")]


async def test_where_history_cannot_be_read_it_is_posted_and_the_operator_told_once() -> None:
    """Twice is better than never."""
    denied = Undeliverable("missing_scope", ("needs the scope channels:history",))
    async with an_office(LOST, None, None, LOST, fallback=True) as office:
        office.slack.unreadable = [denied, denied]
        await office.outbox.put([a_letter("a")])
        await office.clock.advance(30)
        await office.outbox.put([a_letter("b")])
        await office.clock.advance(30)
        assert [text for _, text in office.slack.said if text in "ab"] == ["a", "a", "b", "b"]
        (told,) = [each for each in office.slack.calls if each.channel == OTHERS]
        assert "channels:history" in told.text


async def test_slacks_own_word_on_when_to_come_back_is_kept() -> None:
    """A minute of 429: not a moment earlier, nothing is lost and nothing is said twice or looked for."""
    async with an_office(*[TOO_FAST] * 4) as office:
        await office.outbox.put([a_letter("a"), a_letter("b")])
        await office.clock.advance(4 * 17 + 5)
        assert [text for _, text in office.slack.said] == ["a"] * 5 + ["b"]
        assert [each.at for each in office.slack.calls][:5] == pytest.approx([0, 17, 34, 51, 68])
        assert office.slack.looks == []


async def test_an_order_to_pause_updates_holds_all_of_them_and_no_post() -> None:
    """The limit of `chat.update` is the workspace's, that of posts a channel's."""
    async with an_office(None, None, TOO_FAST) as office:
        await office.outbox.put([a_letter("a"), a_letter("x", channel=OTHERS)])
        await office.clock.advance(3)
        await office.outbox.put([a_letter("a", "a2", revision=2)])
        await office.clock.advance(1)
        await office.outbox.put([a_letter("x", "x2", revision=2, channel=OTHERS), a_letter("new")])
        await office.clock.advance(12)
        assert [text for _, text in office.slack.said] == ["a", "x", "a2", "new"]
        await office.clock.advance(10)
        assert sorted(text for _, text in office.slack.said[4:]) == ["a2", "x2"]


async def test_a_letter_that_slack_chokes_on_does_not_hold_up_the_others() -> None:
    """A 500 for one message is not an outage."""
    async with an_office() as office:
        office.slack.poison = "poison"
        await office.outbox.put([a_letter("poison", urgency=Urgency.CRITICAL), a_letter("b"), a_letter("c")])
        await office.clock.advance(60)
        assert list(office.slack.messages.values()) == ["b", "c"]


@pytest.mark.parametrize("code", [*sorted(codes(Meaning.SHAPE)), "never_heard_of"])
async def test_what_is_too_rich_goes_out_as_plain_text(code: str) -> None:
    """An alert is not lost for how it looks; its updates are plain from the start."""
    async with an_office(Undeliverable(code)) as office:
        await office.outbox.put([a_letter("a")])
        await office.clock.advance(5)
        await office.outbox.put([a_letter("a", "a2", revision=2)])
        await office.clock.advance(5)
        assert [(each.text, each.plain) for each in office.slack.calls] == [
            ("a", False),
            ("a", True),
            ("a2", True),
        ]
        assert office.store.posted[LetterKey("a")].plain


async def test_what_is_refused_in_every_form_is_given_up_and_told() -> None:
    """The next letter is not held up by it; its words reach people by the webhook and the operator."""
    refusals = [Undeliverable("msg_too_long"), Undeliverable("msg_too_long")]
    async with an_office(*refusals, fallback=True, hook=True) as office:
        await office.outbox.put([a_letter("a", "its words"), a_letter("b")])
        await office.clock.advance(10)
        assert [text for _, text in office.slack.said if text != "b"][:2] == ["its words", "its words"]
        assert office.store.given_up == {"a": "msg_too_long"}
        (told,) = [each.text for each in office.slack.calls if each.channel == OTHERS]
        assert "its words" in told
        assert "its words" in office.hook.told[0]


async def test_a_message_that_we_cannot_draw_goes_out_as_plain_text() -> None:
    """A mistake of ours in one message must not silence the channel."""
    async with an_office(KeyError("drawing")) as office:
        await office.outbox.put([a_letter("a")])
        await office.clock.advance(5)
        assert [each.plain for each in office.slack.calls] == [False, True]


@pytest.mark.parametrize("code", sorted(codes(Meaning.GONE)))
async def test_a_message_that_is_gone_is_posted_anew(code: str) -> None:
    """Somebody deleted it, or Slack will not edit it any more; from then on the new one is updated."""
    async with an_office(None, Undeliverable(code)) as office:
        for revision, text in enumerate(["one", "two", "three"], 1):
            await office.outbox.put([a_letter("a", text, revision=revision)])
            await office.clock.advance(5)
        assert office.slack.said == [("", "one"), ("ts1", "two"), ("", "two"), ("ts2", "three")]


@pytest.mark.parametrize("code", sorted(codes(Meaning.NO_THREAD)))
async def test_a_reply_whose_thread_is_gone_is_said_in_the_channel(code: str) -> None:
    """Better beside its parent than never."""
    async with an_office(None, Undeliverable(code)) as office:
        await office.outbox.put([a_letter("p"), a_letter("p/1", thread="p")])
        await office.clock.advance(10)
        assert [each.thread for each in office.slack.calls] == ["", "ts1", ""]


@pytest.mark.parametrize("code", sorted(codes(Meaning.CHANNEL)))
async def test_a_closed_channels_letters_go_to_the_default_channel(code: str) -> None:
    """With a word for whom they were meant; the channel is tried again, and used again once it is open."""
    async with an_office(fallback=True) as office:
        office.slack.closed[ALERTS] = Undeliverable(code)
        await office.outbox.put([a_letter("a"), a_letter("a/1", thread="a")])
        await office.clock.advance(5)
        await office.outbox.put([a_letter("b"), a_letter("a", "a2", revision=2)])
        await office.clock.advance(10)
        assert [each.channel for each in office.slack.calls].count(ALERTS) == 1
        assert f"channel {ALERTS}" in office.outbox.trouble()
        told = {text for (channel, _), text in office.slack.messages.items() if channel == OTHERS}
        assert {"a2", "a/1", "b"} <= told
        assert any(code in each and ALERTS in each for each in told)
        office.slack.closed.clear()
        await office.clock.advance(PROBE_EVERY)
        await office.outbox.put([a_letter("c")])
        await office.clock.advance(10)
        assert (ALERTS, "c") in {(channel, text) for (channel, _), text in office.slack.messages.items()}
        assert office.outbox.trouble() == {}
        assert any("again" in text for text in office.slack.messages.values())


async def test_with_no_channel_left_the_webhook_tells_and_the_letter_waits() -> None:
    """A person opens the channel, and it gets what it missed."""
    async with an_office(hook=True) as office:
        office.slack.closed[ALERTS] = Undeliverable("is_archived")
        await office.outbox.put([a_letter("a"), a_letter("story", urgency=Urgency.QUIET)])
        await office.clock.advance(150)
        assert len(office.hook.told) == 1
        assert "is_archived" in office.hook.told[0]
        assert len(office.slack.calls) == 3
        office.slack.closed.clear()
        await office.clock.advance(60)
        assert sorted(office.slack.messages.values()) == ["a", "story"]


@pytest.mark.parametrize("code", sorted(codes(Meaning.SLACK)))
async def test_when_slack_refuses_podbot_the_webhook_tells(code: str) -> None:
    """Each letter once, and once more when it has another urgency; Slack gets all of it when it is mended."""
    async with an_office(hook=True, fallback=True) as office:
        office.slack.closed = dict.fromkeys([ALERTS, OTHERS], Undeliverable(code))
        await office.outbox.put([a_letter("a", urgency=Urgency.CRITICAL)])
        await office.clock.advance(3)
        await office.outbox.put([a_letter("b"), a_letter("a", "worse", revision=2, urgency=Urgency.CRITICAL)])
        await office.clock.advance(3)
        await office.outbox.put([a_letter("a", "over", revision=3)])
        await office.clock.advance(30)
        assert [each.split("\n")[0] for each in office.hook.told] == ["a", "b", "over"]
        assert code in office.outbox.trouble()["slack"]
        assert len(office.slack.calls) == 1
        office.slack.closed.clear()
        await office.clock.advance(60)
        assert sorted(office.slack.messages.values()) == ["b", "over"]
        assert office.outbox.trouble() == {}


async def test_a_webhook_that_fails_is_tried_again() -> None:
    """It is the last way there is."""
    async with an_office(hook=True) as office:
        office.slack.closed[ALERTS] = Undeliverable("token_revoked")
        office.hook.troubles = [DeliveryFailed("down")] * 3
        await office.outbox.put([a_letter("a")])
        await office.clock.advance(3)
        assert "webhook" in office.outbox.trouble()
        await office.clock.advance(20)
        assert len(office.hook.told) == 1
        assert "webhook" not in office.outbox.trouble()


async def test_a_store_that_is_away_stops_no_letter() -> None:
    """What could not be noted is noted when it is back."""
    async with an_office() as office:
        office.store.goes_away()
        await office.outbox.put([a_letter("a"), a_letter("b")])
        await office.clock.advance(5)
        assert len(office.slack.messages) == 2
        assert f"store of {PROD}" in office.outbox.trouble()
        office.store.trouble = None
        await office.clock.advance(5)
        assert office.outbox.trouble() == {}
        assert {key: posted.ts for key, posted in office.store.posted.items()} == {"a": "ts1", "b": "ts2"}


async def test_a_store_that_breaks_in_an_unheard_of_way_stops_no_letter() -> None:
    """A mistake in the store is not the message's fault."""
    async with an_office() as office:
        office.store.trouble = RuntimeError("a bug")
        await office.outbox.put([a_letter("a")])
        await office.clock.advance(5)
        assert [each.plain for each in office.slack.calls] == [False]


async def test_a_store_that_is_away_at_first_is_read_when_it_is_back() -> None:
    """What it keeps goes out then, and what stands already is updated, not posted."""
    async with an_office() as office:
        store = MemoryStore()
        store.save(a_letter("old"), a_letter("stands", "stands, changed", revision=2))
        store.posted[LetterKey("stands")] = Posted(revision=1, channel=ALERTS, ts=MessageTs("ts0"))
        store.goes_away()
        await office.outbox.open(PROD, store)
        await office.outbox.put([a_letter("new")])
        await office.clock.advance(5)
        assert office.slack.said == [("", "new")]
        store.trouble = None
        await office.clock.advance(10)
        assert sorted(office.slack.said[1:]) == [("", "old"), ("ts0", "stands, changed")]


async def test_what_the_store_keeps_goes_out_in_order() -> None:
    """Replies by their numbers, under a parent that is found where it stands."""
    async with an_office() as office:
        parent = a_letter("p")
        office.store.save(*(a_letter(f"p/{number}", thread="p") for number in (10, 9, 2)), parent)
        office.store.posted[parent.key] = Posted(revision=1, channel=ALERTS, ts=MessageTs("ts0"))
        await office.outbox.open(PROD, office.store)
        await office.clock.advance(10)
        assert [(each.text, each.thread) for each in office.slack.calls] == [
            ("p/2", "ts0"),
            ("p/9", "ts0"),
            ("p/10", "ts0"),
        ]


async def test_a_deposed_replica_says_nothing_more_of_that_cluster() -> None:
    """Another one leads: what waits is its to say. Other clusters go on."""
    async with an_office() as office:
        await office.outbox.open(ClusterName("other"), MemoryStore())
        office.store.trouble = Deposed("term 3")
        await office.outbox.put([a_letter("a"), a_letter("b")])
        await office.outbox.put([a_letter("x", cluster=ClusterName("other"))])
        await office.clock.advance(10)
        await office.outbox.put([a_letter("c")])
        await office.clock.advance(10)
        assert office.slack.said == [("", "x")]


async def test_nothing_of_a_closed_cluster_is_posted_after_close_returns() -> None:
    """A call under way is waited for, and remembered; what waits is dropped."""
    async with an_office() as office:
        office.slack.hang = asyncio.Event()
        await office.outbox.put([a_letter("a"), a_letter("b")])
        await settle()
        closing = asyncio.create_task(office.outbox.close(PROD))
        await settle()
        assert not closing.done()
        office.slack.hang.set()
        await closing
        await office.clock.advance(10)
        await office.outbox.put([a_letter("c")])
        await office.clock.advance(10)
        assert office.slack.said == [("", "a")]
        assert office.store.posted[LetterKey("a")].ts == "ts1"
        assert LetterKey("b") not in office.store.posted


async def test_a_call_that_hangs_is_cut_off_when_its_cluster_is_closed() -> None:
    """The next leader looks for it; other clusters' letters go on in the same channel."""
    async with an_office() as office:
        await office.outbox.open(PROD, office.store, grace=0.05)
        await office.outbox.open(ClusterName("other"), MemoryStore())
        office.slack.hang = asyncio.Event()
        await office.outbox.put([a_letter("a")])
        await settle()
        async with asyncio.timeout(5):
            await office.outbox.close(PROD)
        assert office.store.posted[LetterKey("a")].tried_at is not None
        office.slack.hang = None
        await office.outbox.put([a_letter("x", cluster=ClusterName("other"))])
        await office.clock.advance(5)
        assert [text for _, text in office.slack.said] == ["a", "x"]


async def test_letters_that_wait_for_long_are_trouble() -> None:
    """Slack is down: health says so."""
    async with an_office(*[DeliveryFailed("no answer", refused=True)] * 50) as office:
        await office.outbox.put([a_letter("a")])
        await office.clock.advance(30)
        assert office.outbox.trouble() == {}
        await office.clock.advance(90)
        assert "1 letters wait" in office.outbox.trouble()[f"channel {ALERTS}"]


async def test_flush_waits_for_the_note_of_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the outbox is closed, and what it has just posted is looked for by the next process."""
    noted, note = asyncio.Event(), MemoryStore.note

    async def slowly(store: MemoryStore, key: LetterKey, posted: Posted, at: datetime) -> None:
        if posted.ts is not None:
            await noted.wait()
        await note(store, key, posted, at)

    monkeypatch.setattr(MemoryStore, "note", slowly)
    async with an_office() as office:
        await office.outbox.put([a_letter("a")])
        await settle()
        assert office.slack.said == [("", "a")]
        flushing = asyncio.create_task(office.outbox.flush(10))
        await settle()
        assert not flushing.done()
        noted.set()
        await flushing
        assert office.store.posted[LetterKey("a")].ts == "ts1"


async def test_flush_returns_when_all_is_said_and_in_any_case_in_time() -> None:
    """The bot's end waits for its last words, not for ever."""
    async with an_office(None, DeliveryFailed("down", retry_after=1_000)) as office:
        await office.outbox.put([a_letter("a")])
        async with asyncio.timeout(5):
            await office.outbox.flush(4)
        assert len(office.slack.messages) == 1
        await office.outbox.put([a_letter("b")])
        async with asyncio.timeout(5):
            await office.outbox.flush(0.05)


async def test_who_leads_no_longer_says_nothing_even_before_it_is_closed() -> None:
    """A process that hung for longer than its lease goes on where it was: an old wording must not go out."""
    leads = [True]
    async with an_office() as office:
        await office.outbox.open(PROD, office.store, leads=lambda: leads[0])
        await office.outbox.put([a_letter("a", "one")])
        await settle()
        leads[0] = False
        await office.outbox.put([a_letter("a", "two", revision=2), a_letter("b", "new")])
        await office.clock.advance(60)
        assert office.slack.said == [("", "one")]
        leads[0] = True
        await office.clock.advance(5)
        assert sorted(office.slack.said[1:]) == [("", "new"), ("ts1", "two")]


async def test_replies_to_what_is_never_said_are_not_said_either() -> None:
    """Neither those that wait behind it nor those that come later: they would stand without their thread."""
    clock = HeldClock()
    slack = FakeSlack(clock)
    store = MemoryStore()
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, store)
        await outbox.put([a_letter("other"), a_letter("it"), a_letter("it/1", thread="it")])
        await outbox.put([replace(a_letter("it", revision=2), edit_only=True)])
        await outbox.put([a_letter("it/2", thread="it")])
        await clock.advance(30)
        assert [text for _, text in slack.said] == ["other"]
        assert {key: posted.revision for key, posted in store.posted.items()} == {
            "other": 1,
            "it": 2,
            "it/1": 1,
            "it/2": 1,
        }
