"""What somebody has pressed a button for is seen at once, whatever else changes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from bot.model.letters import Letter, LetterKey, Urgency
from bot.outbox.calls import LOOK_EVERY
from bot.outbox.schedule import UPDATE_EVERY
from tests.support.clock import HeldClock
from tests.support.outbox import ALERTS, OTHERS, PROD, FakeSlack, MemoryStore, a_letter, running

SOON = UPDATE_EVERY + LOOK_EVERY


def pressed(letter: Letter) -> Letter:
    return replace(letter, awaited=True)


def wait_of(slack: FakeSlack, text: str, since: float) -> float:
    """Seconds until Slack had an update."""
    (at,) = [each.at for each in slack.calls if each.text == text]
    return at - since


@pytest.mark.parametrize("pause", [0.5, 3.0, 7.0, 12.0, 20.0])
async def test_what_a_person_pressed_is_told_within_two_seconds_of_the_last_update(pause: float) -> None:
    """After half a minute of deaths, which by themselves are told every eight seconds."""
    clock = HeldClock()
    slack = FakeSlack(clock)
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, MemoryStore())
        for second in range(1, 31):
            await outbox.put([a_letter("a", f"{second}", revision=second)])
            await clock.advance(1)
        told = [each.at for each in slack.calls]
        await clock.advance(pause)
        since, last = clock.monotonic(), slack.calls[-1].at
        await outbox.put([pressed(a_letter("a", "acknowledged", revision=40))])
        await clock.advance(10)
        assert max(later - earlier for earlier, later in pairwise(told)) > SOON
        assert wait_of(slack, "acknowledged", since) <= max(last + SOON - since, LOOK_EVERY)


async def test_deaths_go_on_slowly_after_it() -> None:
    """The press hurries one update, not those that follow."""
    clock = HeldClock()
    slack = FakeSlack(clock)
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, MemoryStore())
        for second in range(1, 61):
            letter = a_letter("a", f"{second}", revision=second)
            await outbox.put([pressed(letter) if second == 31 else letter])
            await clock.advance(1)
        later = [each.at for each in slack.calls if each.at > 34]
        assert len(later) <= 4


async def test_a_storm_takes_nothing_from_who_waits() -> None:
    """Forty messages in two channels change all the time and use up what Slack allows."""
    clock = HeldClock()
    slack = FakeSlack(clock)
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, MemoryStore())
        keys = [(f"{number}", ALERTS if number % 2 else OTHERS) for number in range(40)]
        for revision in range(1, 61):
            await outbox.put(
                [
                    a_letter(
                        key, f"{key} {revision}", revision=revision, channel=channel, urgency=Urgency.CRITICAL
                    )
                    for key, channel in keys
                ]
            )
            await clock.advance(1)
        since = clock.monotonic()
        await outbox.put([pressed(a_letter("0", "silenced", revision=99, channel=OTHERS))])
        await clock.advance(5)
        assert wait_of(slack, "silenced", since) <= SOON
        updates = [each.at for each in slack.calls if each.ts]
        assert max(sum(start <= at < start + 60 for at in updates) for start in updates) <= 50


async def test_a_message_that_does_not_stand_yet_is_not_hurried() -> None:
    """Nobody looks at it; pages go first."""
    clock = HeldClock()
    slack = FakeSlack(clock)
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, MemoryStore())
        await outbox.put(
            [
                a_letter("first"),
                pressed(a_letter("silent", urgency=Urgency.NORMAL)),
                a_letter("page", urgency=Urgency.CRITICAL),
            ]
        )
        await clock.advance(10)
        assert [LetterKey(text) for _, text in slack.said][-2:] == ["first", "silent"]
