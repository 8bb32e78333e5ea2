"""Who may follow which logs, and how many at once; `log_feed` is one followed log."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.clock import Clock
from bot.model.commands import FollowLogs, GetLogs, StopFollowing, Verb
from bot.model.log_answers import FollowEnd, FollowStopped
from bot.model.log_problems import (
    ContainersTaken,
    FollowOver,
    FollowsTaken,
    NothingToFollow,
    NotYourFollow,
    TooManyToFollow,
)
from bot.model.people import Asker
from bot.model.problems import AmbiguousPod
from bot.pods import log_runs
from bot.pods.gate import Gate
from bot.pods.log_feed import LogFeed
from bot.pods.log_reading import LOG_LIMIT
from bot.pods.log_sources import LogSource, LogSources, subject
from bot.pods.ports import PodCluster

MOST_EACH = 3
"""Logs that one person follows at once."""

MOST_IN_ALL = 20
MOST_CONTAINERS = 10
"""Of one follow: each is a connection of its own to the API server."""

MOST_CONTAINERS_IN_ALL = 40
"""Of the hundred connections that `kube` opens; the watch and people's commands need the others."""


def _new_id() -> str:
    return secrets.token_hex(4)


class LogFollowing:
    """Begins follows that may begin, and knows those that run."""

    def __init__(
        self,
        cluster: PodCluster,
        gate: Gate,
        sources: LogSources,
        clock: Clock,
        new_id: Callable[[], str] = _new_id,
    ) -> None:
        self._cluster = cluster
        self._gate = gate
        self._sources = sources
        self._clock = clock
        self._new_id = new_id
        self._running: dict[str, LogFeed] = {}

    @asynccontextmanager
    async def follow(self, asker: Asker, command: FollowLogs) -> AsyncIterator[LogFeed]:
        """A feed, begun and on record; the caller awaits its `run`. Its end is on record when this is left.

        Raises the same as reading, `FollowsTaken`, `TooManyToFollow` and `NothingToFollow`.
        """
        what = subject(command.logs)
        decision = self._gate.authorise(asker, Verb.LOGS, command.logs.namespace, what)
        with self._gate.audited(asker, decision, what, "follow began"):
            self._check_room(asker)
            sources = await self._find(asker, command)
            self._check_room(asker, len(sources))  # others may have begun meanwhile
            feed = LogFeed(
                cluster=self._cluster,
                clock=self._clock,
                follow=self._new_id(),
                asker=asker,
                asked=command,
                sources=sources,
                limit=min(command.logs.limit or LOG_LIMIT, LOG_LIMIT),
                allowed=lambda: self._gate.allows(asker, Verb.LOGS, command.logs.namespace),
            )
            self._running[feed.follow] = feed
        try:
            yield feed
        finally:
            del self._running[feed.follow]
            feed.finish(FollowEnd.SHUTDOWN)
            told = feed.told()
            end = told.end.value if told.end else ""
            with self._gate.audited(asker, decision, what, f"follow ended: {end}, {told.total} lines"):
                pass

    def stop(self, asker: Asker, command: StopFollowing) -> FollowStopped:
        """End a follow; only whoever began it may. Raises `FollowOver` and `NotYourFollow`."""
        feed = self._running.get(command.follow)
        if feed is None or feed.over:
            raise FollowOver
        if feed.asker.person.id != asker.person.id:
            raise NotYourFollow(feed.asker.person.name)
        feed.finish(FollowEnd.STOPPED)
        return FollowStopped(subject=feed.told().subject)

    async def _find(self, asker: Asker, command: FollowLogs) -> tuple[LogSource, ...]:
        what = f"`{subject(command.logs)}`"
        try:
            found = await self._sources.find(asker, command.logs)
        except AmbiguousPod as several:
            several.choices = tuple(
                (name, FollowLogs(logs=choice))
                for name, choice in several.choices
                if isinstance(choice, GetLogs)
            )
            raise
        alive = tuple(each for each in found if log_runs.runs_again(each.pod, each.container))
        if not alive:
            raise NothingToFollow(what)
        if len(alive) > MOST_CONTAINERS:
            raise TooManyToFollow(what, len(alive), MOST_CONTAINERS)
        return alive

    def _check_room(self, asker: Asker, containers: int = 1) -> None:
        mine = sum(feed.asker.person.id == asker.person.id for feed in self._running.values())
        if mine >= MOST_EACH:
            raise FollowsTaken(running=mine, yours=True)
        if len(self._running) >= MOST_IN_ALL:
            raise FollowsTaken(running=len(self._running), yours=False)
        followed = sum(feed.containers for feed in self._running.values())
        if followed + containers > MOST_CONTAINERS_IN_ALL:
            raise ContainersTaken(followed, MOST_CONTAINERS_IN_ALL)
