"""The Slack side of a trial: the strict workspace, what the bot says, what becomes of what it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any

from bot.playground import workspace as slack
from bot.playground.workspace.delivery.parcels import Answer, Outcome, Parcel
from bot.playground.workspace.demo_world import ALERTS
from bot.playground.workspace.messages import Message
from bot.playground.workspace.people import Channel, User
from bot.playground.workspace.settings import PODBOT
from bot.playground.workspace.wire import ChannelId, UserId

Json = dict[str, Any]

FAST = slack.PaceSettings(posts_per_second=100.0, post_burst=100, window_seconds=1.0)
"""Slack's limits, for a bot whose clock is hurried."""

RETRIES = (0.0, 1.0, 3.0)
"""Seconds before an event that was not acknowledged is sent again."""


class Fate(Enum):
    """What is known of something that was sent to the bot."""

    TAKEN = "taken"
    """The bot acknowledged it."""
    UNKNOWN = "unknown"
    """It was on its way when the connection broke, or no acknowledgement came in time."""
    NEVER_CAME = "never came"
    """There was no connection: the bot cannot know of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as its message tells it."""

    id: str
    deaths: int
    ts: str
    text: str


@dataclass(slots=True)
class Office:
    """The workspace, and an ear at its door."""

    running: slack.Running
    chance: Random
    fates: dict[UserId, list[Fate]] = field(default_factory=dict)
    """What became of what each person sent, in order."""
    repeats: float = 0.0
    """The share of deliveries that come twice just now."""

    @property
    def workspace(self) -> slack.Workspace:
        """The workspace itself."""
        return self.running.workspace

    @property
    def socket(self) -> Any:
        """The Socket Mode connections."""
        assert self.running.socket_mode is not None
        return self.running.socket_mode

    def newcomer(self, number: int) -> tuple[UserId, ChannelId]:
        """Somebody with a room of their own, where nobody but them and the bot says anything."""
        user, room = UserId(f"U7{number:05}"), ChannelId(f"C7{number:05}")
        self.workspace.users[user] = User(id=user, name=f"person-{number}", real_name=f"Person {number}")
        self.workspace.channels[room] = Channel(
            id=room, name=f"room-{number}", members=frozenset({user, PODBOT})
        )
        return user, room

    def said_to(self, user: UserId, room: ChannelId) -> list[Message]:
        """All that the bot has said in a person's room and to the person directly."""
        direct = ChannelId(f"D{user.removeprefix('U')}")
        return [
            message
            for place in (room, direct)
            for message in self.workspace.messages.in_channel(place)
            if message.bot_id is not None
        ]

    def incidents(self) -> list[Incident]:
        """Every message that announces an incident, in whatever channel. One incident may be there twice."""
        return [
            _incident(message)
            for channel in self.workspace.channels
            for message in self.workspace.messages.in_channel(channel)
            if (message.metadata or {}).get("event_type") == "podbot_incident"
        ]

    def deaths_told(self) -> int:
        """How many deaths the channel knows of."""
        return sum(each.deaths for each in self.incidents())

    async def deliver(self, parcel: Parcel) -> Answer:
        """As Socket Mode does it, but perhaps twice; writes down what became of it."""
        answer = await self._deliver(parcel)
        if self.chance.random() < self.repeats:
            await self._deliver(parcel)
        return answer

    async def _deliver(self, parcel: Parcel) -> Answer:
        answer = await type(self.socket).deliver(self.socket, parcel)
        self.fates.setdefault(_sender(parcel.payload), []).append(_fate(answer))
        found: Answer = answer
        return found


def _fate(answer: Answer) -> Fate:
    match answer.outcome:
        case Outcome.ACKNOWLEDGED:
            return Fate.TAKEN
        case Outcome.TIMED_OUT:
            return Fate.UNKNOWN
        case Outcome.FAILED:
            return Fate.NEVER_CAME


def _sender(payload: Json) -> UserId:
    user = payload.get("user_id") or payload.get("user", {}).get("id") or payload.get("event", {}).get("user")
    return UserId(str(user))


def _incident(message: Message) -> Incident:
    assert message.metadata is not None
    facts = message.metadata["event_payload"]
    return Incident(id=facts["incident"], deaths=facts["deaths"], ts=message.ts, text=message.text)


@asynccontextmanager
async def an_office(*, pace: slack.PaceSettings, seed: int) -> AsyncIterator[Office]:
    """A workspace where podbot is installed and nobody has said anything yet."""
    settings = slack.demo_settings(pace=pace, delivery=slack.DeliverySettings(event_retry_seconds=RETRIES))
    async with slack.serve(slack.Workspace(settings)) as running:
        office = Office(running, Random(seed))  # noqa: S311 - chance, not secrecy
        office.socket.deliver = office.deliver
        yield office


__all__ = ["ALERTS", "FAST", "Fate", "Incident", "Office", "an_office"]
