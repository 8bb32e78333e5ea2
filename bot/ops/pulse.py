"""The pulse of something that is asked again and again whether it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from bot.clock import Clock

ASK_EVERY = 30.0
ASKS_WITHIN = 15.0
"""Seconds for one question, whatever it is asked through."""

STALE_AFTER = ASK_EVERY + ASKS_WITHIN + 5.0
"""Seconds after which an answer says nothing any more."""

Ask: TypeAlias = Callable[[], Awaitable[str]]
"""Asks once; returns why there was no good answer, empty where there was one."""


class Pulse:
    """Asks one peer until cancelled. It begins with no answer."""

    def __init__(self, ask: Ask, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._problem = "it has not answered yet"
        self._asked_at = clock.monotonic()
        self.answered_at: float | None = None
        """When there was an answer, good or bad, or none in time; monotonic."""

    @property
    def problem(self) -> str:
        """Why it does not answer, as of the last question; empty while it does."""
        silent = self._clock.monotonic() - self._asked_at
        return self._problem or (f"not asked for {silent:.0f} s" if silent > STALE_AFTER else "")

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                async with asyncio.timeout(ASKS_WITHIN):
                    problem = await self._ask()
            except TimeoutError:
                problem = f"no answer within {ASKS_WITHIN:.0f} s"
            self._problem, self._asked_at = problem, self._clock.monotonic()
            self.answered_at = self._asked_at
            await self._clock.sleep(ASK_EVERY)
