"""One cluster's line: its watch on every replica, its incidents on the one that leads it.

mirror -> detector -> shade -> (while this replica leads) keeper -> outbox
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from bot import logs
from bot.app.last_lines import LastLines
from bot.app.shared import Shared
from bot.errors import Deposed, StoreUnavailable
from bot.incidents.errands import run_errands
from bot.incidents.keeper import Keeper
from bot.incidents.nearby_annotations import NearbyAnnotations
from bot.incidents.router import Router, Routes
from bot.incidents.unwritten import Unwritten
from bot.incidents.weekly import WeeklyDigest
from bot.kube.cluster import KubeCluster
from bot.model.leadership import Term
from bot.model.memory import Checkpoint
from bot.model.pods import ClusterName, ClusterUid, Pod
from bot.ops.leadership import Leadership
from bot.pods import redact
from bot.store.leader import LeaderStore
from bot.watch import resume
from bot.watch.detector import Detector
from bot.watch.freshness import Freshness
from bot.watch.history import MOST_FORMER, History
from bot.watch.mirror import Mirror
from bot.watch.ports import Change
from bot.watch.recognition import Recognized
from bot.watch.shade import Shade

SETTLES_WITHIN = 1.0
"""Seconds that the only replica gives, when it stops, to deaths that are seen and not worded yet."""

SAYS_WITHIN = 1.5
"""Seconds that it then gives to what is to be said; the rest is in the store. One of several replicas gives
none: the next leader is there before that."""

STORE_AGAIN = 2.0
"""Seconds between two attempts to read from a store that is away."""

_T = TypeVar("_T")

log = logs.get(__name__)


class Line:
    """One cluster's watch, its part in the election, and its incidents while this replica leads."""

    def __init__(self, cluster: KubeCluster, leadership: Leadership, shared: Shared) -> None:
        self.cluster = cluster
        self.leadership = leadership
        self.routes = Routes(
            cluster.name,
            lambda: shared.config.config,
            NearbyAnnotations(cluster.surroundings, shared.clock),
            shared.clock,
            alert_channel=shared.alert_channel,
        )
        self._shared = shared
        self._recognized = Recognized(cluster, self._holder, shared.clock)
        self._gone = shared.store.former_pods(cluster.name)
        self.history = History(shared.clock, on_gone=self._gone.note)
        self.stopping = False
        """Set before `run` is cancelled because podbot stops, and not because another leads."""
        self._mirror: Mirror | None = None
        self._shade: Shade | None = None
        self._keeper: Keeper | None = None
        self._store: LeaderStore | None = None
        """Of the term in which this replica led last."""
        self._checkpointed: frozenset[str] = frozenset()
        """Namespaces of which the store had a checkpoint before that term."""
        self._left: Sequence[str] | None = None
        """Namespaces that are given up as not watched any more; None: it is too early for that."""
        self._unwritten = Unwritten(cluster.name)

    @property
    def name(self) -> ClusterName:
        """The cluster's."""
        return self.cluster.name

    @property
    def freshness(self) -> Freshness | None:
        """How far the watch may be trusted; None before it has begun."""
        return self._mirror.freshness if self._mirror is not None else None

    @property
    def name_problem(self) -> str:
        """Why the cluster may not have its name, and is neither watched nor led; empty while it may."""
        return self._recognized.problem

    @property
    def store_trouble(self) -> str:
        """Why nothing can be saved at the moment; empty while all is well, and on a standby."""
        return self._keeper.trouble if self._keeper is not None else ""

    @property
    def checkpoint_problem(self) -> str:
        """Why a process after this one would take what dies now for old; empty where it would not."""
        if self.leadership.leading is None:
            return "" if self.leadership.leader is not None else "nobody leads yet"
        written = self._checkpointed | (self._store.reached if self._store is not None else frozenset())
        return "" if written >= set(self._shared.namespaces) else "its first checkpoint is not saved yet"

    def keeper(self) -> Keeper | None:
        """The keeper of its incidents, while this replica leads it."""
        return self._keeper

    def pods(self) -> Sequence[Pod]:
        """Every pod as last seen."""
        return self._mirror.pods() if self._mirror is not None else ()

    async def run(self) -> None:
        """Watch until cancelled, and keep the incidents whenever this replica leads the cluster."""
        watched = self._shared.store.watched(self.name)
        memory = await self._read(watched.memory)
        checkpoints = await self._read(watched.checkpoints)
        before = tuple(each.namespace for each in checkpoints)
        no_more = resume.watched_no_more(self._shared.namespaces, before)
        by_namespace = {each.namespace: each for each in checkpoints}
        self._checkpointed = frozenset(
            each for each in self._shared.namespaces if resume.starting_point(each, by_namespace) is not None
        )
        self.history.restore(await self._read(lambda: self._gone.latest(MOST_FORMER)))
        shade = self._shade = Shade(self.name, self._shared.clock, memory)
        detector = Detector(
            self.name,
            shade.take,
            self._shared.clock,
            memory,
            watched=before,
            owners=self.cluster.surroundings,
            by_bot=self.cluster.deleted_by_bot,
            in_sync=self._in_sync,
            timings=lambda: self._shared.config.config.timings,
            on_forgetting=lambda: self._leave(no_more),
        )

        async def changed(change: Change) -> None:
            self.history.changed(change)
            await detector.changed(change)

        self._mirror = Mirror(
            self._recognized,
            changed,
            clock=self._shared.clock,
            namespaces=self._shared.namespaces,
            checkpoints=by_namespace,
            on_checkpoint=self._reached,
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._mirror.run(), name=f"mirror of {self.name}")
            tasks.create_task(detector.run(), name=f"stuck pods of {self.name}")
            tasks.create_task(
                self.leadership.run(lambda term: self._recognized.lead(lambda: self._lead(term, shade))),
                name=f"leadership of {self.name}",
            )

    async def _holder(self, uid: ClusterUid) -> ClusterUid:
        return await self._read(lambda: self._shared.store.identities.holder(self.name, uid))

    async def _lead(self, term: Term, shade: Shade) -> None:
        """Keep this cluster's incidents until cancelled, then stop announcing at once."""
        shared = self._shared
        if self._store is not None:
            self._checkpointed |= self._store.reached
        store = self._store = shared.store.term(self.name, term)
        keeper = Keeper(
            cluster=self.name,
            router=Router(self.routes),
            store=store,
            outbox=shared.outbox,
            source=LastLines(self.cluster),
            mask=redact.mask_lines,
            clock=shared.clock,
            surroundings=self.cluster.surroundings,
            pods=self._pod,
            every_pod=self.pods,
            in_sync=self._in_sync,
            watches=self._watches,
            silences=shared.store.silences,
            timings=lambda: shared.config.config.timings,
            limits=lambda: shared.config.config.limits,
            link=lambda key: shared.link(self.name, key),
        )
        shade.expect_to_lead()
        try:
            await self._read(lambda: self._unwritten.write(term, store))
            await self._read(keeper.begin)
            # Cancelled in the middle of it, it may have begun to deliver.
            await shared.outbox.open(
                self.name,
                store,
                leads=lambda: self.leadership.leading == term,
                is_new=keeper.begins,
                grace=self.leadership.stops_within / 2,
            )
            await self._keep(keeper, store, shade)
        finally:
            shade.withdraw()
            self._unwritten.leave(term, keeper.unwritten())
            await shared.outbox.close(self.name)

    async def _keep(self, keeper: Keeper, store: LeaderStore, shade: Shade) -> None:
        shared = self._shared
        self._keeper = keeper
        digest = WeeklyDigest(
            cluster=self.name,
            config=lambda: shared.config.config.digest,
            chronicle=shared.store.chronicle,
            pictures=shared.pictures,
            store=store,
            outbox=shared.outbox,
            clock=shared.clock,
        )
        work = {
            "keeper": keeper.run(),
            "findings of the standby": self._take_over(keeper, shade),
            "weekly digest": digest.run(),
        }
        if shared.store.is_shared:
            errands = shared.store.errands(self.name)
            work["errands of other replicas"] = run_errands(keeper, errands, shared.clock)
        keeping = asyncio.create_task(_all_of(work), name=f"incidents of {self.name}")
        try:
            await asyncio.wait({keeping})  # cancelled, it leaves the keeper running for a last word
        except asyncio.CancelledError:
            if self.stopping and not shared.store.is_shared:
                await keeper.settle(SETTLES_WITHIN)
                await shared.outbox.flush(SAYS_WITHIN)
            raise
        finally:
            self._keeper = None
            shade.withdraw()
            keeping.cancel()
            await shared.outbox.close(self.name)
            await asyncio.wait({keeping})
        keeping.result()

    async def _take_over(self, keeper: Keeper, shade: Shade) -> None:
        """Hand on what the standby has found, and then how far its watch has come by that."""
        if self._left is not None:
            keeper.unwatched(self._left)
        await shade.hand_over(keeper.record)
        # What came meanwhile waits for it, so that no checkpoint is past what was handed over.
        for checkpoint in self._mirror.checkpoints if self._mirror is not None else ():
            await keeper.reached(checkpoint)

    async def _reached(self, checkpoint: Checkpoint) -> None:
        # What the standby has found lies before it, and has to be recorded first.
        if self._keeper is not None and self._shade is not None and self._shade.leads:
            await self._keeper.reached(checkpoint)

    def _leave(self, namespaces: Sequence[str]) -> None:
        """What is remembered of pods in these is about to be forgotten; whoever leads writes that down."""
        self._left = namespaces
        if self._keeper is not None:
            self._keeper.unwatched(namespaces)

    def _pod(self, namespace: str, name: str) -> Pod | None:
        return self._mirror.get(namespace, name) if self._mirror is not None else None

    def _in_sync(self, namespace: str) -> bool:
        return self._mirror is not None and self._mirror.in_sync(namespace)

    def _watches(self, namespace: str) -> bool:
        return self._mirror is not None and self._mirror.watches(namespace)

    async def _read(self, read: Callable[[], Awaitable[_T]]) -> _T:
        """What the store answers; while it is away it is asked again: without it, all would be told anew."""
        while True:
            try:
                return await read()
            except StoreUnavailable as error:
                log.warning("store_away", cluster=self.name, problem=str(error), retry_in=STORE_AGAIN)
                await self._shared.clock.sleep(STORE_AGAIN)


async def _all_of(work: Mapping[str, Coroutine[Any, Any, None]]) -> None:
    """Do all of it side by side, by its names. Raises `Deposed` itself, out of the tasks' groups."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for name, each in work.items():
                tasks.create_task(each, name=name)
    except BaseExceptionGroup as errors:
        deposed, others = errors.split(Deposed)
        if deposed is not None and others is None:
            raise Deposed("another replica leads by now") from errors
        raise
