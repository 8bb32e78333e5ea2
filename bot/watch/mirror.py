"""The mirror: every pod of the watched namespaces, kept in memory by a listing and the watch that follows it.

It tells its sink of every change it sees, once and in order, and finds out after any interruption what
changed meanwhile. It says nothing about what a change means: that is `classifier`'s.

Each namespace (`mirror_part`) goes round this loop: list; watch from the listing's version; when the watch
ends or breaks, watch again from the last version seen; when that history is gone (410), list again and
compare. A process that goes on from another one's checkpoint reads the history since then first.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

from bot.clock import Clock
from bot.model.memory import Checkpoint
from bot.model.pods import ALL_NAMESPACES, Pod
from bot.watch import resume
from bot.watch.freshness import Freshness, Sync
from bot.watch.mirror_part import MirrorPart
from bot.watch.ports import ChangeSink, CheckpointSink, PodKey, PodSource
from bot.watch.trim import Trimmer


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
        checkpoints: Mapping[str, Checkpoint] | None = None,
        on_checkpoint: CheckpointSink | None = None,
    ) -> None:
        """`sink` is awaited for every change, in order, and must not raise `ClusterError`.

        `checkpoints`, by namespace: where another process stopped watching. It is given together with that
        process's memory; what happened since is told as `past` as far as the API server still knows it.
        `on_checkpoint` is told how far the watch has come, a few seconds late at most, and only when `sink`
        has taken all that it brought until then. `chance` gives numbers from 0 to 1, which spread the pauses
        between attempts.
        """
        trimmer = Trimmer()
        self._source = source
        self._parts = tuple(
            MirrorPart(
                source,
                namespace,
                sink,
                clock=clock,
                chance=chance,
                trimmer=trimmer,
                checkpoint=resume.starting_point(namespace, checkpoints or {}),
            )
            for namespace in dict.fromkeys(namespaces)
        )
        self._on_checkpoint = on_checkpoint

    async def run(self) -> None:
        """Keep the mirror until cancelled. Whatever the cluster does, it goes on; a sink's error ends it."""
        async with asyncio.TaskGroup() as tasks:
            for part in self._parts:
                where = part.namespace or "all namespaces"
                tasks.create_task(part.run(), name=f"mirror of {self._source.name}, {where}")
                if self._on_checkpoint is not None:
                    telling = part.tell_checkpoints(self._on_checkpoint)
                    tasks.create_task(telling, name=f"checkpoints of {self._source.name}, {where}")

    @property
    def freshness(self) -> Freshness:
        """The worst of all watched namespaces."""
        order = (Sync.IN_SYNC, Sync.AWAY, Sync.STARTING)
        return max((part.freshness for part in self._parts), key=lambda each: order.index(each.sync))

    @property
    def checkpoints(self) -> Sequence[Checkpoint]:
        """How far the watch of each namespace has come; none of one that is not listed, or is to be again."""
        found = (part.checkpoint for part in self._parts)
        return [each for each in found if each is not None]

    def watches(self, namespace: str) -> bool:
        """Whether a namespace is watched at all."""
        return any(part.namespace in {namespace, ALL_NAMESPACES} for part in self._parts)

    def in_sync(self, namespace: str) -> bool:
        """Whether all that happens in a namespace is seen as it happens; `ALL_NAMESPACES`: in each."""
        asked = {namespace, ALL_NAMESPACES}
        parts = [each for each in self._parts if namespace == ALL_NAMESPACES or each.namespace in asked]
        whole = [each.freshness.sync is Sync.IN_SYNC and each.checkpoint is not None for each in parts]
        return all(whole) if namespace == ALL_NAMESPACES else any(whole)

    def pods(self) -> Sequence[Pod]:
        """Every pod, in no particular order."""
        return [pod for part in self._parts for pod in part.known.values()]

    def get(self, namespace: str, name: str) -> Pod | None:
        """The pod of this name as last seen."""
        key = PodKey(namespace, name)
        return next((part.known[key] for part in self._parts if key in part.known), None)
