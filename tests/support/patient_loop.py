"""An event loop on which only waiting passes time: what a busy machine takes for the work is not counted.

Every limit of the bot and of the tests (`asyncio.timeout`, sleeps, aiohttp's) goes by the loop's time. On the
usual loop a machine that gives the process no turn for seconds makes answers late that lie ready to be read.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable

_GLANCE = 0.05
"""Seconds that one look at the sockets waits at most, and so the most that a stall can count."""

_GRAIN = 0.001
"""Seconds by which the system's own wait is longer than asked for: it counts in these."""


class _Counting(selectors.DefaultSelector):
    """Counts the time it was asked to wait and did, not that after which it was run again."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = time.monotonic()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        glance = _GLANCE if timeout is None else min(max(timeout, 0.0), _GLANCE)
        began = time.monotonic()
        found = super().select(glance)
        self.waited += min(time.monotonic() - began, glance + _GRAIN)
        return found


class PatientLoop(asyncio.SelectorEventLoop):
    """An event loop for all tests; never ahead of the machine's time, and behind it by what was work."""

    def __init__(self) -> None:
        self._counting = _Counting()
        super().__init__(self._counting)

    def time(self) -> float:
        """Seconds that were waited, from an arbitrary start."""
        return self._counting.waited


def dated() -> Callable[[], float]:
    """A clock for the simulated Slack: seconds since the epoch, of which work takes none from now on.

    Its limits are short (a dialog is to be opened within three seconds), and a stall is not to break them.
    """
    loop = asyncio.get_running_loop()
    epoch = time.time() - loop.time()
    return lambda: epoch + loop.time()
