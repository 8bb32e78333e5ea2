"""Follow-up: looks after open incidents until `recovery` judges them over.

It looks at the pods in the mirror every second, which costs no request, and asks the owner once they have
been well for the hold-down. Incidents are changed by the keeper alone: what is found goes to `conclude`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterError
from bot.incidents import recovery
from bot.incidents.held import Held
from bot.incidents.ports import PodLookup, Surroundings
from bot.incidents.recovery import Judgement, Verdict

LOOK_EVERY = 1.0
"""Seconds between two looks."""

OWNERS_AT_ONCE = 4
"""Owners that are asked at the same time."""

log = logs.get(__name__)


Conclude = Callable[[Held, Judgement, datetime], Awaitable[None]]
"""Carries a judgement out; the moment is since when it holds."""


class FollowUp:
    """Of all incidents that `held` gives."""

    def __init__(
        self,
        held: Callable[[], Iterable[Held]],
        conclude: Conclude,
        *,
        pods: PodLookup,
        surroundings: Surroundings,
        clock: Clock,
    ) -> None:
        self._held = held
        self._conclude = conclude
        self._pods = pods
        self._surroundings = surroundings
        self._clock = clock
        self._asking = asyncio.Semaphore(OWNERS_AT_ONCE)

    async def run(self) -> None:
        """Look at every open incident, again and again, until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY)
            open_ones = [each for each in self._held() if each.following is not None and each.told]
            async with asyncio.TaskGroup() as tasks:
                for held in filter(self._has_news, open_ones):
                    tasks.create_task(self._go_on_safely(held), name=f"follow-up {held.incident.id}")

    def _has_news(self, held: Held) -> bool:
        try:
            return self._look(held).verdict is not Verdict.WAIT
        except Exception:
            # As in `_go_on_safely`.
            log.exception("follow_up_failed", incident=held.incident.id)
            held.following = None
            return False

    def _look(self, held: Held) -> Judgement:
        """Look at the pods, remember what was seen, and say what it tells."""
        if held.following is None:
            return recovery.WAIT
        namespace, now = held.incident.key.namespace, self._clock.now()
        pods = {uid: self._pods(namespace, each.pod) for uid, each in held.following.subjects.items()}
        held.following = recovery.looked(held.following, pods, now)
        return recovery.judged(held.incident.key, held.following, pods, now)

    async def _go_on_safely(self, held: Held) -> None:
        try:
            await self._go_on(held)
        except Exception:
            # A mistake of ours about one incident leaves it open, and must not end the telling of deaths.
            log.exception("follow_up_failed", incident=held.incident.id)
            held.following = None

    async def _go_on(self, held: Held) -> None:
        judgement = self._look(held)
        if judgement.verdict is Verdict.ASK_OWNER:
            following = held.following
            judgement = await self._ask(held)
            if held.following is not following or following is None:
                return  # more has died while the owner was asked, so its answer is of another time
            held.following = recovery.asked(following, held.incident.key, self._clock.now())
        if judgement.verdict is not Verdict.WAIT and held.following is not None:
            await self._conclude(held, judgement, held.following.calm_since or self._clock.now())

    async def _ask(self, held: Held) -> Judgement:
        key = held.incident.key
        async with self._asking:
            try:
                return recovery.of_owner(await self._surroundings.owner(key.namespace, key.owner))
            except ClusterError as error:
                log.info("owner_unasked", incident=held.incident.id, problem=str(error))
                return recovery.WAIT
