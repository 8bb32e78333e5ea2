"""How many pods may be deleted: with one command, and by one person in a while."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.model.people import UserId
from bot.model.problems import TooManyDeletions, TooManyPods


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionLimits:
    """What a person may delete before somebody should ask what is going on."""

    at_once: int = 10
    """Pods with one command."""
    per_person: int = 30
    """Pods `within` so long, with however many commands."""
    within: timedelta = timedelta(minutes=10)


class Quota:
    """Counts deletions by person. What is counted is forgotten when the bot stops."""

    def __init__(self, limits: DeletionLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._done: dict[UserId, deque[tuple[datetime, int]]] = {}

    def check(self, person: UserId, pods: int) -> None:
        """Whether so many may be deleted now; raises `TooManyPods` or `TooManyDeletions`."""
        limits = self._limits
        if pods > limits.at_once:
            raise TooManyPods(pods, limits.at_once)
        self._forget()
        done = sum(count for _, count in self._done.get(person, ()))
        if done + pods > limits.per_person:
            minutes = limits.within // timedelta(minutes=1)
            raise TooManyDeletions(pods, done, limits.per_person, minutes)

    def take(self, person: UserId, pods: int) -> None:
        """Count so many as deleted; raises as `check` does, and counts nothing then."""
        self.check(person, pods)
        self._done.setdefault(person, deque()).append((self._clock.now(), pods))

    def _forget(self) -> None:
        since = self._clock.now() - self._limits.within
        for person, entries in list(self._done.items()):
            while entries and entries[0][0] <= since:
                entries.popleft()
            if not entries:
                del self._done[person]
