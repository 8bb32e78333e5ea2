"""One namespace (or all of them) of a mirror: its pods, and the task that keeps them. Used by `mirror` alone.

What happened while nobody watched is told with its `gap`: the span from the last word of the cluster to the
first one after it, be it that this process was not there yet or that the watch was lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterError
from bot.model.deaths import Unwatched
from bot.model.memory import Checkpoint
from bot.model.pods import Pod
from bot.watch import resume
from bot.watch.freshness import Freshness, Sync
from bot.watch.ports import (
    Change,
    ChangeKind,
    ChangeSink,
    CheckpointSink,
    HistoryGone,
    PodKey,
    PodSource,
    WatchLine,
)
from bot.watch.trim import Trimmer

CHECKPOINT_EVERY = 5.0
"""Seconds between two checkpoints of a watch that moves."""

FIRST_CHECKPOINT_WITHIN = 0.2
"""Seconds from the first listing to its checkpoint: before it is saved, the next process would take what
died since for old."""

GAP_FROM = 60.0
"""Seconds: a watch that was lost for longer has left a gap that is worth a word."""

_GAP_IS_TOLD_IN = 10.0
"""Seconds in which a watch that goes on has brought what it missed."""

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 30.0

_SHORT_WATCH = 5.0
"""Seconds: a watch that ends sooner and brought nothing counts as a failure, so that it is not hammered."""

_log = logs.get(__name__)


class MirrorPart:
    """The pods of one namespace as last seen."""

    def __init__(
        self,
        source: PodSource,
        namespace: str,
        sink: ChangeSink,
        *,
        clock: Clock,
        chance: Callable[[], float],
        trimmer: Trimmer,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """As `Mirror` has it; `trimmer` is shared by all namespaces."""
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
        self._goes_on_from = checkpoint
        self._resumed: set[PodKey] = set()
        """Pods that are known from the history alone; the first listing tells them all the same."""
        self._lost_at = checkpoint.at if checkpoint is not None else None
        """When the cluster was last heard, where it is not heard now."""
        self._heard: float | None = None
        self._gap: Unwatched | None = None
        self._gap_ends = 0.0
        self._log = _log.bind(cluster=source.name, namespace=namespace or "*")

    async def run(self) -> None:
        """List and watch without end."""
        while True:
            try:
                if not self._version:
                    if self._goes_on_from is not None:
                        await self._resume(self._goes_on_from)
                    await self._list()
                await self._watch()
                self._contact()
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
            if self._listed and self._lost_at is None:
                self._lost_at = self.freshness.last_contact

    @property
    def checkpoint(self) -> Checkpoint | None:
        """How far the watch has come; None before the first listing, and while all has to be listed again."""
        if not self._listed or not self._version:
            return None
        return Checkpoint(
            cluster=self._source.name,
            namespace=self.namespace,
            version=self._version,
            at=self.freshness.last_contact or self._clock.now(),
        )

    async def tell_checkpoints(self, sink: CheckpointSink) -> None:
        """Tell `sink` of each checkpoint at which the version has moved, until cancelled."""
        told = ""
        while True:
            await self._clock.sleep(CHECKPOINT_EVERY if told else FIRST_CHECKPOINT_WITHIN)
            reached = self.checkpoint
            if reached is not None and reached.version != told:
                await sink(reached)
                told = reached.version

    async def _resume(self, checkpoint: Checkpoint) -> None:
        """Tell what happened since another process stopped watching, as far as the cluster still knows.

        Raises `ClusterError` where the cluster does not answer at all; then it is to be tried again.
        """
        latest = await self._source.latest_version(self.namespace)
        self._found_again()
        self._goes_on_from = None
        told = 0
        try:
            if not resume.reached(checkpoint.version, latest):
                watch = self._source.watch_pods(self.namespace, resource_version=checkpoint.version)
                async with watch as lines:
                    async for line in resume.until_caught_up(lines, latest, self._clock):
                        await self._take_past(line)
                        self._contact()
                        told += 1
        except ClusterError as error:
            self._log.info("watch_not_resumed", since=checkpoint.at.isoformat(), problem=str(error))
        else:
            self._log.info("watch_resumed", since=checkpoint.at.isoformat(), lines=told)

    async def _take_past(self, line: WatchLine) -> None:
        pod = line.pod
        if pod is None:
            return
        key = PodKey(pod.namespace, pod.name)
        if line.kind is not ChangeKind.DELETED:
            self._resumed.add(key)
            # One that was made meanwhile stands for one that went, as it does in a watch.
            await self._put(key, pod, first_listing=line.kind is not ChangeKind.ADDED, past=True)
        elif key in self.known:
            await self._drop(key, pod, past=True)
        else:
            await self._tell(Change(old=pod, new=None, past=True))

    async def _list(self) -> None:
        """Read every pod, and tell what differs from what was known; what is no longer there is gone."""
        seen: set[PodKey] = set()
        version = ""
        async for page in self._source.pod_pages(self.namespace):
            self._found_again()
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
        self._resumed.clear()
        self._gap = self._lost_at = None

    async def _watch(self) -> None:
        """Follow the changes until the server ends the watch, as it does every few minutes."""
        began = self._clock.monotonic()
        alive = False
        try:
            async with self._source.watch_pods(self.namespace, resource_version=self._version) as lines:
                self._found_again()
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
        if self._gap is not None and self._clock.monotonic() >= self._gap_ends:
            self._gap = None
        pod = line.pod
        if pod is not None:
            key = PodKey(pod.namespace, pod.name)
            if line.kind is not ChangeKind.DELETED:
                await self._put(key, pod, first_listing=False)
            elif key in self.known and self.known[key].uid == pod.uid:
                # The line has the last state of all, with the deletion's own marks.
                await self._drop(key, pod)
        self._version = line.resource_version

    async def _put(self, key: PodKey, pod: Pod, *, first_listing: bool, past: bool = False) -> None:
        old = self.known.get(key)
        if old is not None and old.uid != pod.uid:
            # Its successor has its name already (a StatefulSet's does): two lives, so two changes.
            await self._drop(key, old, past=past)
            old = None
        only_past = key in self._resumed and not past
        same = old is not None and old.metadata.resource_version == pod.metadata.resource_version
        if same and not only_past:
            return
        if only_past:
            self._resumed.discard(key)
        pod = self._trimmer.trim(pod, like=old)
        # The key's own strings are the pod's, not a second copy of them.
        self.known[PodKey(pod.namespace, pod.name)] = pod
        first = first_listing and (old is None or only_past)
        await self._tell(Change(old=old, new=pod, first_listing=first, past=past))

    async def _drop(self, key: PodKey, last: Pod, *, past: bool = False) -> None:
        del self.known[key]
        self._resumed.discard(key)
        await self._tell(Change(old=last, new=None, past=past))

    async def _tell(self, change: Change) -> None:
        try:
            await self._sink(replace(change, gap=self._gap) if self._gap is not None else change)
        except ClusterError as error:
            # It would be taken for a fault of the watch, which goes on after one, with this change lost.
            raise RuntimeError("the sink of changes let a ClusterError through") from error

    async def _pause(self) -> None:
        """Wait before the next attempt: longer each time, and never all namespaces in step."""
        longest = min(_FIRST_PAUSE * 2.0 ** min(self._failures, 16), _LONGEST_PAUSE)
        self._failures += 1
        await self._clock.sleep(longest * (0.5 + 0.5 * self._chance()))

    def _contact(self) -> None:
        self._heard = self._clock.monotonic()
        self.freshness = replace(self.freshness, last_contact=self._clock.now(), heard=self._heard)

    def _found_again(self) -> None:
        """The cluster answers: see for how long it had not been heard."""
        lost_at, self._lost_at = self._lost_at, None
        moment = self._clock.monotonic()
        if lost_at is None or (self._heard is not None and moment - self._heard <= GAP_FROM):
            return
        self._gap = Unwatched(since=lost_at, until=max(self._clock.now(), lost_at))
        self._gap_ends = moment + _GAP_IS_TOLD_IN

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
