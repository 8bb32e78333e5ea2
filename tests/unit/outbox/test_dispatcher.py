"""No announcement is lost, none is repeated, and each channel goes at Slack's pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from bot.model.messages import Message, Metadata, Paragraph, plain
from bot.model.people import ChannelId, MessageTs
from bot.outbox import dispatcher
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.ports import DeliveryFailed, Undeliverable
from bot.outbox.schedule import POST_EVERY, UPDATE_EVERY
from tests.support.clock import HeldClock, settle

ALERTS, OTHERS = ChannelId("C1"), ChannelId("C2")


def say(text: str) -> Message:
    return Message(
        text=text,
        blocks=(Paragraph(lines=(plain(text),)),),
        metadata=Metadata(event_type="podbot_incident", payload={"incident": text}),
    )


@dataclass(slots=True)
class Slack:
    """A delivery that takes everything, except what `troubles` says of the next calls."""

    clock: HeldClock
    troubles: list[Exception | None] = field(default_factory=list)
    calls: list[tuple[float, str, str, str]] = field(default_factory=list)
    """When, to which channel, as which message (empty: a new one), saying what."""
    plain: list[Message] = field(default_factory=list)
    hang: asyncio.Event | None = None
    posted: int = 0

    async def post(self, channel: ChannelId, message: Message) -> MessageTs:
        await self._take(channel, "", message)
        self.posted += 1
        return MessageTs(f"ts{self.posted}")

    async def update(self, channel: ChannelId, ts: MessageTs, message: Message) -> None:
        await self._take(channel, ts, message)

    async def _take(self, channel: ChannelId, ts: str, message: Message) -> None:
        self.calls.append((self.clock.monotonic(), channel, ts, message.text))
        if not message.blocks:
            self.plain.append(message)
        if self.hang is not None:
            await self.hang.wait()
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(ts, text) for _, _, ts, text in self.calls]


@dataclass(slots=True)
class Office:
    clock: HeldClock
    slack: Slack
    outbox: Dispatcher
    task: asyncio.Task[None]


@asynccontextmanager
async def an_office(*troubles: Exception | None) -> AsyncIterator[Office]:
    before = asyncio.all_tasks()
    clock = HeldClock()
    slack = Slack(clock, list(troubles))
    outbox = Dispatcher(slack, clock)
    task = asyncio.create_task(outbox.run(), name="dispatcher under test")
    try:
        yield Office(clock, slack, outbox, task)
        assert not task.done(), "the dispatcher goes on"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert asyncio.all_tasks() <= before, "no task outlives its dispatcher"


async def test_an_announcement_goes_out_at_once_and_is_updated_in_place() -> None:
    """One key, one message."""
    async with an_office() as office:
        await office.outbox.announce("a", ALERTS, say("one"))
        await settle()
        await office.outbox.announce("a", ALERTS, say("two"))
        await office.clock.advance(5)
        assert office.slack.said == [("", "one"), ("ts1", "two")]
        assert office.slack.calls[0][0] == 0.0


async def test_what_changes_while_it_waits_is_told_together() -> None:
    """Only the latest wording is worth a call."""
    async with an_office() as office:
        for number in range(50):
            await office.outbox.announce("a", ALERTS, say(f"{number}"))
            await settle()
        await office.clock.advance(10)
        assert office.slack.said == [("", "0"), ("ts1", "49")]


async def test_a_channel_gets_about_one_message_a_second_and_a_message_an_update_every_two() -> None:
    """Slack's pace, each channel by itself."""
    async with an_office() as office:
        for number in range(5):
            await office.outbox.announce(f"{number}", ALERTS, say(f"{number}"))
        await office.outbox.announce("x", OTHERS, say("x"))
        await office.clock.advance(20)
        times = [when for when, channel, _, _ in office.slack.calls if channel == ALERTS]
        assert [text for _, text in office.slack.said if text != "x"] == ["0", "1", "2", "3", "4"]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert min(gaps) >= POST_EVERY
        assert max(gaps) <= POST_EVERY + dispatcher.LOOK_EVERY
        assert [when for when, channel, _, _ in office.slack.calls if channel == OTHERS] == [0.0]
        for text in ("again", "and again"):
            await office.outbox.announce("0", ALERTS, say(text))
            await office.clock.advance(3)
        updates = [when for when, _, ts, _ in office.slack.calls if ts == "ts1"]
        assert len(updates) == 2
        assert updates[1] - updates[0] >= UPDATE_EVERY


async def test_a_new_alert_goes_before_updates() -> None:
    """What nobody has heard of is more urgent than what changed."""
    async with an_office() as office:
        await office.outbox.announce("a", ALERTS, say("a"))
        await settle()
        await office.outbox.announce("a", ALERTS, say("a changed"))
        await office.clock.advance(POST_EVERY)
        await office.outbox.announce("b", ALERTS, say("b"))
        await office.clock.advance(dispatcher.LOOK_EVERY)
        assert office.slack.said == [("", "a"), ("", "b")]
        await office.clock.advance(3)
        assert office.slack.said[-1] == ("ts1", "a changed")


async def test_when_slack_fails_it_is_tried_again_until_it_works() -> None:
    """With longer and longer pauses, and in the old order."""
    failures = [DeliveryFailed("no answer")] * 4
    async with an_office(*failures) as office:
        await office.outbox.announce("a", ALERTS, say("a"))
        await office.outbox.announce("b", ALERTS, say("b"))
        await office.clock.advance(30)
        assert office.slack.said == [("", "a")] * 5 + [("", "b")]
        times = [when for when, _, _, _ in office.slack.calls]
        pauses = [later - earlier for earlier, later in pairwise(times[:5])]
        assert pauses == sorted(pauses)
        assert pauses[0] >= 1


async def test_slacks_own_word_on_when_to_come_back_is_kept() -> None:
    """Not a moment earlier, and nothing else goes to that channel meanwhile."""
    async with an_office(DeliveryFailed("ratelimited", retry_after=17.0)) as office:
        await office.outbox.announce("a", ALERTS, say("a"))
        await office.clock.advance(1)
        await office.outbox.announce("b", ALERTS, say("b"))
        await office.clock.advance(15.9)
        assert len(office.slack.calls) == 1
        await office.clock.advance(3)
        assert [text for _, text in office.slack.said] == ["a", "a", "b"]
        assert office.slack.calls[1][0] == pytest.approx(17.0)


async def test_news_that_come_during_a_failed_call_replace_the_old_wording() -> None:
    """The old wording is not sent after the new one."""
    async with an_office(DeliveryFailed("no answer")) as office:
        office.slack.hang = asyncio.Event()
        await office.outbox.announce("a", ALERTS, say("old"))
        await settle()
        await office.outbox.announce("a", ALERTS, say("new"))
        office.slack.hang.set()
        await office.clock.advance(10)
        assert office.slack.said == [("", "old"), ("", "new")]


@pytest.mark.parametrize("code", sorted(dispatcher.TOO_RICH))
async def test_what_is_too_rich_goes_out_as_plain_text(code: str) -> None:
    """An alert is not lost for how it looks; machines still get its metadata."""
    async with an_office(Undeliverable(code)) as office:
        await office.outbox.announce("a", ALERTS, say("a"))
        await office.clock.advance(5)
        assert office.slack.said == [("", "a"), ("", "a")]
        (as_text,) = office.slack.plain
        assert as_text.metadata == say("a").metadata


async def test_what_is_too_rich_even_as_text_is_given_up_and_logged() -> None:
    """The next announcement is not held up by it."""
    async with an_office(Undeliverable("msg_too_long"), Undeliverable("msg_too_long")) as office:
        await office.outbox.announce("a", ALERTS, say("a"))
        await office.outbox.announce("b", ALERTS, say("b"))
        await office.clock.advance(10)
        assert [text for _, text in office.slack.said] == ["a", "a", "b"]


async def test_a_message_that_we_cannot_draw_goes_out_as_plain_text() -> None:
    """A mistake of ours in one message must not silence the channel."""
    async with an_office(KeyError("drawing")) as office:
        await office.outbox.announce("a", ALERTS, say("a"))
        await office.clock.advance(5)
        assert [message.text for message in office.slack.plain] == ["a"]


@pytest.mark.parametrize("code", sorted(dispatcher.GONE))
async def test_a_message_that_is_gone_is_posted_anew(code: str) -> None:
    """Somebody deleted it, or Slack will not edit it any more; from then on the new one is updated."""
    async with an_office(None, Undeliverable(code)) as office:
        await office.outbox.announce("a", ALERTS, say("one"))
        await settle()
        await office.outbox.announce("a", ALERTS, say("two"))
        await office.clock.advance(5)
        await office.outbox.announce("a", ALERTS, say("three"))
        await office.clock.advance(5)
        assert office.slack.said == [("", "one"), ("ts1", "two"), ("", "two"), ("ts2", "three")]


@pytest.mark.parametrize("code", sorted(dispatcher.CLOSED))
async def test_a_closed_channel_is_tried_until_somebody_opens_it(code: str) -> None:
    """The bot was removed from the channel: what happened meanwhile is said when it is back."""
    async with an_office(*[Undeliverable(code)] * 3) as office:
        await office.outbox.announce("a", ALERTS, say("a"))
        await office.clock.advance(179)
        assert len(office.slack.calls) == 3
        await office.clock.advance(2)
        assert office.slack.said == [("", "a")] * 4
        assert office.slack.posted == 1


async def test_one_channel_in_trouble_does_not_hold_up_another() -> None:
    """Each has its own lane."""
    async with an_office(DeliveryFailed("no answer", retry_after=100)) as office:
        await office.outbox.announce("a", ALERTS, say("a"))
        await settle()
        await office.outbox.announce("b", OTHERS, say("b"))
        await office.clock.advance(1)
        assert office.slack.said == [("", "a"), ("", "b")]


async def test_a_lane_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has more to say waits; updates of what waits already are taken."""
    monkeypatch.setattr(dispatcher, "MOST_WAITING", 2)
    async with an_office() as office:
        office.slack.hang = asyncio.Event()
        for key in "abc":
            await office.outbox.announce(key, ALERTS, say(key))
            await settle()
        fourth = asyncio.create_task(office.outbox.announce("d", ALERTS, say("d")))
        await settle()
        assert not fourth.done()
        await office.outbox.announce("b", ALERTS, say("b, changed"))
        office.slack.hang.set()
        await office.clock.advance(10)
        await fourth
        assert [text for _, text in office.slack.said] == ["a", "b, changed", "c", "d"]


async def test_what_is_forgotten_still_goes_out_and_is_then_a_stranger() -> None:
    """Its last words are said; a later announcement under the key would be a new message."""
    async with an_office() as office:
        await office.outbox.announce("a", ALERTS, say("one"))
        await settle()
        await office.outbox.announce("a", ALERTS, say("two"))
        office.outbox.forget("a")
        office.outbox.forget("never heard of")
        await office.clock.advance(5)
        await office.outbox.announce("a", ALERTS, say("three"))
        await office.clock.advance(5)
        assert office.slack.said == [("", "one"), ("ts1", "two"), ("", "three")]


async def test_a_dispatcher_that_is_stopped_leaves_no_lane_behind() -> None:
    """Cancelled in the middle of a call and of a pause: `an_office` sees that every task has ended."""
    async with an_office(DeliveryFailed("no answer", retry_after=100)) as office:
        await office.outbox.announce("a", ALERTS, say("a"))
        await settle()
        office.slack.hang = asyncio.Event()
        await office.outbox.announce("b", OTHERS, say("b"))
        await settle()
        assert len(office.slack.calls) == 2
