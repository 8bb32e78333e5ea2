"""Where nobody knows whether a letter stands, it is looked for; and every look has an end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot.model.letters import LetterKey, Posted, Urgency
from bot.model.people import ChannelId, MessageTs
from bot.outbox import desk
from bot.outbox.calls import LOOKS_FOR
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.ports import DeliveryFailed, Fallback, Undeliverable
from bot.outbox.schedule import LONGEST_PAUSE_OF_CHANNEL
from tests.support.clock import HeldClock
from tests.support.outbox import ALERTS, OTHERS, PROD, FakeSlack, MemoryStore, a_letter, running

LOST = DeliveryFailed("no answer")
LATER = DeliveryFailed("ratelimited", retry_after=60.0, refused=True)
MINUTE = 60.0


class SlowToLook(FakeSlack):
    """Each look takes a second."""

    async def find(
        self,
        channel: ChannelId,
        letters: Collection[LetterKey],
        *,
        since: datetime,
        thread: MessageTs | None = None,
    ) -> Mapping[LetterKey, MessageTs]:
        await self.clock.sleep(1)
        return await FakeSlack.find(self, channel, letters, since=since, thread=thread)


@dataclass(slots=True)
class Place:
    clock: HeldClock
    slack: FakeSlack
    outbox: Dispatcher

    @property
    def told(self) -> list[str]:
        """What the operator reads."""
        return [text for (channel, _), text in self.slack.messages.items() if channel == OTHERS]

    @property
    def posted(self) -> list[str]:
        return [each.text for each in self.slack.calls if not each.ts and each.channel == ALERTS]


@asynccontextmanager
async def a_place(store: MemoryStore, *troubles: Exception | None) -> AsyncIterator[Place]:
    clock = HeldClock()
    slack = FakeSlack(clock, list(troubles))
    async with running(slack, clock, Fallback(channel=OTHERS)) as outbox:
        await outbox.open(PROD, store)
        yield Place(clock, slack, outbox)


async def passes(place: Place, seconds: float) -> None:
    """In steps, so that each wait is seen at about its end."""
    for _ in range(int(seconds)):
        await place.clock.advance(1)


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(LATER, id="one page a minute"),
        pytest.param(DeliveryFailed("503"), id="no history"),
        pytest.param(DeliveryFailed("ratelimited", 86_400.0, refused=True), id="a day"),
        pytest.param(Undeliverable("accesslimited"), id="refused on this network"),
    ],
)
async def test_a_look_that_never_ends_holds_an_alert_up_for_three_minutes(trouble: Exception) -> None:
    """Said twice is better than never said; the operator hears of it, and of its end."""
    async with a_place(MemoryStore(), LOST) as place:
        place.slack.unreadable = [trouble] * 1_000
        await place.outbox.put([a_letter("a", urgency=Urgency.CRITICAL)])
        await place.clock.advance(LOOKS_FOR - 2 * LONGEST_PAUSE_OF_CHANNEL)
        assert place.posted == ["a"]
        await place.clock.advance(MINUTE)
        assert place.posted == ["a", "a"]
        (told,) = place.told
        assert "twice" in told
        place.slack.unreadable = []
        place.slack.troubles = [LOST]
        await place.outbox.put([a_letter("b")])
        await place.clock.advance(MINUTE)
        assert any("again" in each for each in place.told)


async def test_a_post_that_is_refused_leaves_the_doubt() -> None:
    """Slack takes nothing for hours, and has taken it before: once it is back, it is looked for first."""
    async with a_place(MemoryStore(), LOST) as place:
        place.slack.taken_all_the_same = True
        closed = Undeliverable("token_revoked")
        await place.outbox.put([a_letter("a")])
        await place.clock.advance(1)
        place.slack.closed = {ALERTS: closed, OTHERS: closed}
        place.slack.unreadable = [closed] * 1_000
        place.slack.taken_all_the_same = False
        await passes(place, 20 * MINUTE)
        assert len(place.posted) > 1
        place.slack.closed, place.slack.unreadable = {}, []
        await place.clock.advance(2 * MINUTE)
        assert list(place.slack.letters.values()).count(LetterKey("a")) == 1
        assert place.outbox.trouble() == {}


async def test_while_slack_is_half_dead_a_post_is_repeated_once_in_three_minutes() -> None:
    """It takes posts, loses its answers and shows no history: each blind post may be one too many."""
    async with a_place(MemoryStore(), *[LOST] * 100) as place:
        place.slack.taken_all_the_same = True
        place.slack.unreadable = [DeliveryFailed("503")] * 1_000
        await place.outbox.put([a_letter("a")])
        await place.clock.advance(10 * MINUTE)
        assert 3 <= len(place.posted) <= 4


async def test_looks_that_are_held_up_hold_up_nothing_that_is_new() -> None:
    """The channel's other letters go out meanwhile."""
    async with a_place(MemoryStore(), LOST) as place:
        place.slack.unreadable = [LATER] * 100
        await place.outbox.put([a_letter("a")])
        await place.clock.advance(5)
        await place.outbox.put([a_letter("b")])
        await place.clock.advance(5)
        assert place.posted == ["a", "b"]


async def test_what_waited_when_podbot_ended_is_looked_for_once() -> None:
    """It may have been posted while the store was away, and so was noted nowhere."""
    store = MemoryStore()
    for key in "abc":
        store.save(a_letter(key))
    async with a_place(store) as place:
        place.slack.letters[ALERTS, "ts9"] = LetterKey("b")
        await place.clock.advance(30)
        assert [letters for _, _, letters in place.slack.looks] == [{"a", "b", "c"}]
        assert sorted(place.slack.said) == [("", "a"), ("", "c"), ("ts9", "b")]


async def test_it_is_looked_for_since_it_was_first_written() -> None:
    """No post of it is older; but a try that was noted says it better."""
    store = MemoryStore()
    early, late = a_letter("a"), a_letter("b", channel=OTHERS)
    early = replace(early, created_at=early.created_at - timedelta(hours=3))
    store.save(early, late)
    tried_at = late.created_at - timedelta(minutes=1)
    store.posted[late.key] = Posted(channel=OTHERS, tried_at=tried_at)
    async with a_place(store) as place:
        await place.clock.advance(10)
        assert place.slack.looked_since == [early.created_at, tried_at]


async def test_a_reply_is_looked_for_where_its_parent_is_found() -> None:
    """Both were posted, and neither was noted: only the thread shows the reply."""
    store = MemoryStore()
    store.save(a_letter("p"), a_letter("p/1", thread="p"))
    async with a_place(store) as place:
        place.slack.letters[ALERTS, "ts8"] = LetterKey("p")
        place.slack.letters[ALERTS, "ts9"] = LetterKey("p/1")
        place.slack.threads[ALERTS, "ts9"] = "ts8"
        await place.clock.advance(30)
        assert sorted(place.slack.said) == [("ts8", "p"), ("ts9", "p/1")]


async def test_looks_for_old_stories_hold_up_no_alert() -> None:
    """After a restart there may be one in each of many threads, and each costs a look of its own."""
    store, clock = MemoryStore(), HeldClock()
    slack = SlowToLook(clock)
    for number in range(20):
        parent = a_letter(f"p{number}")
        store.save(parent, a_letter(f"p{number}/1", thread=parent.key, urgency=Urgency.QUIET))
        store.posted[parent.key] = Posted(revision=1, channel=ALERTS, ts=MessageTs(f"ts{number}0"))
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, store)
        await clock.advance(4)
        await outbox.put([a_letter("page", urgency=Urgency.CRITICAL)])
        await clock.advance(2)
        assert slack.said == [("", "page")]
        await clock.advance(60)
        assert len(slack.said) == 21


async def test_what_is_only_to_be_edited_is_not_posted_where_no_look_finds_it() -> None:
    """It counts as said, and so do its replies."""
    store = MemoryStore()
    store.save(replace(a_letter("a", revision=2), edit_only=True), a_letter("a/1", thread="a"), a_letter("b"))
    async with a_place(store) as place:
        await place.clock.advance(30)
        assert place.slack.said == [("", "b")]
        assert (store.posted[LetterKey("a")].revision, store.posted[LetterKey("a/1")].revision) == (2, 1)


async def test_a_message_that_goes_on_is_not_forgotten_for_those_that_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An incident stays open for longer than all that memory holds: it is updated, not told anew."""
    monkeypatch.setattr(desk, "MOST_KNOWN", 20)
    async with a_place(MemoryStore()) as place:
        await place.outbox.put([a_letter("open")])
        await place.clock.advance(2)
        for number in range(50):
            await place.outbox.put([replace(a_letter(f"{number}"), final=True)])
            await place.clock.advance(2)
        await place.outbox.put([a_letter("open", "over", revision=2)])
        await place.clock.advance(5)
        assert [text for _, text in place.slack.said if text in ("open", "over")] == ["open", "over"]
        assert place.slack.messages[ALERTS, "ts1"] == "over"


async def test_what_is_done_is_not_said_again_as_long_as_there_is_room() -> None:
    """A transaction that is repeated hands the same letter over once more."""
    async with a_place(MemoryStore()) as place:
        called = replace(a_letter("call"), final=True)
        for _ in range(2):
            await place.outbox.put([called])
            await place.clock.advance(5)
        assert place.posted == ["call"]


async def test_a_parent_that_is_done_is_kept_for_the_replies_that_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without it they would stand in the channel."""
    monkeypatch.setattr(desk, "MOST_KNOWN", 10)
    async with a_place(MemoryStore()) as place:
        await place.outbox.put([replace(a_letter("p"), final=True)])
        await place.clock.advance(2)
        quiet = replace(a_letter("p/1", thread="p", urgency=Urgency.QUIET), final=True)
        await place.outbox.put([*(replace(a_letter(f"{n}"), final=True) for n in range(30)), quiet])
        await place.clock.advance(MINUTE)
        (reply,) = [each for each in place.slack.calls if each.text == "p/1"]
        assert reply.thread == "ts1"
