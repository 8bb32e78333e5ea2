"""The live feed: what open pages are told as it happens, each person only what that person may see."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.playground.workspace.wire import Json, UserId

QUEUED = 1_000


class Feed:
    """Fans events out to subscribers; one that does not keep up is cut off and must reload."""

    def __init__(self) -> None:
        self._subscribers: dict[asyncio.Queue[Json | None], UserId] = {}

    @contextmanager
    def subscription(self, user: UserId) -> Iterator[asyncio.Queue[Json | None]]:
        """A queue of this person's events for as long as the block runs; None in it means: cut off."""
        queue: asyncio.Queue[Json | None] = asyncio.Queue(maxsize=QUEUED + 1)
        self._subscribers[queue] = user
        try:
            yield queue
        finally:
            self._subscribers.pop(queue, None)

    def publish(self, event: Json, readers: frozenset[UserId] | None = None) -> None:
        """Sends an event to these readers, or to everybody."""
        for queue, user in list(self._subscribers.items()):
            if readers is not None and user not in readers:
                continue
            if queue.qsize() >= QUEUED:
                self._subscribers.pop(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(event)
