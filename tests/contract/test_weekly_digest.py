"""The week's digest, from the numbers in the store to a message with its picture in Slack: said once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.errors import Deposed
from bot.incidents.route_config import Digest
from bot.incidents.weekly import WeeklyDigest
from bot.model.leadership import Term
from bot.model.people import ChannelId
from bot.pictures.painter import Painter
from bot.playground.workspace import Running, Workspace, demo_settings, serve
from bot.playground.workspace.messages import Message
from bot.playground.workspace.wire import ChannelId as InWorkspace
from bot.slack.client import open_client
from bot.slack.delivery import SlackDelivery
from bot.store.chronicle import StoredChronicle
from bot.store.leader import LeaderStore
from bot.store.store import Store
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death
from tests.support.hurried_clock import HurriedClock
from tests.support.outbox import running
from tests.support.stores import a_batch, an_incident

CHANNEL = ChannelId("C02ALERTS")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WANTED = Digest(channel=CHANNEL, day=0, at=time(9, 0), zone=UTC)


@dataclass(frozen=True, kw_only=True)
class Place:
    slack: Running
    delivery: SlackDelivery
    painter: Painter
    store: Store
    clock: HeldClock

    async def lead(self, term: int, *, looks: int = 2, config: Digest | None = WANTED) -> list[bool]:
        """One process's life as the leader: what came of each look, a minute apart."""
        kept, found = self.store.term(CLUSTER, Term(term)), []
        async with running(self.delivery, HurriedClock(speed=20)) as outbox:
            await outbox.open(CLUSTER, kept)
            weekly = WeeklyDigest(
                cluster=CLUSTER,
                config=lambda: config,
                chronicle=StoredChronicle(self.store.database),
                pictures=self.painter,
                store=kept,
                outbox=outbox,
                clock=self.clock,
            )
            for _ in range(looks):
                found.append(await weekly.look())
                await outbox.flush(20)
                await self.clock.advance(60)
        return found

    def messages(self) -> list[Message]:
        """What stands in the channel."""
        return list(self.slack.workspace.messages.in_channel(InWorkspace(CHANNEL)))

    def standing(self) -> list[str]:
        """Texts of the digests in the channel."""
        return [each.text for each in self.messages() if "The week on" in each.text]


@pytest.fixture
async def place(store: Store, kept: LeaderStore) -> AsyncIterator[Place]:
    death = a_death()
    await kept.save(a_batch(an_incident("1F3K", death), death, letters=()))
    async with (
        serve(Workspace(demo_settings())) as slack,
        open_client(bot_token=slack.workspace.app.bot_token, api_url=slack.api_url) as client,
        Painter() as painter,
    ):
        yield Place(
            slack=slack,
            delivery=SlackDelivery(client),
            painter=painter,
            store=store,
            clock=HeldClock(MONDAY + timedelta(minutes=5)),
        )


async def test_it_is_said_once_whoever_leads(place: Place) -> None:
    """By the first; neither at its next look, nor by the next process or replica."""
    assert await place.lead(1) == [True, False]
    assert await place.lead(2) == [True, False]
    assert await place.lead(3) == [True, False]
    (text,) = place.standing()
    assert text.startswith("The week on prod-eu: 1 death of 1 pod in 7 d · 1 incident in 1 workload, 1 open")
    assert text.endswith("the week before 0")


async def test_each_week_has_one(place: Place) -> None:
    """A message of its own, a week later."""
    await place.lead(1)
    await place.clock.advance(7 * 24 * 3_600)
    await place.lead(2)
    assert len(place.standing()) == 2


async def test_its_picture_is_in_its_thread(place: Place) -> None:
    """With words for those who do not see it."""
    await place.lead(1, looks=1)
    workspace = place.slack.workspace
    (said,) = (each for each in place.messages() if "The week on" in each.text)
    (reply,) = workspace.messages.replies(said.channel, said.ts)
    file = workspace.files.get(reply.files[0])
    assert file is not None
    assert (file.name, file.mimetype) == ("deaths.png", "image/png")
    assert file.alt.startswith("Bar chart of deaths by time")


async def test_it_is_not_said_before_its_time_nor_unasked(place: Place) -> None:
    """Nor days after, when podbot was down meanwhile."""
    assert await place.lead(1, config=None) == [False, False]
    assert await place.lead(1, config=Digest(channel=CHANNEL, day=2, at=time(9, 0), zone=UTC)) == [
        False,
        False,
    ]
    await place.clock.advance(24 * 3_600)
    assert await place.lead(1) == [False, False]
    assert place.standing() == []


async def test_who_leads_no_more_says_nothing(place: Place) -> None:
    """The store refuses the letter of an older term."""
    await place.lead(2, config=None)
    newer = a_death(uid="uid-9")
    await place.store.term(CLUSTER, Term(2)).save(a_batch(an_incident("9999", newer), newer, letters=()))
    with pytest.raises(Deposed):
        await place.lead(1)
    assert place.standing() == []
