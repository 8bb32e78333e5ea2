"""The logs of a cluster in memory: stamped lines, read as the kubelet gives them, or followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import ClusterError
from bot.pods.ports import LogText

Key = tuple[str, str, bool]
"""A pod's UID, a container, and whether it is its previous run."""


@dataclass(slots=True)
class MemoryLog:
    """One run's log. What is put into `coming` reaches a follower: a line, an error, or None for the end."""

    lines: list[tuple[datetime, str]] = field(default_factory=list)
    ends_bare: bool = False
    """The last line has no line end."""
    coming: asyncio.Queue[str | ClusterError | None] = field(default_factory=asyncio.Queue)

    def write(self, text: str, at: datetime) -> None:
        """Lines as a container ends them, a second apart."""
        self.ends_bare = bool(text) and not text.endswith("\n")
        lines = text.removesuffix("\n").split("\n") if text else []
        self.lines += [(at + timedelta(seconds=number), line) for number, line in enumerate(lines)]

    def read(
        self, *, tail: int | None, since_time: datetime | None, timestamps: bool, limit_bytes: int
    ) -> LogText:
        lines = [line for line in self.lines if since_time is None or line[0] >= since_time]
        if tail is not None:
            lines = lines[len(lines) - min(tail, len(lines)) :]
        text = "".join(f"{stamp(at)} {line}\n" if timestamps else f"{line}\n" for at, line in lines)
        body = (text.removesuffix("\n") if self.ends_bare else text).encode()
        if len(body) <= limit_bytes:
            return LogText(text=body.decode(), cut=False)
        kept = body[-limit_bytes:] if tail is not None else body[:limit_bytes]
        return LogText(text=kept.decode(errors="ignore"), cut=True)

    @asynccontextmanager
    async def follow(self, *, tail: int | None) -> AsyncIterator[AsyncIterator[str]]:
        lines = self.lines if tail is None else self.lines[len(self.lines) - min(tail, len(self.lines)) :]

        async def come() -> AsyncIterator[str]:
            for at, line in lines:
                yield f"{stamp(at)} {line}"
            while (item := await self.coming.get()) is not None:
                if isinstance(item, ClusterError):
                    raise item
                yield item

        yield come()


def stamp(at: datetime) -> str:
    """A moment as a kubelet writes it before a line."""
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z"
