"""The dispatcher and its port to Slack against a whole workspace, over HTTP: exactly once, whatever fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.incidents.records import Batch
from bot.model.leadership import Term
from bot.model.letters import KeptLetter, LetterKey, Posted
from bot.model.messages import Message
from bot.model.people import ChannelId, MessageTs
from bot.outbox.ports import Delivery, DeliveryFailed, Fallback, OutboxStore, Undeliverable
from bot.playground.workspace import Running, Workspace, demo_settings, serve
from bot.playground.workspace.settings import PaceSettings
from bot.slack.client import open_client
from bot.slack.delivery import SlackDelivery
from bot.store.store import Store
from tests.support.hurried_clock import HurriedClock
from tests.support.outbox import ALERTS, OTHERS, PROD, MemoryStore, a_letter, running, say

A, B, REPLY = LetterKey("incident/A"), LetterKey("incident/B"), LetterKey("incident/A/story/1")
FAST = PaceSettings(posts_per_second=1_000, post_burst=1_000, window_seconds=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    slack: Running
    delivery: SlackDelivery

    def standing(self, channel: str = ALERTS) -> list[tuple[str, str]]:
        """Letters and texts of the podbot's messages in a channel, oldest first."""
        found = []
        for message in self.slack.workspace.messages.in_channel(ChannelId(channel)):  # type: ignore[arg-type]
            payload: dict[str, Any] = (message.metadata or {}).get("event_payload", {})
            found.append((str(payload.get("letter", "")), message.text))
        return found


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with (
        serve(Workspace(demo_settings(pace=FAST))) as slack,
        open_client(bot_token=slack.workspace.app.bot_token, api_url=slack.api_url) as client,
    ):
        yield Place(slack=slack, delivery=SlackDelivery(client))


async def test_what_was_posted_is_found_by_its_letter(place: Place) -> None:
    """In the channel and in a thread; what is not there, or is somebody else's, is not found."""
    delivery: Delivery = place.delivery
    now = SystemClock().now()
    first = await delivery.post(ALERTS, say("one"), letter=A)
    second = await delivery.post(ALERTS, Message(text="no metadata of its own"), letter=B)
    reply = await delivery.post(ALERTS, say("more"), letter=REPLY, thread=first)
    await delivery.update(ALERTS, first, say("one, changed"), letter=A)
    assert await delivery.find(ALERTS, [A, B, REPLY], since=now) == {A: first, B: second}
    assert await delivery.find(ALERTS, [A, REPLY], since=now, thread=first) == {A: first, REPLY: reply}
    assert await delivery.find(OTHERS, [A], since=now) == {}


async def test_history_is_read_page_by_page_and_not_further_back_than_needed(place: Place) -> None:
    """A busy channel hides nothing; a clock that is an hour off loses nothing."""
    now = SystemClock().now()
    ts = await place.delivery.post(ALERTS, say("first"), letter=A)
    for number in range(450):
        await place.delivery.post(ALERTS, say(f"{number}"), letter=LetterKey(f"other/{number}"))
    hour = timedelta(hours=1)
    assert await place.delivery.find(ALERTS, [A], since=now + hour) == {A: ts}
    assert await place.delivery.find(ALERTS, [A], since=now + 2 * hour) == {}


async def test_a_missing_scope_is_named(place: Place) -> None:
    """The operator is told which one to grant."""
    workspace = place.slack.workspace
    workspace.scopes = workspace.scopes - {"channels:history"}
    with pytest.raises(Undeliverable) as caught:
        await place.delivery.find(ALERTS, [A], since=SystemClock().now())
    assert caught.value.code == "missing_scope"
    assert "channels:history" in caught.value.details[0]


@dataclass(slots=True)
class Doomed:
    """A store and a delivery for a process that stops for ever at one step, as `kill -9` would have it."""

    store: OutboxStore
    delivery: Delivery
    step: str
    died: asyncio.Event = field(default_factory=asyncio.Event)

    async def _reach(self, step: str) -> None:
        if step == self.step:
            self.died.set()
            await asyncio.Event().wait()

    async def kept(self) -> Sequence[KeptLetter]:
        return await self.store.kept()

    async def note(self, key: LetterKey, posted: Posted, at: datetime) -> None:
        step = "after" if posted.ts else "before"
        await self._reach(f"{step} the post, not noted")
        await self.store.note(key, posted, at)
        await self._reach(f"{step} the post, noted")

    async def give_up(self, key: LetterKey, problem: str, at: datetime) -> None:
        await self.store.give_up(key, problem, at)

    async def post(self, channel: ChannelId, message: Message, **how: Any) -> MessageTs:
        return await self.delivery.post(channel, message, **how)

    async def update(self, channel: ChannelId, ts: MessageTs, message: Message, **how: Any) -> None:
        await self.delivery.update(channel, ts, message, **how)

    async def find(
        self, channel: ChannelId, letters: Collection[LetterKey], **how: Any
    ) -> Mapping[LetterKey, MessageTs]:
        return await self.delivery.find(channel, letters, **how)


STEPS = (
    "before the post, not noted",
    "before the post, noted",
    "after the post, not noted",
    "after the post, noted",
)


@pytest.mark.parametrize("victim", ["parent", "reply"])
@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_it_is_said_once(place: Place, store: Store, step: str, victim: str) -> None:
    """The next process ends with exactly one message for each letter, the reply in its thread."""
    clock, first, second = HurriedClock(speed=20), store.term(PROD, Term(1)), store.term(PROD, Term(2))
    parent, reply = a_letter(A, "one"), a_letter(REPLY, "more", thread=A)
    if victim == "reply":
        async with running(place.delivery, clock) as outbox:
            await first.save(Batch(letters=(parent,)))
            await outbox.open(PROD, first)
            await outbox.flush(30)
    await first.save(Batch(letters=(parent, reply)))
    doomed = Doomed(first, place.delivery, step)
    async with running(doomed, clock) as outbox:
        await outbox.open(PROD, doomed)
        async with asyncio.timeout(30):
            await doomed.died.wait()
    async with running(place.delivery, clock) as outbox:
        await outbox.open(PROD, second)
        await outbox.flush(30)
    assert place.standing() == [(A, "one"), (REPLY, "more")]
    messages = {m.text: m for m in place.slack.workspace.messages.in_channel(ALERTS)}  # type: ignore[arg-type]
    assert messages["more"].thread_ts == messages["one"].ts
    kept = {str(each.letter.key): each.posted for each in await second.kept()}
    assert {key: (posted.revision, str(posted.ts)) for key, posted in kept.items()} == {
        str(A): (1, str(messages["one"].ts)),
        str(REPLY): (1, str(messages["more"].ts)),
    }


async def test_said_from_memory_and_not_noted_it_is_said_once(place: Place, store: Store) -> None:
    """The store was away and is back: the letter is written, and the leader ends before it notes the post."""
    clock, first, second = HurriedClock(speed=20), store.term(PROD, Term(1)), store.term(PROD, Term(2))
    letter = a_letter(A, "one")
    doomed = Doomed(first, place.delivery, "after the post, not noted")
    async with running(doomed, clock) as outbox:
        await outbox.open(PROD, doomed)
        await outbox.put([letter])
        async with asyncio.timeout(30):
            await doomed.died.wait()
        await first.note(A, Posted(), clock.now())  # as if the store had been away since before the post
        await first.save(Batch(letters=(letter,)))
    async with running(place.delivery, clock) as outbox:
        await outbox.open(PROD, second)
        await outbox.flush(30)
    assert place.standing() == [(A, "one")]


async def test_said_while_the_store_was_away_and_killed_it_is_said_once(place: Place, store: Store) -> None:
    """Neither the try nor the message was noted, of an alert and of a reply to it."""
    clock, first, second = HurriedClock(speed=20), store.term(PROD, Term(1)), store.term(PROD, Term(2))
    await first.save(Batch(letters=(a_letter(A, "one"), a_letter(REPLY, "more", thread=A))))
    ts = await place.delivery.post(ALERTS, say("one"), letter=A)
    await place.delivery.post(ALERTS, say("more"), letter=REPLY, thread=ts)
    async with running(place.delivery, clock) as outbox:
        await outbox.open(PROD, second)
        await outbox.flush(10)
    assert place.standing() == [(A, "one"), (REPLY, "more")]


@dataclass(slots=True)
class Forgetful:
    """A way to Slack that loses the first answers; `arrives` says whether the posts get there."""

    delivery: Delivery
    arrives: bool
    losses: int = 2

    async def post(self, channel: ChannelId, message: Message, **how: Any) -> MessageTs:
        lost = self.losses > 0
        self.losses -= 1
        if self.arrives or not lost:
            ts = await self.delivery.post(channel, message, **how)
        if lost:
            raise DeliveryFailed("connection reset")
        return ts

    async def update(self, channel: ChannelId, ts: MessageTs, message: Message, **how: Any) -> None:
        await self.delivery.update(channel, ts, message, **how)

    async def find(
        self, channel: ChannelId, letters: Collection[LetterKey], **how: Any
    ) -> Mapping[LetterKey, MessageTs]:
        return await self.delivery.find(channel, letters, **how)


@pytest.mark.parametrize("arrives", [True, False], ids=["the answer is lost", "the post is lost"])
async def test_lost_answers_double_nothing_and_lose_nothing(place: Place, arrives: bool) -> None:
    """Whether Slack took it is seen in the channel."""
    async with running(Forgetful(place.delivery, arrives), HurriedClock(speed=20)) as outbox:
        await outbox.open(PROD, MemoryStore())
        await outbox.put([a_letter(A, "one"), a_letter(B, "two")])
        await outbox.put([a_letter(A, "one, changed", revision=2)])
        await outbox.flush(30)
    assert sorted(place.standing()) == [(A, "one, changed"), (B, "two")]


@asynccontextmanager
async def a_hurried_outbox(place: Place, fallback: Fallback | None = None) -> AsyncIterator[Any]:
    async with running(place.delivery, HurriedClock(speed=50), fallback) as outbox:
        await outbox.open(PROD, MemoryStore())
        yield outbox


async def test_an_archived_channels_alert_stands_in_the_default_channel(place: Place) -> None:
    """And it says for which channel it was meant."""
    workspace = place.slack.workspace
    workspace.change_channel(replace(workspace.channels[ALERTS], is_archived=True))  # type: ignore[index]
    async with a_hurried_outbox(place, Fallback(channel=OTHERS)) as outbox:
        await outbox.put([a_letter(A, "one")])
        await outbox.flush(30)
    by_letter = dict(place.standing(OTHERS))
    assert A in by_letter
    assert "is_archived" in by_letter[LetterKey(f"podbot/channel {ALERTS}")]
    assert place.standing() == []


async def test_a_message_that_somebody_deleted_is_posted_anew(place: Place) -> None:
    """Its news are not lost with it."""
    workspace = place.slack.workspace
    async with a_hurried_outbox(place) as outbox:
        await outbox.put([a_letter(A, "one")])
        await outbox.flush(30)
        (message,) = workspace.messages.in_channel(ALERTS)  # type: ignore[arg-type]
        workspace.delete(message)
        await outbox.put([a_letter(A, "two", revision=2)])
        await outbox.flush(30)
    assert place.standing() == [(A, "two")]
