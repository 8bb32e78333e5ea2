"""What replicas remember together, in memory: a store as far as claims and spending are concerned."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.model.people import UserId


@dataclass(slots=True)
class _Away:
    trouble: Exception | None = None
    hangs: bool = False

    async def _answers(self) -> None:
        await asyncio.sleep(0)
        if self.hangs:
            await asyncio.Event().wait()
        if self.trouble is not None:
            raise self.trouble


@dataclass(slots=True)
class MemoryClaims(_Away):
    """Implements `pods.ports.Claims`."""

    keys: set[str] = field(default_factory=set)

    async def first(self, key: str) -> bool:
        await self._answers()
        if key in self.keys:
            return False
        self.keys.add(key)
        return True

    async def taken(self, key: str) -> bool:
        await self._answers()
        return key in self.keys


@dataclass(slots=True)
class MemorySpending(_Away):
    """Implements `pods.ports.Spending`."""

    spent: list[tuple[UserId, datetime, int]] = field(default_factory=list)

    async def spend(self, person: UserId, pods: int, *, at: datetime, limit: int, within: timedelta) -> int:
        await self._answers()
        before = sum(count for who, when, count in self.spent if who == person and when > at - within)
        if pods and before + pods <= limit:
            self.spent.append((person, at, pods))
        return before
