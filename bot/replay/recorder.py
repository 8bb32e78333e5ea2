"""Records a live cluster's watch, disguised, in the form that `records` reads.

The bot's own mirror tells what happens to pods. Where a pod dies, what the bot would ask for then (its
events, its owner with its revisions, its node) is recorded as well, and the owner again for as long as the
recording lasts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC
from typing import Any, Protocol

import msgspec

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterError
from bot.incidents.ports import Surroundings
from bot.incidents.recovery import Workload
from bot.model.deaths import Death
from bot.model.memory import Findings
from bot.model.pods import ALL_NAMESPACES, Pod
from bot.model.surroundings import OWNER_KINDS
from bot.replay import disguise_around
from bot.replay.disguise import Disguise, Json
from bot.replay.records import RecordKind
from bot.watch.detector import Detector
from bot.watch.mirror import Mirror
from bot.watch.ports import Change, PodSource

OWNERS_EVERY = 20.0
"""Seconds between two looks at the owners of pods that died."""

CHANGES_EVERY = 1.0
"""Seconds between two looks at owners whose pods come and go."""

MOST_OWNERS = 100
"""Owners that are looked at; of those that come later only the pods are recorded."""

MOST_WAITING = 1_000
"""Deaths that wait for their surroundings to be read; of more, only the pods are recorded."""

_log = logs.get(__name__)


class Cluster(PodSource, Protocol):
    """What is recorded: `kube.cluster.KubeCluster`."""

    @property
    def surroundings(self) -> Surroundings:
        """What surrounds a death."""
        ...


class Recorder:
    """Writes one recording, line by line."""

    def __init__(
        self,
        cluster: Cluster,
        disguise: Disguise,
        write: Callable[[bytes], object],
        clock: Clock,
        *,
        namespace: str = ALL_NAMESPACES,
    ) -> None:
        """`write` takes a whole line with its end, and may raise OSError, which ends the recording.

        One namespace, or all: several would each have a listing of their own, and a recording has one.
        """
        self._cluster = cluster
        self._disguise = disguise
        self._write = write
        self._clock = clock
        self._detector = Detector(cluster.name, self._found, clock)
        self._mirror = Mirror(cluster, self._changed, clock=clock, namespaces=(namespace,))
        self._listed = False
        self._deaths: asyncio.Queue[Death] = asyncio.Queue(MOST_WAITING)
        self._owners: set[Workload] = set()
        """Those that are looked at."""
        self._due: set[Workload] = set()
        self._waiting: asyncio.Queue[Workload] = asyncio.Queue(MOST_OWNERS)
        """Those of them with pods that have come or gone since; `_due` has the same."""
        self._written: dict[tuple[Workload, str], bytes] = {}
        self.lines = 0

    async def run(self) -> None:
        """Record until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._mirror.run(), name="recorder: mirror")
            tasks.create_task(self._detector.run(), name="recorder: stuck pods")
            tasks.create_task(self._read_surroundings(), name="recorder: surroundings")
            tasks.create_task(self._look_at_owners(), name="recorder: owners")
            tasks.create_task(self._look_at_what_changes(), name="recorder: changing owners")

    def finish(self) -> None:
        """Write how long it lasted: that nothing more happened is part of the story."""
        self._line(RecordKind.CLOCK)

    async def _changed(self, change: Change) -> None:
        if not self._listed and not change.first_listing:
            self._listed = True
            self._line(RecordKind.LISTED)
        match change:
            case Change(new=Pod() as new, old=None):
                self._line(RecordKind.ADDED, self._disguise.pod(new))
            case Change(new=Pod() as new):
                self._line(RecordKind.MODIFIED, self._disguise.pod(new))
            case Change(old=Pod() as old):
                self._line(RecordKind.DELETED, self._disguise.pod(old))
        self._note_owner(change)
        await self._detector.changed(change)

    async def _found(self, findings: Findings) -> None:
        for death in findings.deaths:
            if not self._deaths.full():
                self._deaths.put_nowait(death)

    async def _read_surroundings(self) -> None:
        around = self._cluster.surroundings
        while True:
            death = await self._deaths.get()
            for event in await self._asked(around.events(death.namespace, death.id.uid)) or ():
                self._line(RecordKind.ADDED, self._disguise.event(event))
            if death.node:
                node = await self._asked(around.node(death.node))
                if node is not None and node.there:
                    self._line(RecordKind.ADDED, disguise_around.node(self._disguise, node))
            workload = Workload(namespace=death.namespace, owner=death.owner)
            known = workload in self._owners or len(self._owners) >= MOST_OWNERS
            if not known and death.owner.kind in OWNER_KINDS:
                self._owners.add(workload)
                await self._look_at(workload)

    async def _look_at_owners(self) -> None:
        while True:
            await self._clock.sleep(OWNERS_EVERY)
            for workload in tuple(self._owners):
                await self._look_at(workload)

    async def _look_at_what_changes(self) -> None:
        while True:
            workload = await self._waiting.get()
            self._due.discard(workload)
            await self._look_at(workload)
            await self._clock.sleep(CHANGES_EVERY)

    def _note_owner(self, change: Change) -> None:
        """Have the owner looked at of a pod that comes or goes: so do its number and its revisions."""
        new, old = change.new, change.old
        pod = new or old
        stays = old is not None and new is not None and old.terminating == new.terminating
        if pod is None or stays:
            return
        workload = Workload(namespace=pod.namespace, owner=pod.owner)
        if workload in self._owners and workload not in self._due:
            self._due.add(workload)
            self._waiting.put_nowait(workload)

    async def _look_at(self, workload: Workload) -> None:
        around, namespace = self._cluster.surroundings, workload.namespace
        state = await self._asked(around.owner(namespace, workload.owner))
        if state is None:
            return
        self._write_if_new(workload, "", disguise_around.owner(self._disguise, namespace, state))
        if state.owner.kind == "Deployment" and state.selector:
            for each in await self._asked(around.revisions(namespace, state)) or ():
                disguised = disguise_around.revision(self._disguise, namespace, state, each)
                self._write_if_new(workload, each.replica_set, disguised)

    def _write_if_new(self, workload: Workload, replica_set: str, disguised: Json) -> None:
        written, key = msgspec.json.encode(disguised), (workload, replica_set)
        if self._written.get(key) != written:
            self._written[key] = written
            self._line(RecordKind.MODIFIED, disguised)

    async def _asked(self, question: Coroutine[Any, Any, Any]) -> Any:
        """The answer; None where the cluster does not give it, which the recording then lacks."""
        try:
            return await question
        except ClusterError as problem:
            _log.info("not_recorded", problem=str(problem))
            return None

    def _line(self, kind: RecordKind, content: Json | None = None) -> None:
        now = self._clock.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record: Json = {"type": kind.value, **({"object": content} if content else {}), "at": now}
        self._write(msgspec.json.encode(record) + b"\n")
        self.lines += 1
