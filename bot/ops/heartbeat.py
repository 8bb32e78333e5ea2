"""The dead man's switch: an address is called while podbot is alive and well.

Whoever is called raises the alarm when the calls stay away. They are GET requests, which healthchecks.io,
Dead Man's Snitch and their like all take.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot import logs
from bot.clock import Clock
from bot.incidents.route_config import Heartbeat
from bot.ops.webhook import WebhookFailed, get

TICK = 1.0
"""Seconds between two looks, by which it is also seen that the event loop goes round."""

STANDS_STILL = 5.0
"""Seconds that the event loop may be late: what takes it for longer delays every alert."""

AGAIN_AFTER = 5.0
"""Seconds until the next try, where a beat was left out or did not arrive."""

log = logs.get(__name__)


def _never() -> float:
    """Nothing was slept: for machines that are not suspended."""
    return 0.0


class Heart:
    """Beats as the configuration that is in force says, and not at all where it says nothing.

    `ailments` are what keeps it from beating. `is_ours` says whether this replica is the one that beats:
    that must be true of one that leads only, so that nothing beats when nobody leads. `slept` says for how
    many seconds the machine was suspended since whenever (`suspension.slept`).
    """

    def __init__(
        self,
        *,
        plan: Callable[[], Heartbeat | None],
        ailments: Callable[[], Mapping[str, str]],
        is_ours: Callable[[], bool],
        clock: Clock,
        slept: Callable[[], float] = _never,
    ) -> None:
        self._plan = plan
        self._ailments = ailments
        self._is_ours = is_ours
        self._clock = clock
        self._slept = slept
        self._late = 0.0
        self._ailing: frozenset[str] = frozenset()
        self.problem = ""
        """Why the last call did not arrive; empty where it did, or none was due."""
        self.woke_at: float | None = None
        """When the machine went on that was suspended last, monotonic; None: it never was."""

    async def run(self) -> None:
        """Beat until cancelled."""
        due, slept = self._clock.monotonic(), self._slept()
        while True:
            began = self._clock.monotonic()
            await self._clock.sleep(TICK)
            now = self._clock.monotonic()
            before, slept = slept, self._slept()
            if slept - before > STANDS_STILL:
                self.woke_at = now
            self._late = max(self._late, now - began - TICK, slept - before)
            plan = self._plan()
            if plan is None or not self._is_ours():
                self.problem, self._late, due = "", 0.0, now
            elif now >= due:
                pause = plan.every.total_seconds()
                due = now + (pause if await self._beat(plan) else min(pause, AGAIN_AFTER))

    async def _beat(self, plan: Heartbeat) -> bool:
        """Call, if all is well; says whether that was done."""
        ailments = dict(self._ailments())
        if self._late > STANDS_STILL:
            ailments["event loop"] = f"it stood still for {self._late:.0f} s"
        self._late = 0.0
        if ailments.keys() != self._ailing:
            log.warning("heartbeat_left_out", **{"for": ailments}) if ailments else log.info(
                "heartbeat_goes_on"
            )
        self._ailing = frozenset(ailments)
        if ailments:
            return False
        try:
            await get(plan.url)
        except WebhookFailed as failure:
            if str(failure) != self.problem:
                log.warning("heartbeat_not_taken", problem=str(failure))
            self.problem = str(failure)
            return False
        self.problem = ""
        return True
