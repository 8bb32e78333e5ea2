"""The mirror: every pod of the watched namespaces, kept in memory by a listing and the watch that follows it.

It tells its sink of every change it sees, once and in order, and finds out after any interruption what
changed meanwhile. It says nothing about what a change means: that is `classifier`'s.

Each namespace goes round this loop: list; watch from the listing's version; when the watch ends or breaks,
watch again from the last version seen; when that history is gone (410), list again and compare.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterError
from bot.model.pods import ALL_NAMESPACES, Pod
from bot.watch.ports import Change, ChangeKind, ChangeSink, HistoryGone, PodKey, PodSource, WatchLine
from bot.watch.trim import Trimmer

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 30.0

_SHORT_WATCH = 5.0
"""Seconds: a watch that ends sooner and brought nothing counts as a failure, so that it is not hammered."""

_log = logs.get(__name__)


class Sync(Enum):
    """How far the mirror may be trusted."""

    STARTING = "starting"
    """The first listing is not complete: pods may be missing."""
    IN_SYNC = "in_sync"
    AWAY = "away"
    """The cluster does not answer: what is here is what was last seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How fresh the mirror is, for health checks and for "last seen 14:03"."""

    sync: Sync
    since: datetime
    """When `sync` last changed."""
    last_contact: datetime | None
    """When the cluster last said anything; None: it never has."""
    problem: str = ""
    """Why it is away, in words for people."""


class Mirror:
    """The pods of one cluster, as last seen. Owned by whoever runs `run`."""

    def __init__(
        self,
        source: PodSource,
        sink: ChangeSink,
        *,
        clock: Clock,
        namespaces: Sequence[str] = (ALL_NAMESPACES,),
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`sink` is awaited for every change, in order, and must not raise `ClusterError`.

        `chance` gives numbers from 0 to 1, which spread the pauses between attempts.
        """
        trimmer = Trimmer()
        self._source = source
        self._parts = tuple(
            _Part(source, namespace, sink, clock=clock, chance=chance, trimmer=trimmer)
            for namespace in dict.fromkeys(namespaces)
        )

    async def run(self) -> None:
        """Keep the mirror until cancelled. Whatever the cluster does, it goes on; a sink's error ends it."""
        async with asyncio.TaskGroup() as tasks:
            for part in self._parts:
                where = part.namespace or "all namespaces"
                tasks.create_task(part.run(), name=f"mirror of {self._source.name}, {where}")

    @property
    def freshness(self) -> Freshness:
        """The worst of all watched namespaces."""
        order = (Sync.IN_SYNC, Sync.AWAY, Sync.STARTING)
        return max((part.freshness for part in self._parts), key=lambda each: order.index(each.sync))

    def pods(self) -> Sequence[Pod]:
        """Every pod, in no particular order."""
        return [pod for part in self._parts for pod in part.known.values()]

    def get(self, namespace: str, name: str) -> Pod | None:
        """The pod of this name as last seen."""
        key = PodKey(namespace, name)
        return next((part.known[key] for part in self._parts if key in part.known), None)


class _Part:
    """One namespace (or all of them) of the mirror: its pods, and the task that keeps them."""

    def __init__(
        self,
        source: PodSource,
        namespace: str,
        sink: ChangeSink,
        *,
        clock: Clock,
        chance: Callable[[], float],
        trimmer: Trimmer,
    ) -> None:
        self.namespace = namespace
        self.known: dict[PodKey, Pod] = {}
        self.freshness = Freshness(sync=Sync.STARTING, since=clock.now(), last_contact=None)
        self._source = source
        self._sink = sink
        self._clock = clock
        self._chance = chance
        self._trimmer = trimmer
        self._version = ""
        self._listed = False
        self._failures = 0
        self._log = _log.bind(cluster=source.name, namespace=namespace or "*")

    async def run(self) -> None:
        """List and watch without end."""
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._watch()
            except HistoryGone as gone:
                self._log.info("watch_history_gone", problem=str(gone))
                self._version = ""
                # The first time the remedy is at hand; a cluster that goes on saying so is left in peace.
                if self._failures:
                    await self._pause()
                self._failures += 1
            except ClusterError as error:
                if self._failures or not self._listed:
                    self._away(error)
                else:
                    # A watch that was alive and broke off is the usual case; it is news if it stays away.
                    self._log.debug("watch_broke_off", problem=str(error))
                await self._pause()

    async def _list(self) -> None:
        """Read every pod, and tell what differs from what was known; what is no longer there is gone."""
        seen: set[PodKey] = set()
        version = ""
        async for page in self._source.pod_pages(self.namespace):
            version = page.resource_version
            seen.update(page.unreadable)
            for pod in page.pods:
                key = PodKey(pod.namespace, pod.name)
                seen.add(key)
                await self._put(key, pod, first_listing=not self._listed)
            self._contact()
        for key in [key for key in self.known if key not in seen]:
            await self._drop(key, self.known[key])
        self._version = version
        self._listed = True

    async def _watch(self) -> None:
        """Follow the changes until the server ends the watch, as it does every few minutes."""
        began = self._clock.monotonic()
        alive = False
        try:
            async with self._source.watch_pods(self.namespace, resource_version=self._version) as lines:
                self._in_sync()
                async for line in lines:
                    alive = True
                    await self._take(line)
                    self._contact()
        finally:
            alive = alive or self._clock.monotonic() - began >= _SHORT_WATCH
            if alive:
                self._failures = 0
        if not alive:
            await self._pause()

    async def _take(self, line: WatchLine) -> None:
        pod = line.pod
        if pod is not None:
            key = PodKey(pod.namespace, pod.name)
            if line.kind is not ChangeKind.DELETED:
                await self._put(key, pod, first_listing=False)
            elif key in self.known and self.known[key].uid == pod.uid:
                # The line has the last state of all, with the deletion's own marks.
                await self._drop(key, pod)
        self._version = line.resource_version

    async def _put(self, key: PodKey, pod: Pod, *, first_listing: bool) -> None:
        old = self.known.get(key)
        if old is not None and old.uid != pod.uid:
            # Its successor has its name already (a StatefulSet's does): two lives, so two changes.
            await self._drop(key, old)
            old = None
        if old is not None and old.metadata.resource_version == pod.metadata.resource_version:
            return
        pod = self._trimmer.trim(pod, like=old)
        # The key's own strings are the pod's, not a second copy of them.
        self.known[PodKey(pod.namespace, pod.name)] = pod
        await self._tell(Change(old=old, new=pod, first_listing=first_listing and old is None))

    async def _drop(self, key: PodKey, last: Pod) -> None:
        del self.known[key]
        await self._tell(Change(old=last, new=None))

    async def _tell(self, change: Change) -> None:
        try:
            await self._sink(change)
        except ClusterError as error:
            # It would be taken for a fault of the watch, which goes on after one, with this change lost.
            raise RuntimeError("the sink of changes let a ClusterError through") from error

    async def _pause(self) -> None:
        """Wait before the next attempt: longer each time, and never all namespaces in step."""
        longest = min(_FIRST_PAUSE * 2.0 ** min(self._failures, 16), _LONGEST_PAUSE)
        self._failures += 1
        await self._clock.sleep(longest * (0.5 + 0.5 * self._chance()))

    def _contact(self) -> None:
        self.freshness = replace(self.freshness, last_contact=self._clock.now())

    def _in_sync(self) -> None:
        if self.freshness.sync is not Sync.IN_SYNC:
            self._log.info("watch_in_sync", pods=len(self.known), was=self.freshness.sync.value)
            self.freshness = Freshness(sync=Sync.IN_SYNC, since=self._clock.now(), last_contact=None)
        self._contact()

    def _away(self, error: ClusterError) -> None:
        """Remember why, and log it where it is news: an hour's outage is one line, not a thousand."""
        starting = not self._listed
        problem = str(error)
        if self.freshness.sync is Sync.IN_SYNC or problem != self.freshness.problem:
            self._log.warning("watch_interrupted", problem=problem, starting=starting)
        sync = Sync.STARTING if starting else Sync.AWAY
        since = self.freshness.since if self.freshness.sync is sync else self._clock.now()
        self.freshness = replace(self.freshness, sync=sync, since=since, problem=problem)
