"""The watchman: puts together what podbot's parts say of themselves, and has it told.

Whoever watches podbot from outside hears of it by `heartbeat`, people in Slack by `vigil`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from bot.clock import Clock
from bot.incidents.ports import Outbox
from bot.incidents.route_config import Heartbeat
from bot.model.people import ChannelId
from bot.model.pods import ClusterName
from bot.ops.condition import ClusterCondition, SlackCondition, ailments, troubles
from bot.ops.heartbeat import Heart
from bot.ops.leadership import Leadership
from bot.ops.pulse import Ask, Pulse
from bot.ops.vigil import Vigil
from bot.outbox.ports import LastResort
from bot.watch.freshness import Freshness


class Watched(Protocol):
    """One cluster's line, as the watchman sees it."""

    @property
    def name(self) -> ClusterName:
        """The cluster's."""
        ...

    @property
    def freshness(self) -> Freshness | None:
        """How far its watch may be trusted; None before it has begun."""
        ...

    @property
    def leadership(self) -> Leadership:
        """Who leads it."""
        ...

    @property
    def store_trouble(self) -> str:
        """Why its incidents cannot be saved; empty while they can."""
        ...


class Watchman:
    """Of the whole process. Of several replicas the one beats that leads the first of `lines`.

    `ask_slack` and `slack_connected` say whether Slack answers, and whether it can reach podbot; `delivery`
    is the outbox's trouble as far as nobody tells it yet. `is_first` is `pods.ports.Claims.first`.
    """

    def __init__(
        self,
        lines: Sequence[Watched],
        *,
        ask_slack: Ask,
        slack_connected: Callable[[], bool],
        delivery: Callable[[], Mapping[str, str]],
        heartbeat: Callable[[], Heartbeat | None],
        outbox: Outbox,
        channel: ChannelId,
        last_resort: LastResort | None,
        is_first: Callable[[str], Awaitable[bool]],
        clock: Clock,
    ) -> None:
        self._lines = lines
        self._slack_connected = slack_connected
        self._delivery = delivery
        self._clock = clock
        self._pulse = Pulse(ask_slack, clock)
        self._heart = Heart(
            plan=heartbeat,
            ailments=lambda: ailments(self._clusters(), self._slack(), clock.now()),
            is_ours=lambda: lines[0].leadership.leading is not None,
            clock=clock,
        )
        self._vigil = Vigil(
            troubles=self._troubles,
            outbox=outbox,
            channel=channel,
            last_resort=last_resort,
            clock=clock,
            is_first=is_first,
        )

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pulse.run(), name="pulse of Slack")
            tasks.create_task(self._heart.run(), name="heartbeat")
            tasks.create_task(self._vigil.run(), name="vigil")

    def _troubles(self) -> Mapping[str, str]:
        return troubles(
            self._clusters(),
            delivery=self._delivery(),
            slack=self._slack(),
            heartbeat_problem=self._heart.problem,
            now=self._clock.now(),
        )

    def _slack(self) -> SlackCondition:
        return SlackCondition(problem=self._pulse.problem, connected=self._slack_connected())

    def _clusters(self) -> Sequence[ClusterCondition]:
        return [
            ClusterCondition(
                name=each.name,
                freshness=each.freshness,
                leads=each.leadership.leading is not None,
                led=each.leadership.leader is not None,
                lease_problem=each.leadership.problem,
                store_problem=each.store_trouble,
            )
            for each in self._lines
        ]
