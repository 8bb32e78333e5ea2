"""A stream on its way to the client, and how a cut ends it while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.playground.faults.actions import Cut, Ending
from bot.playground.faults.requests import Asked
from bot.playground.faults.rules import Applied


class Cutting:
    """Lets one stream run until a cut ends it.

    Its pump asks what may still pass; a cut by time ends the pump where it waits.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._limit: asyncio.Timeout | None = None
        self._ends_at: float | None = None
        self._cut: tuple[Applied, Cut] | None = None
        self._bytes_left: int | None = None
        self._messages_left: int | None = None

    def cut(self, applied: Applied, action: Cut) -> None:
        """End it as this action says, counting from now; a stream takes one cut only."""
        if self._cut is not None:
            return
        self._cut = (applied, action)
        self._bytes_left, self._messages_left = action.after_bytes, action.after_messages
        seconds = action.after_seconds
        unlimited = seconds is None and self._bytes_left is None and self._messages_left is None
        if unlimited or self.finished:
            self._bytes_left, seconds = 0, 0.0
        if seconds is not None:
            self._ends_at = asyncio.get_running_loop().time() + seconds
            if self._limit is not None:
                self._limit.reschedule(self._ends_at)

    async def run(self, pump: Coroutine[Any, Any, None]) -> tuple[Applied, Ending] | None:
        """Pump until the stream ends by itself, or until it is cut: then by what, and how."""
        limit = asyncio.timeout_at(self._ends_at)
        try:
            async with limit:
                self._limit = limit
                await pump
        except TimeoutError:
            if not limit.expired():
                raise
            return self._ending()
        finally:
            self._limit = None
        return self._ending() if self.finished else None

    def chunk(self, data: bytes) -> bytes:
        """What of a chunk may still pass."""
        if self._bytes_left is not None:
            data = data[: self._bytes_left]
            self._bytes_left -= len(data)
        if self._messages_left is not None:
            data = self._whole_lines(data, self._messages_left)
        return data

    def message(self, size: int) -> bool:
        """Whether a message of so many bytes may still pass."""
        if self._bytes_left is not None:
            if size > self._bytes_left:
                self._bytes_left = 0
                return False
            self._bytes_left -= size
        if self._messages_left is not None:
            if self._messages_left == 0:
                return False
            self._messages_left -= 1
        return True

    @property
    def finished(self) -> bool:
        """Whether nothing more may pass."""
        return self._bytes_left == 0 or self._messages_left == 0

    def _whole_lines(self, data: bytes, lines: int) -> bytes:
        end = 0
        while lines and (end := data.find(b"\n", end) + 1):
            lines -= 1
            self._messages_left = lines
            if lines == 0:
                return data[:end]
        return data if lines else b""

    def _ending(self) -> tuple[Applied, Ending] | None:
        if self._cut is None:
            return None
        applied, action = self._cut
        return applied, action.ending
