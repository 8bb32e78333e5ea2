"""Whatever Slack and the store do: one message a letter, its last words, threads in order."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.letters import Urgency
from bot.outbox.ports import DeliveryFailed
from tests.support.clock import HeldClock
from tests.support.outbox import ALERTS, OTHERS, PROD, FakeSlack, MemoryStore, a_letter, running

KEYS = ("p", "p/1", "p/2", "p/3", "q", "x")
TROUBLES = st.lists(
    st.sampled_from(
        [
            None,
            DeliveryFailed("connection reset"),
            DeliveryFailed("the connection was refused", refused=True),
            DeliveryFailed("ratelimited", retry_after=5.0, refused=True),
            DeliveryFailed("503", retry_after=2.0),
        ]
    ),
    max_size=12,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A letter is handed over, or the replica ends and another one takes its place; then time passes."""

    key: str
    urgency: Urgency
    seconds: float
    replaced: bool = False
    store_away: bool = False


STEPS = st.lists(
    st.builds(
        Step,
        key=st.sampled_from(KEYS),
        urgency=st.sampled_from(Urgency),
        seconds=st.sampled_from([0.0, 0.5, 3.0, 20.0]),
        replaced=st.integers(0, 4).map(lambda number: number == 0),
        store_away=st.booleans(),
    ),
    max_size=15,
)


@settings(max_examples=100, deadline=None)
@given(STEPS, TROUBLES, st.booleans())
def test_one_message_a_letter_with_its_last_words(
    steps: list[Step], troubles: list[DeliveryFailed | None], taken: bool
) -> None:
    """`taken`: what fails without being refused is posted all the same, and only its answer is lost."""
    slack, last = asyncio.run(_played(steps, troubles, taken))
    standing = Counter(slack.letters.values())
    assert standing == dict.fromkeys(last, 1)
    assert sorted(slack.messages.values()) == sorted(last.values())
    replies = [key for key in _as_posted(slack) if key.startswith("p/")]
    assert replies == [key for key in last if key.startswith("p/")]


async def _played(
    steps: list[Step], troubles: list[DeliveryFailed | None], taken: bool
) -> tuple[FakeSlack, dict[str, str]]:
    clock, store = HeldClock(), MemoryStore()
    slack = FakeSlack(clock, list(troubles), taken_all_the_same=taken)
    last: dict[str, str] = {}
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, store)
        numbered: dict[str, str] = {}
        for revision, step in enumerate(steps, 1):
            key = step.key
            if key.startswith("p/"):
                key = numbered.setdefault(key, f"p/{len(numbered) + 1}")
            last[key] = f"{key} {revision}"
            letter = a_letter(
                key,
                last[key],
                revision=revision,
                urgency=step.urgency,
                channel=OTHERS if key == "x" else ALERTS,
                thread="p" if key.startswith("p/") else None,
            )
            store.save(letter)
            if step.store_away:
                store.goes_away()
            await outbox.put([letter])
            await clock.advance(step.seconds)
            store.trouble = None
            if step.replaced:
                await clock.advance(5.0)  # a store that was away is told what was said
                await outbox.close(PROD)
                await outbox.open(PROD, store)
        for _ in range(20):
            await clock.advance(20)
            if outbox.waiting == 0:
                break
    return slack, last


def _as_posted(slack: FakeSlack) -> list[str]:
    """The letters in the order in which they came to stand in Slack."""
    order = sorted(slack.letters, key=lambda place: int(place[1].removeprefix("ts")))
    return [str(slack.letters[place]) for place in order]
