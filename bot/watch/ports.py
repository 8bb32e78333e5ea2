"""What the watch needs from the cluster, and what it hands on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol, TypeAlias

from bot.errors import ClusterError
from bot.model.deaths import Unwatched
from bot.model.memory import Checkpoint, Findings, Memory
from bot.model.pods import ClusterName, Owner, Pod
from bot.model.surroundings import OwnerState


class HistoryGone(ClusterError):
    """410: the API server has compacted the history this watch (or listing) wanted to go on from."""


class ChangeKind(Enum):
    """What a watch line says happened."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchLine:
    """One line of a watch. A bookmark has no pod: it only moves `resource_version` on."""

    kind: ChangeKind
    pod: Pod | None
    resource_version: str


class PodKey(NamedTuple):
    """Where a pod is found: one name holds one pod at a time."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PodPage:
    """One page of a listing; `resource_version` is the listing's, from which a watch may go on."""

    pods: tuple[Pod, ...]
    resource_version: str
    unreadable: tuple[PodKey, ...] = ()
    """Pods that are there but could not be decoded: nothing new is known of them."""


class PodSource(Protocol):
    """The cluster as a stream of pods. Errors are `bot.errors.ClusterError`s and `HistoryGone`."""

    @property
    def name(self) -> ClusterName:
        """How messages call this cluster."""
        ...

    def pod_pages(self, namespace: str) -> AsyncIterator[PodPage]:
        """All pods of a namespace (`ALL_NAMESPACES`: of all), page by page, all of one resource version."""
        ...

    async def latest_version(self, namespace: str) -> str:
        """The resource version at which the pods of a namespace are now; a cheap request."""
        ...

    def watch_pods(
        self, namespace: str, *, resource_version: str
    ) -> AbstractAsyncContextManager[AsyncIterator[WatchLine]]:
        """What happens after `resource_version`. The lines end when the server closes the watch, as it does.

        A connection that has gone silent for longer than bookmarks allow raises `ClusterUnreachable`.
        """
        ...


class OwnerSource(Protocol):
    """Where it is asked whether an owner misses a pod. Errors are `bot.errors.ClusterError`s."""

    async def owner(self, namespace: str, owner: Owner) -> OwnerState | None:
        """The owner as it is now; None where it is not there any more."""
        ...


class WatchMemory(Protocol):
    """What the store keeps of one cluster's watch. Raises `bot.errors.StoreUnavailable`."""

    async def memory(self) -> Memory | None:
        """What was known when last something was saved; None: this cluster was never watched."""
        ...

    async def checkpoints(self) -> Sequence[Checkpoint]:
        """How far the watch of each namespace had come."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One pod before and after. `old` None: not seen before; `new` None: gone.

    `first_listing`: it was there when this process looked first. Without a memory nothing about it is news.
    """

    old: Pod | None
    new: Pod | None
    first_listing: bool = False
    past: bool = False
    """It is from the history of the time before this process; the first listing will show what stands."""
    gap: Unwatched | None = None
    """The span without a watch in which it may have happened."""


ChangeSink: TypeAlias = Callable[[Change], Awaitable[None]]
FindingSink: TypeAlias = Callable[[Findings], Awaitable[None]]
CheckpointSink: TypeAlias = Callable[[Checkpoint], Awaitable[None]]
