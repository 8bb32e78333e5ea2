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
from bot.ops.orphans import Orphans
from bot.ops.pulse import Ask, Pulse
from bot.ops.suspension import slept as suspended
from bot.ops.vigil import OwnLetters, Vigil
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

    @property
    def name_problem(self) -> str:
        """Why it may not have its name; empty while it may."""
        ...


class Watchman:
    """Watches over the whole process. Of several replicas the one beats that leads the first of `lines`.

    `ask_slack` and `slack_connected` say whether Slack answers, and whether it can reach podbot; `delivery`
    is the outbox's trouble as far as nobody tells it yet. `is_first` is `pods.ports.Claims.first`, `slept`
    for how many seconds the machine was suspended since whenever; `own` and `orphans` as `Vigil` has them.
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
        own: OwnLetters | None = None,
        orphans: Orphans | None = None,
        slept: Callable[[], float] = suspended,
    ) -> None:
        self._lines = lines
        self._slack_connected = slack_connected
        self._delivery = delivery
        self._clock = clock
        self._pulse = Pulse(ask_slack, clock)
        self._heart = Heart(
            plan=heartbeat,
            ailments=self._ailments,
            is_ours=lambda: lines[0].leadership.leading is not None,
            clock=clock,
            slept=slept,
        )
        self._vigil = Vigil(
            troubles=self._troubles,
            outbox=outbox,
            channel=channel,
            last_resort=last_resort,
            clock=clock,
            is_first=is_first,
            own=own,
            orphans=orphans,
        )

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pulse.run(), name="pulse of Slack")
            tasks.create_task(self._heart.run(), name="heartbeat")
            tasks.create_task(self._vigil.run(), name="vigil")

    def _ailments(self) -> Mapping[str, str]:
        moment = self._clock.monotonic()
        return ailments(self._clusters(), self._slack(), moment, woke_at=self._heart.woke_at)

    def _troubles(self) -> Mapping[str, str]:
        return troubles(
            self._clusters(),
            delivery=self._delivery(),
            slack=self._slack(),
            heartbeat_problem=self._heart.problem,
            moment=self._clock.monotonic(),
        )

    def _slack(self) -> SlackCondition:
        return SlackCondition(
            problem=self._pulse.problem,
            answered_at=self._pulse.answered_at,
            connected=self._slack_connected(),
        )

    def _clusters(self) -> Sequence[ClusterCondition]:
        return [
            ClusterCondition(
                name=each.name,
                freshness=each.freshness,
                leads=each.leadership.leading is not None,
                led=each.leadership.leader is not None,
                lease_problem=each.leadership.problem,
                store_problem=each.store_trouble,
                name_problem=each.name_problem,
            )
            for each in self._lines
        ]
