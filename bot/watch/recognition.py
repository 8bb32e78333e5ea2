"""Makes sure that a cluster is the one that its name stands for in the store, before it is watched or led.

Names are given by people, and two clusters may come to have one: podbots inside clusters that share a store,
another cluster behind the same address, a cluster that was made anew. Whatever the store holds under the name
is then about pods that this cluster never had: they would be told as gone, and the other one's memory lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Protocol, TypeAlias

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterError, ClusterRefused, ClusterUnreachable
from bot.model.pods import ClusterName, ClusterUid
from bot.watch.ports import HistoryGone, PodPage, PodSource, WatchLine

ASKS_AGAIN = 60.0
"""Seconds after which a cluster that was refused is asked again: its address may lead to the right one by
then. A name that was freed is found out by the next process, as this one knows the other cluster's pods."""

log = logs.get(__name__)

Holder: TypeAlias = Callable[[ClusterUid], Awaitable[ClusterUid]]
"""Gives the cluster that the name stands for in the store: this one, where it stood for none."""


class Identified(PodSource, Protocol):
    """A cluster that can say which it is."""

    async def uid(self) -> ClusterUid:
        """The same for as long as the cluster exists, and no other's."""
        ...


class AnotherCluster(ClusterError):
    """It is not the cluster of its name."""


def refusal(name: ClusterName, *, held: ClusterUid, found: ClusterUid) -> str:
    """Why a cluster may not have its name, which stands for another one in the store, and what to do."""
    return (
        f"the store holds another cluster's incidents under the name {name} (kube-system has UID {held[:8]}… "
        f"there, {found[:8]}… here): give this cluster another name (PODBOT_CLUSTER_NAME, or its context's) "
        "or podbot another database"
    )


class Recognized:
    """A `PodSource` that brings nothing before its cluster is recognized: at first, and after it was away.

    A cluster that answers and does not say which it is, is taken for the right one. All methods of a
    `PodSource` raise `AnotherCluster`, too.
    """

    def __init__(self, source: Identified, holder: Holder, clock: Clock) -> None:
        self.problem = ""
        """Why it is refused; empty while it is not."""
        self._source = source
        self._holder = holder
        self._clock = clock
        self._asking = asyncio.Lock()
        self._sure = False
        self._uid: ClusterUid | None = None
        """The cluster that the name stands for; None: not known yet."""
        self._asks_from = 0.0
        self._warned = False
        self._welcome = asyncio.Event()
        self._welcome.set()
        self._refused = asyncio.Event()

    @property
    def name(self) -> ClusterName:
        """How messages call it."""
        return self._source.name

    async def recognize(self) -> None:
        """Return where it is the cluster of its name, as far as it says.

        Raises `AnotherCluster`, and `ClusterUnreachable` where it does not answer.
        """
        async with self._asking:
            if self._sure:
                return
            if self.problem and self._clock.monotonic() < self._asks_from:
                raise AnotherCluster(self.problem)
            try:
                uid = await self._source.uid()
            except ClusterUnreachable:
                raise
            except ClusterError as error:
                self._take_for_right(error)
            else:
                await self._compare(uid)
            self._sure = True

    async def lead(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have `work` run while the cluster is not refused, again and again; raises what it raises.

        Returns when `work` does. While the API server is away, nothing speaks against the cluster.
        """
        ended = False
        while not ended:
            with suppress(ClusterError):
                await self.recognize()
            await self._welcome.wait()
            working = asyncio.create_task(work(), name=f"work on {self.name}")
            refused = asyncio.create_task(self._refused.wait(), name=f"refusal of {self.name}")
            try:
                await asyncio.wait({working, refused}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                refused.cancel()
                ended = working.done()
                working.cancel()
                await asyncio.wait({working, refused})
                if not working.cancelled():
                    working.result()

    async def pod_pages(self, namespace: str) -> AsyncIterator[PodPage]:
        """As `PodSource` has it."""
        async with self._recognized():
            async for page in self._source.pod_pages(namespace):
                yield page

    async def latest_version(self, namespace: str) -> str:
        """As `PodSource` has it."""
        async with self._recognized():
            return await self._source.latest_version(namespace)

    def watch_pods(
        self, namespace: str, *, resource_version: str
    ) -> AbstractAsyncContextManager[AsyncIterator[WatchLine]]:
        """As `PodSource` has it."""
        return self._watch(namespace, resource_version)

    @asynccontextmanager
    async def _watch(self, namespace: str, resource_version: str) -> AsyncIterator[AsyncIterator[WatchLine]]:
        async with (
            self._recognized(),
            self._source.watch_pods(namespace, resource_version=resource_version) as lines,
        ):
            yield lines

    @asynccontextmanager
    async def _recognized(self) -> AsyncIterator[None]:
        await self.recognize()
        try:
            yield
        except (ClusterUnreachable, ClusterRefused, HistoryGone):
            # Who answers next may be another one.
            self._sure = False
            raise

    async def _compare(self, uid: ClusterUid) -> None:
        if self._uid is None:
            self._uid = await self._holder(uid)
        if uid != self._uid:
            self._refuse(uid, self._uid)
            raise AnotherCluster(self.problem)
        if self.problem:
            log.info("cluster_recognized", cluster=self.name)
        self.problem = ""
        self._refused.clear()
        self._welcome.set()

    def _refuse(self, uid: ClusterUid, held: ClusterUid) -> None:
        first = not self.problem
        self.problem = refusal(self.name, held=held, found=uid)
        self._asks_from = self._clock.monotonic() + ASKS_AGAIN
        self._welcome.clear()
        self._refused.set()
        if first:
            log.error("another_cluster", cluster=self.name, uid=uid, uid_in_store=held, problem=self.problem)

    def _take_for_right(self, error: ClusterError) -> None:
        if self.problem:
            self._asks_from = self._clock.monotonic() + ASKS_AGAIN
            raise AnotherCluster(self.problem) from error
        if not self._warned:
            self._warned = True
            log.warning("cluster_not_identified", cluster=self.name, problem=str(error))
