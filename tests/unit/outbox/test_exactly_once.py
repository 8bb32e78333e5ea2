"""Whatever Slack and the store do: one message a letter, its last words, threads in order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.letters import Letter, LetterKey, Urgency
from bot.outbox import desk, reading
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.ports import DeliveryFailed
from tests.support.clock import HeldClock
from tests.support.examples import examples
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


class End(Enum):
    """How a replica ends whose place another one takes."""

    STOPPED = "stopped"
    """After it could note all that it had said."""
    KILLED = "killed"
    """In the middle of whatever it did; where the store was away, nothing of that was noted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A letter is written and handed over, time passes, and then the replica may end."""

    key: str
    urgency: Urgency
    seconds: float
    store_away: bool = False
    """It goes away once the letter is written, and is back before anybody writes or reads again."""
    end: End | None = None


STEPS = st.lists(
    st.builds(
        Step,
        key=st.sampled_from(KEYS),
        urgency=st.sampled_from(Urgency),
        seconds=st.sampled_from([0.0, 0.5, 3.0, 20.0]),
        store_away=st.booleans(),
        end=st.sampled_from([None, None, None, *End]),
    ),
    max_size=15,
)


@settings(max_examples=examples(100))
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
    _assert_in_thread(slack)


@settings(max_examples=examples(100))
@given(STEPS, TROUBLES, st.booleans())
def test_the_same_where_what_is_quiet_has_to_stay_in_the_store(
    steps: list[Step], troubles: list[DeliveryFailed | None], taken: bool
) -> None:
    """As memory has room for one letter a channel. Then the urgent goes before earlier replies."""
    with patch.object(reading, "MOST_IN_LANE", 1):
        slack, last = asyncio.run(_played(steps, troubles, taken))
    assert Counter(slack.letters.values()) == dict.fromkeys(last, 1)
    assert sorted(slack.messages.values()) == sorted(last.values())
    _assert_in_thread(slack)


@settings(max_examples=examples(100))
@given(STEPS, TROUBLES, st.booleans())
def test_the_same_where_few_letters_are_kept_in_mind(
    steps: list[Step], troubles: list[DeliveryFailed | None], taken: bool
) -> None:
    """What was forgotten is found in the store again, also what was while that was being read."""
    with patch.object(reading, "MOST_IN_LANE", 1), patch.object(desk, "MOST_KNOWN", 2):
        slack, last = asyncio.run(_played(steps, troubles, taken))
    assert Counter(slack.letters.values()) == dict.fromkeys(last, 1)
    assert sorted(slack.messages.values()) == sorted(last.values())
    _assert_in_thread(slack)


async def _played(
    steps: list[Step], troubles: list[DeliveryFailed | None], taken: bool
) -> tuple[FakeSlack, dict[str, str]]:
    clock, store = HeldClock(), MemoryStore()
    slack = FakeSlack(clock, list(troubles), taken_all_the_same=taken)
    script = _Script()
    ahead = iter(steps)
    ended: End | None = End.KILLED
    while ended is End.KILLED:
        async with running(slack, clock) as outbox:
            await outbox.open(PROD, store)
            ended = await _lived(ahead, script, outbox, store, clock)
            if ended is None:
                await _comes_to_rest(outbox, store, clock)
    return slack, script.last


@dataclass(slots=True)
class _Script:
    """What was handed over so far."""

    last: dict[str, str] = field(default_factory=dict)
    numbered: dict[str, str] = field(default_factory=dict)
    revision: int = 0

    def letter(self, step: Step) -> Letter:
        """The step's letter; a reply comes after its parent, and replies in their order."""
        key = step.key if "p" in self.last or not step.key.startswith("p/") else "p"
        if key.startswith("p/"):
            key = self.numbered.setdefault(key, f"p/{len(self.numbered) + 1}")
        self.revision += 1
        self.last[key] = f"{key} {self.revision}"
        return a_letter(
            key,
            self.last[key],
            revision=self.revision,
            urgency=step.urgency,
            channel=OTHERS if key == "x" else ALERTS,
            thread="p" if key.startswith("p/") else None,
        )


async def _lived(
    steps: Iterator[Step], script: _Script, outbox: Dispatcher, store: MemoryStore, clock: HeldClock
) -> End | None:
    """Go on until a replica is killed; one that is stopped is followed by another in the same process."""
    for step in steps:
        letter = script.letter(step)
        store.save(letter)
        if step.store_away:
            store.goes_away()
        await outbox.put([letter])
        await clock.advance(step.seconds)
        store.trouble = None
        if step.end is End.KILLED:
            return step.end
        if step.end is End.STOPPED:
            await clock.advance(5.0)  # a store that was away is told what was said
            await outbox.close(PROD)
            await outbox.open(PROD, store)
    return None


async def _comes_to_rest(outbox: Dispatcher, store: MemoryStore, clock: HeldClock) -> None:
    for _ in range(60):
        await clock.advance(20)
        if outbox.waiting == 0 and not any(each.waits for each in await store.kept()):
            return


def _as_posted(slack: FakeSlack) -> list[str]:
    """The letters in the order in which they came to stand in Slack."""
    order = sorted(slack.letters, key=lambda place: int(place[1].removeprefix("ts")))
    return [str(slack.letters[place]) for place in order]


def _assert_in_thread(slack: FakeSlack) -> None:
    """Each reply stands under its message."""
    places = {key: place for place, key in slack.letters.items()}
    replies = [place for key, place in places.items() if key.startswith("p/")]
    assert [slack.threads.get(place) for place in replies] == [places[LetterKey("p")][1] for _ in replies]
