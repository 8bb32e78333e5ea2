"""How many pods may be deleted: with one command, and by one person in a while."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import logs
from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.model.people import UserId
from bot.model.problems import TooManyDeletions, TooManyPods
from bot.pods.ports import Spending

ANSWERS_WITHIN = 1.0
"""Seconds that the replicas' common memory is waited for; then this replica's own decides."""

logger = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionLimits:
    """What a person may delete before somebody should ask what is going on."""

    at_once: int = 10
    """Pods with one command."""
    per_person: int = 30
    """Pods `within` so long, with however many commands."""
    within: timedelta = timedelta(minutes=10)


class Quota:
    """Counts deletions by person: in the replicas' common memory, and in its own for while that is away."""

    def __init__(self, limits: DeletionLimits, clock: Clock, spending: Spending | None = None) -> None:
        """Without `spending` what is counted is forgotten when the bot stops."""
        self._limits = limits
        self._clock = clock
        self._spending = spending
        self._done: dict[UserId, deque[tuple[datetime, int]]] = {}

    async def check(self, person: UserId, pods: int) -> None:
        """Whether so many may be deleted now; raises `TooManyPods` or `TooManyDeletions`."""
        self._admit(person, pods)
        self._admit_after(pods, await self._spent(person, 0))

    async def take(self, person: UserId, pods: int) -> None:
        """Count so many as deleted; raises as `check` does, and counts nothing then."""
        self._admit(person, pods)
        entry = (self._clock.now(), pods)  # before others get a turn
        self._done.setdefault(person, deque()).append(entry)
        try:
            self._admit_after(pods, await self._spent(person, pods))
        except TooManyDeletions:
            self._done[person].remove(entry)
            raise

    def _admit(self, person: UserId, pods: int) -> None:
        """By what this replica knows."""
        if pods > self._limits.at_once:
            raise TooManyPods(pods, self._limits.at_once)
        self._forget()
        self._admit_after(pods, sum(count for _, count in self._done.get(person, ())))

    def _admit_after(self, pods: int, done: int) -> None:
        limits = self._limits
        if done + pods > limits.per_person:
            minutes = limits.within // timedelta(minutes=1)
            raise TooManyDeletions(pods, done, limits.per_person, minutes)

    async def _spent(self, person: UserId, pods: int) -> int:
        """What all replicas together know, which counts `pods` with that; 0 while nobody can tell."""
        if self._spending is None:
            return 0
        limits = self._limits
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                return await self._spending.spend(
                    person, pods, at=self._clock.now(), limit=limits.per_person, within=limits.within
                )
        except (TimeoutError, StoreUnavailable) as error:
            logger.warning("deletions_not_shared", user=person, problem=str(error) or "no answer in time")
            return 0

    def _forget(self) -> None:
        since = self._clock.now() - self._limits.within
        for person, entries in list(self._done.items()):
            while entries and entries[0][0] <= since:
                entries.popleft()
            if not entries:
                del self._done[person]
