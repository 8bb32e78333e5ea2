"""What was done to whom: every injected fault, for tests to count and for people to read."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Injected:
    """One fault. `number` counts all of a proxy's rules from 1; `target` is what it was done to, in words."""

    number: int
    at: datetime
    rule: str
    action: str
    detail: str
    target: str

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.at:%H:%M:%S} {self.rule}: {self.detail} <- {self.target}"


class FaultLog:
    """The last 10,000 faults."""

    def __init__(self) -> None:
        self._entries: deque[Injected] = deque(maxlen=_KEPT)
        self._total = 0
        self._changed = asyncio.Event()
        self._listener: Callable[[Injected], None] | None = None

    def __iter__(self) -> Iterator[Injected]:
        """Oldest first."""
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        """How many were injected in all."""
        return self._total

    def listen(self, listener: Callable[[Injected], None]) -> None:
        """Tell every fault from now on to this listener, in place of the one before."""
        self._listener = listener

    def add(self, *, rule: str, action: str, detail: str, target: str) -> None:
        """Write one down."""
        self._total += 1
        entry = Injected(
            number=self._total, at=datetime.now(UTC), rule=rule, action=action, detail=detail, target=target
        )
        self._entries.append(entry)
        self._changed.set()
        self._changed = asyncio.Event()
        if self._listener is not None:
            self._listener(entry)

    def count(self, *, rule: str = "", action: str = "", target: str = "") -> int:
        """How many of those kept are of this rule and kind, with this text in their target."""
        return sum(
            rule in {"", each.rule} and action in {"", each.action} and target in each.target
            for each in self._entries
        )

    async def reaches(
        self, number: int, *, rule: str = "", action: str = "", target: str = "", within: float = 10.0
    ) -> None:
        """Return once so many were injected.

        Raises: TimeoutError: they were not within so many seconds.
        """
        async with asyncio.timeout(within):
            while self.count(rule=rule, action=action, target=target) < number:
                await self._changed.wait()
