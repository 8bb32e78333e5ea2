"""People hear once of what ails podbot itself: in Slack, or by the webhook while Slack is what fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from bot.model.letters import LetterKey
from bot.model.messages import spoken
from bot.model.people import ChannelId, MessageTs
from bot.ops.episodes import (
    OVER_AFTER,
    PATIENCE,
    RECALLED_OVER_AFTER,
    Announcement,
    Episode,
    Instant,
)
from bot.ops.vigil import SLACK, TELLS_WITHIN, Vigil
from bot.ops.vigil_words import letter, recalled, words
from bot.outbox.ports import Undeliverable
from bot.playground.workspace import Workspace, demo_settings, serve
from bot.slack.client import open_client
from bot.slack.delivery import SlackDelivery
from bot.slack.pulse import SlackPulse
from bot.store.store import open_store
from tests.support.clock import START, HeldClock, settle
from tests.support.hurried_clock import HurriedClock
from tests.support.outbox import ALERTS, PROD, FakeSlack, Hook, MemoryStore, running
from tests.support.stores import Entries, posted
from tests.support.waiting import eventually

WATCH, STORE = "watch of prod-eu", "store"
AT_START = Instant(at=START, tick=0.0)


@dataclass(slots=True)
class Keeping:
    clock: HeldClock
    slack: FakeSlack
    hook: Hook
    troubles: dict[str, str] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    claims_away: bool = False
    vigils: list[asyncio.Task[None]] = field(default_factory=list)
    own: MemoryStore | None = None
    """What outlives a process, where something does."""

    async def is_first(self, key: str) -> bool:
        if self.claims_away:
            raise StoreUnavailable("the disk is full")
        found = key not in self.claimed
        self.claimed.add(key)
        return found

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.slack.calls]


@asynccontextmanager
async def keeping(replicas: int = 1) -> AsyncIterator[Keeping]:
    clock = HeldClock()
    place = Keeping(clock, FakeSlack(clock), Hook())
    async with a_life(place, replicas):
        yield place


@asynccontextmanager
async def a_life(place: Keeping, replicas: int = 1) -> AsyncIterator[None]:
    """A process, or several, from the start to a kill -9; the place goes on."""
    clock = place.clock
    place.vigils.clear()
    async with running(place.slack, clock, own=place.own) as outbox:
        for number in range(replicas):
            vigil = Vigil(
                troubles=lambda: dict(place.troubles),
                outbox=outbox,
                channel=ALERTS,
                last_resort=place.hook,
                clock=clock,
                is_first=place.is_first,
                own=place.own,
            )
            place.vigils.append(asyncio.create_task(vigil.run(), name=f"vigil {number}"))
        await settle()
        yield
        assert not any(each.done() for each in place.vigils)
        for each in place.vigils:
            each.cancel()
        await asyncio.gather(*place.vigils, return_exceptions=True)


async def test_a_watch_that_is_away_is_told_and_the_message_says_when_it_was() -> None:
    """One message: what it is, and then what it was."""
    async with keeping() as place:
        place.troubles[WATCH] = "connection refused"
        await place.clock.advance(PATIENCE - 1)
        assert place.texts == []
        await place.clock.advance(11 * 60)
        place.troubles.clear()
        await place.clock.advance(OVER_AFTER + 5)
        assert place.texts == [
            "podbot itself: prod-eu has not been watched since 14:00 UTC: connection refused. "
            "What dies there is announced once it is watched again.",
            "podbot itself: prod-eu was not watched from 14:00 UTC to 14:13 UTC (12 min); "
            "what died meanwhile has been announced.",
        ]
        assert len(place.slack.messages) == 1
        assert place.hook.told == []


async def test_while_slack_fails_the_webhook_is_told() -> None:
    """Of that, and of what else is wrong; Slack itself learns afterwards how long it was."""
    async with keeping() as place:
        place.slack.closed[ALERTS] = Undeliverable("token_revoked")
        place.troubles[SLACK] = "Slack answered token_revoked"
        await place.clock.advance(PATIENCE + 2)
        place.troubles[STORE] = "the disk is full"
        await place.clock.advance(5)
        assert [each.split(":")[1].split(" since")[0] for each in place.hook.told] == [
            " Slack takes nothing",
            " nothing can be saved",
        ]
        place.slack.closed.clear()
        place.troubles.clear()
        await place.clock.advance(200)
        assert sum("Slack took nothing from" in each for each in place.hook.told) == 1
        standing = sorted(place.slack.messages.values())
        assert len(standing) == 2, (
            "one message for each trouble, though neither could be said while it lasted"
        )
        assert standing[0].startswith("podbot itself: Slack took nothing from 14:00 UTC to 14:02 UTC (2 min)")
        assert standing[1].startswith("podbot itself: nothing could be saved from")


async def test_of_several_replicas_one_tells() -> None:
    """Who saw it first; a store that is away makes all of them tell, which is better than none."""
    async with keeping(replicas=3) as place:
        place.troubles[WATCH] = "refused"
        await place.clock.advance(PATIENCE + 5)
        place.troubles.clear()
        await place.clock.advance(OVER_AFTER + 5)
        assert len(place.texts) == 2
        assert len(place.claimed) == 1


def a_place() -> Keeping:
    clock = HeldClock()
    return Keeping(clock, FakeSlack(clock), Hook(), own=MemoryStore())


async def test_the_next_process_tells_the_end_of_what_the_last_one_told() -> None:
    """In the same message: nobody is left with a trouble that is long over."""
    place = a_place()
    async with a_life(place):
        place.troubles[WATCH] = "connection refused"
        await place.clock.advance(PATIENCE + 5)
    place.troubles.clear()
    await place.clock.advance(10 * 60)
    async with a_life(place):
        await place.clock.advance(RECALLED_OVER_AFTER - 1)
        assert len(place.texts) == 1, "it may only not have been run into yet"
        await place.clock.advance(5)
    assert list(place.slack.messages.values()) == [
        "podbot itself: prod-eu was not watched from 14:00 UTC to 14:12 UTC (12 min); "
        "what died meanwhile has been announced."
    ]
    async with a_life(place):
        await place.clock.advance(200)
    assert len(place.texts) == 2, "what is over is let go"


async def test_what_still_is_so_is_not_told_anew() -> None:
    """However often podbot is restarted over it; where it has only begun to be said, it is said once."""
    place = a_place()
    place.troubles[WATCH] = "connection refused"
    async with a_life(place):
        place.slack.hang = asyncio.Event()
        await place.clock.advance(PATIENCE + 5)
    place.slack.hang = None
    for _ in range(3):
        async with a_life(place):
            await place.clock.advance(PATIENCE + 60)
    (standing,) = place.slack.messages.values()
    assert standing.startswith("podbot itself: prod-eu has not been watched since 14:00 UTC")
    place.troubles.clear()
    async with a_life(place):
        await place.clock.advance(1)
        place.troubles[WATCH] = "it has not begun"
        await place.clock.advance(5)
        place.troubles.clear()
        await place.clock.advance(OVER_AFTER + 5)
        place.troubles[WATCH] = "connection refused"
        await place.clock.advance(PATIENCE + 5)
    (standing,) = place.slack.messages.values()
    assert standing.endswith("It came 2 times since 14:00 UTC.")


async def test_a_store_that_is_away_keeps_nothing_and_stops_nothing() -> None:
    """Then it is told as ever, and the next process tells what it sees itself."""
    place = a_place()
    assert place.own is not None
    place.own.goes_away()
    async with a_life(place):
        place.troubles[STORE] = "the disk is full"
        await place.clock.advance(2)
        assert len(place.texts) == 1
    place.troubles.clear()
    async with a_life(place):
        await place.clock.advance(5)
        place.own.trouble = None
        place.troubles[WATCH] = "connection refused"
        await place.clock.advance(PATIENCE + 5)
    assert len(place.slack.messages) == 2


async def test_a_store_of_one_process_keeps_them(tmp_path: Path) -> None:
    """As they are in the file, with where they stand; a key of another version is passed over."""
    place, url = a_place(), f"sqlite:///{tmp_path / 'podbot.db'}"
    told = replace(_episode(WATCH), subject="watch of arn:aws:eks:eu-1:1:cluster/prod")
    one = letter(Announcement(episode=told), ALERTS)
    async with open_store(url, clock=place.clock, audit_log=Entries()) as store:
        own = store.own_letters("host_1", [PROD])
        await own.keep(one)
        await own.note(one.key, posted(1), START)
        await own.keep(replace(one, key=LetterKey("podbot/else")))
        over = letter(Announcement(episode=replace(_episode(STORE), over=True, well_since=AT_START)), ALERTS)
        await own.keep(over)
    async with open_store(url, clock=place.clock, audit_log=Entries()) as store:
        own = store.own_letters("host_2", [PROD])
        kept = await own.kept()
        assert {each.letter.key: each.posted.revision for each in kept} == {
            one.key: 1,
            over.key: 0,
            "podbot/else": 0,
        }
        found = recalled(kept, AT_START)
        assert found == {told.subject: replace(told, problem="", over_after=RECALLED_OVER_AFTER)}
        await own.give_up(one.key, "no_text", START)
        assert one.key not in {each.letter.key for each in await own.kept()}


async def test_what_cannot_be_claimed_is_told() -> None:
    """The store is what fails, and says who was first."""
    async with keeping() as place:
        place.claims_away = True
        place.troubles[STORE] = "the disk is full"
        await place.clock.advance(2)
        assert len(place.texts) == 1


async def test_a_way_that_hangs_does_not_end_the_vigil(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other ways, and the next look, have their turn."""
    monkeypatch.setattr("bot.ops.vigil.TELLS_WITHIN", 0.01)
    clock, hook, troubles = HeldClock(), Hook(), {SLACK: "no answer", STORE: "full"}

    class Full:
        async def put(self, letters: object, *, saved: bool = True) -> None:
            await asyncio.Event().wait()

    vigil = Vigil(troubles=lambda: troubles, outbox=Full(), channel=ALERTS, last_resort=hook, clock=clock)
    task = asyncio.create_task(vigil.run(), name="vigil under test")
    await eventually(lambda: clock.sleepers > 0)
    for _ in range(int(PATIENCE) + 1):
        await clock.advance(1)
    await eventually(lambda: len(hook.told) == 1)
    assert TELLS_WITHIN > 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    "subject",
    [
        WATCH,
        "lease of prod-eu",
        STORE,
        SLACK,
        "name of prod-eu",
        "connection",
        "channel C02ALERTS",
        "webhook on call",
        "fallback webhook",
        "heartbeat",
        "something else",
    ],
)
def test_every_subject_has_its_words(subject: str) -> None:
    """Sentences with a name in them, and none that podbot forgot to fill in."""
    began = _told(subject, problem="it answered 500.")
    ended = _told(subject, over=True, times=3)
    assert began.startswith("podbot itself: ")
    assert " since 14:00 UTC: it answered 500." in began
    assert ended.endswith("It came 3 times since 14:00 UTC.")
    name = (
        subject.removeprefix("watch of ").removeprefix("lease of ").removeprefix("name of ").split(" ", 1)[-1]
    )
    assert subject in {STORE, SLACK, "connection", "heartbeat", "fallback webhook"} or name in began
    assert "{}" not in began + ended


def test_a_trouble_over_midnight_has_dates() -> None:
    """And whatever a server says is cut."""
    assert "2026-11-22 14:00 UTC to 2026-11-23 02:00 UTC (12 h)" in _told(WATCH, over=True, hours=12)
    assert len(_told(WATCH, problem="x" * 10_000)) < 500


def _told(subject: str, *, problem: str = "why", over: bool = False, times: int = 1, hours: int = 1) -> str:
    ended = Instant(at=START + timedelta(hours=hours), tick=hours * 3_600)
    episode = replace(
        _episode(subject), problem=problem, well_since=ended if over else None, over=over, times=times
    )
    said = Announcement(episode=episode)
    assert letter(said, ALERTS).message.text == spoken(words(said))
    return spoken(words(said))


def _episode(subject: str) -> Episode:
    return Episode(subject=subject, first=AT_START, since=AT_START, problem="why", told=True, revision=1)


async def test_slack_has_it_as_it_is_said_and_as_it_was() -> None:
    """Against a strict workspace: one message, edited, with times in each reader's own zone."""
    clock, troubles = HurriedClock(200), {STORE: "the disk is full"}

    def found() -> Mapping[str, str]:
        return dict(troubles)

    async with (
        serve(Workspace(demo_settings())) as slack,
        open_client(bot_token=slack.workspace.app.bot_token, api_url=slack.api_url) as client,
        running(SlackDelivery(client), clock) as outbox,
    ):
        vigil = Vigil(troubles=found, outbox=outbox, channel=ALERTS, last_resort=None, clock=clock)
        task = asyncio.create_task(vigil.run(), name="vigil under test")
        messages = slack.workspace.messages

        def texts() -> list[str]:
            return [each.text for each in messages.in_channel(ALERTS)]  # type: ignore[arg-type]

        await eventually(lambda: any("nothing can be saved" in each for each in texts()))
        troubles.clear()
        await eventually(lambda: any("nothing could be saved" in each for each in texts()))
        told = [each for each in messages.in_channel(ALERTS) if "podbot itself" in each.text]  # type: ignore[arg-type]
        assert len(told) == 1
        assert '"type": "date"' in str(told[0].blocks).replace("'", '"')
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_slacks_pulse_is_an_answer_to_a_question() -> None:
    """What Slack refuses is as bad as no answer; a message's address begins with the workspace's."""
    async with serve(Workspace(demo_settings())) as slack:
        url = slack.api_url
        async with open_client(bot_token=slack.workspace.app.bot_token, api_url=url) as client:
            pulse = SlackPulse(client)
            assert pulse.permalink(ChannelId("C1"), MessageTs("12.34")) == ""
            assert await pulse.ask() == ""
            assert pulse.permalink(ChannelId("C1"), MessageTs("12.34")).endswith("/archives/C1/p1234")
        async with open_client(bot_token="xoxb-wrong", api_url=url) as client:
            assert await SlackPulse(client).ask() == "Slack answered invalid_auth"
    async with open_client(bot_token="xoxb-1", api_url="http://127.0.0.1:9/api/") as client:
        assert await SlackPulse(client).ask() == "Slack does not answer"
