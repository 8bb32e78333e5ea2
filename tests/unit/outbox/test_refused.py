"""What Slack refuses for a reason that nobody knows is said all the same, elsewhere or later."""

from __future__ import annotations

import asyncio

import pytest

from bot.model.letters import LetterKey, Urgency
from bot.outbox.calls import PROBE_EVERY
from bot.outbox.ports import DeliveryFailed, Fallback, Undeliverable
from tests.support.clock import HeldClock, settle
from tests.support.outbox import ALERTS, OTHERS, PROD, FakeSlack, Hook, MemoryStore, a_letter, running

NEW = Undeliverable("a_code_of_next_year")


async def test_a_letter_is_said_in_the_default_channel() -> None:
    """As text, with the reason; its replies go with it, other letters stay."""
    clock, store = HeldClock(), MemoryStore()
    slack = FakeSlack(clock, [NEW, NEW])
    async with running(slack, clock, Fallback(channel=OTHERS)) as outbox:
        await outbox.open(PROD, store)
        await outbox.put(
            [a_letter("a", urgency=Urgency.CRITICAL), a_letter("a/1", thread="a"), a_letter("b")]
        )
        await clock.advance(20)
        by_letter = {letter: place for place, letter in slack.letters.items()}
        assert {key: by_letter[LetterKey(key)][0] for key in ("a", "a/1", "b")} == {
            "a": OTHERS,
            "a/1": OTHERS,
            "b": ALERTS,
        }
        assert slack.threads[by_letter[LetterKey("a/1")]] == by_letter[LetterKey("a")][1]
        (told,) = [
            text for text in slack.messages.values() if "a_code_of_next_year" in text and ALERTS in text
        ]
        assert OTHERS in told
        assert store.given_up == {}


async def test_with_no_other_channel_it_is_tried_every_minute_and_holds_up_nobody() -> None:
    """The webhook tells it at once."""
    clock, store, hook = HeldClock(), MemoryStore(), Hook()
    slack = FakeSlack(clock, [NEW, NEW, None, NEW])
    async with running(slack, clock, Fallback(webhook=hook)) as outbox:
        await outbox.open(PROD, store)
        await outbox.put([a_letter("a", urgency=Urgency.CRITICAL), a_letter("b")])
        await clock.advance(5)
        assert list(slack.messages.values()) == ["b"]
        assert len(hook.told) == 1
        await clock.advance(3 * PROBE_EVERY)
        assert list(slack.messages.values()) == ["b", "a"]
        assert store.given_up == {}


async def test_what_is_refused_while_its_cluster_is_closed_waits_nowhere() -> None:
    """Whoever leads next says it: left behind, it would keep the same letter from being said here again."""
    clock, store = HeldClock(), MemoryStore()
    slack = FakeSlack(clock, [NEW, NEW])
    async with running(slack, clock, Fallback(channel=OTHERS)) as outbox:
        await outbox.open(PROD, store)
        await outbox.put([a_letter("a", urgency=Urgency.CRITICAL)])
        await clock.advance(0.1)
        slack.hang = asyncio.Event()
        await clock.advance(5)
        closing = asyncio.create_task(outbox.close(PROD))
        await settle()
        slack.hang.set()
        await closing
        assert outbox.waiting == 0
        await outbox.open(PROD, store)
        await outbox.put([a_letter("a", urgency=Urgency.CRITICAL)])
        await clock.advance(60)
        assert "a" in slack.messages.values()


async def test_a_message_whose_update_is_refused_stays_the_only_one() -> None:
    """Its next wording is another update: in whatever words Slack refused one, the message stands."""
    clock = HeldClock()
    slack = FakeSlack(clock, [None, NEW, NEW])
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, MemoryStore())
        for revision in (1, 2, 3):
            await outbox.put([a_letter("a", revision=revision)])
            await clock.advance(60)
        assert list(slack.messages.values()) == ["a"]
        assert [bool(call.ts) for call in slack.calls] == [False, True, True, True]


@pytest.mark.parametrize(
    ("trouble", "most_minutes"),
    [
        pytest.param(DeliveryFailed("503", 86_400.0), 1, id="503 for a day"),
        pytest.param(DeliveryFailed("503", float("inf")), 1, id="503 for ever"),
        pytest.param(DeliveryFailed("429", 86_400.0, refused=True), 5, id="429 for a day"),
        pytest.param(DeliveryFailed("429", float("inf"), refused=True), 5, id="429 for ever"),
    ],
)
async def test_no_header_silences_a_channel(trouble: DeliveryFailed, most_minutes: int) -> None:
    """However long Slack, or a proxy before it, says that it will take."""
    clock = HeldClock()
    slack = FakeSlack(clock, [trouble])
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, MemoryStore())
        await outbox.put([a_letter("a", urgency=Urgency.CRITICAL)])
        await clock.advance(most_minutes * 60 + 5)
        assert list(slack.messages.values()) == ["a"]
