"""How much is taken in at once, what was taken before, and what is still being done at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot import logs
from bot.errors import StoreUnavailable, UserError
from bot.pods.ports import Claims

CLAIMED_WITHIN = 0.5
"""Seconds that the other replicas' memory is waited for: Slack wants an acknowledgement within 3."""

logger = logs.get(__name__)


class Busy(UserError):
    """More requests at once than podbot takes."""

    def __init__(self, running: int) -> None:
        super().__init__(
            f"podbot is busy with {running} requests. Nothing was changed. Try again in a few seconds."
        )


class Stopping(UserError):
    """podbot is being stopped, or was stopped before it had finished."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__(
            "podbot is being restarted and did not finish this. If you were deleting, look first whether "
            "the pod is gone; then try again in a minute."
            if begun
            else "podbot is being restarted. Nothing was changed. Try again in a minute."
        )


class Intake:
    """Counts and remembers requests; one for all ways into the bot."""

    def __init__(
        self, *, claims: Claims | None = None, most_at_once: int = 100, remembered: int = 10_000
    ) -> None:
        """`claims` is what all replicas remember together; without it, and while it is away, each its own."""
        self._claims = claims
        self._most_at_once = most_at_once
        self._remembered = remembered
        self._seen: dict[str, None] = {}
        self._running: set[asyncio.Task[object]] = set()
        self._stopping = False

    @property
    def running(self) -> int:
        """How many requests are being served now."""
        return len(self._running)

    async def is_new(self, key: str) -> bool:
        """Whether this delivery comes for the first time, to whichever replica; it is remembered then.

        A delivery whose replica ends before it is served is not served by another: better not at all, which
        whoever asked can see, than twice.
        """
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > self._remembered:
            del self._seen[next(iter(self._seen))]
        if self._claims is None:
            return True
        try:
            async with asyncio.timeout(CLAIMED_WITHIN):
                return await self._claims.first(f"slack {key}")
        except (TimeoutError, StoreUnavailable) as error:
            logger.warning("delivery_not_shared", key=key, problem=str(error) or "no answer in time")
            return True

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Serve one request in the task that runs; raises `Busy` or `Stopping` where it may not begin."""
        task = asyncio.current_task()
        if self._stopping:
            raise Stopping(begun=False)
        if task is None or len(self._running) >= self._most_at_once:
            raise Busy(len(self._running))
        self._running.add(task)
        try:
            yield
        finally:
            self._running.discard(task)

    async def drain(self, seconds: float) -> None:
        """Begin nothing new; wait for what runs, and cancel what has not ended after `seconds`."""
        self._stopping = True
        running = set(self._running)
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            logger.warning("requests_cut_off", requests=len(late))
            await asyncio.wait(late, timeout=1.0)
