"""The detector: turns changes of pods into findings, and tells each death once.

It holds what has been counted of each pod that ever had something to count (a healthy pod has no entry), and
the open `complaints` about pods that do not come up, which a clock judges, as it does pods that were removed
(`removals`). What the first listing shows broken is told, as `since_before_first_look`.

What it knows by heart is what it has handed on: a `Findings` carries the deaths and all that has to be
remembered of the pod from then on. Whoever applies them in order has the memory with which the next detector
goes on, and judges what this one had not judged yet; `snapshot` gives the same as a value.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import timedelta

from bot.clock import Clock
from bot.model.deaths import Death, Unwatched
from bot.model.memory import Counted, Findings, Memory, OpenSince, PodMemory
from bot.model.pods import ALL_NAMESPACES, ClusterName, Pod, PodUid
from bot.model.tuning import Timings
from bot.watch.classifier import already_failing, baseline, deaths
from bot.watch.complaints import Complaints
from bot.watch.pod_causes import WHOLE_POD
from bot.watch.ports import Change, FindingSink, OwnerSource
from bot.watch.removals import Removals, everywhere, nobody

LOOK_EVERY = timedelta(seconds=1)
"""How often the open complaints are held against the clock."""

GONE_AFTER = timedelta(hours=1)
"""A pod that was remembered and does not show up in so long of unbroken watch is gone for good."""

FORGOTTEN_AFTER = timedelta(minutes=1)
"""What was counted of a pod that is gone is kept until a checkpoint must have passed its end: a process that
goes on from an earlier one reads of the pod once more, and is not to count it anew."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""By how much a node's clock may be behind ours, where the end of a run is held against a gap."""


class Detector:
    """Finds the deaths of one cluster's pods.

    `changed` is the mirror's sink, `run` the clock; findings go to `sink`.
    """

    def __init__(
        self,
        cluster: ClusterName,
        sink: FindingSink,
        clock: Clock,
        memory: Memory | None = None,
        *,
        watched: Collection[str] = (ALL_NAMESPACES,),
        owners: OwnerSource | None = None,
        by_bot: Callable[[PodUid], Awaitable[bool]] = nobody,
        in_sync: Callable[[str], bool] = everywhere,
        timings: Callable[[], Timings] = Timings,
        on_forgetting: Callable[[], None] = lambda: None,
    ) -> None:
        """`memory`: what the last process knew of the namespaces it `watched`, those it has checkpoints of.

        What the first listing shows beyond that is news, and in any other namespace it is none.

        `sink` is awaited for every findings, one at a time. `owners` is asked whether a pod that was removed
        is missed; without it only bare pods are told as `Deleted`. `by_bot`: whether the bot itself deleted
        the pod of a UID, which then stays silent. Both are read on the clock, in `run`, seconds after a pod
        has gone, and only while the watch of the pod's namespace is `in_sync`. `timings`: those in force now,
        asked for at every look. `on_forgetting` is called once, before what another process remembered and
        nothing has claimed is forgotten: from then on, nothing is known of namespaces that are not watched
        any more, and no watch may go on there.
        """
        self._cluster = cluster
        self._sink = sink
        self._clock = clock
        self._kept: dict[PodUid, PodMemory] = dict(memory.pods) if memory is not None else {}
        self._unclaimed = set(self._kept)
        self._leaving: dict[PodUid, float] = {}
        self._watched = frozenset(watched) if memory is not None else frozenset()
        self._complaints = Complaints(cluster, clock)
        self._timings = timings
        self._removals = Removals(cluster, owners=owners, by_bot=by_bot, in_sync=in_sync)
        self._one_at_a_time = asyncio.Lock()
        self._in_sync = in_sync
        self._on_forgetting = on_forgetting
        self._in_sync_since: float | None = None
        self._claimable = True
        self._recall_removals()

    @property
    def remembered(self) -> int:
        """Of how many pods something is kept: those that died, or have something wrong with them."""
        return len(self._kept.keys() | set(self._complaints.pods))

    def snapshot(self) -> Memory:
        """All that must be known to go on in another process: what was handed on so far."""
        return Memory(cluster=self._cluster, pods=dict(self._kept))

    async def changed(self, change: Change) -> None:
        """Take one change of a pod; returns when what it brought is handed on."""
        if change.past and not self._goes_on(change.new or change.old):
            return  # it is from before the first look
        async with self._one_at_a_time:
            if change.new is not None:
                await self._seen(change, change.new)
            elif change.old is not None:
                await self._gone(change, change.old)

    async def run(self) -> None:
        """Hold the open complaints, and the pods that were removed, against the clock until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            # Apart, because judging a removal may take a request, and the complaints are not to wait for it.
            tasks.create_task(self._judge_removals(), name=f"removed pods of {self._cluster}")
            await self._hold_complaints()

    def _recall_removals(self) -> None:
        now, moment = self._clock.now(), self._clock.monotonic()
        for kept in self._kept.values():
            if kept.removed is not None:
                self._removals.recalled(kept.removed, now, moment)

    async def _judge_removals(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY.total_seconds())
            judged = await self._removals.judged(self._clock.now(), self._clock.monotonic())
            for uid, death in judged.items():
                async with self._one_at_a_time:
                    if self._removals.settled(uid):
                        found = (death,) if death is not None else ()
                        await self._hand_on(uid, found, self._memory_of(uid, self._counted(uid)))

    async def _hold_complaints(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY.total_seconds())
            async with self._one_at_a_time:
                timings = self._timings()
                for uid in self._complaints.pods:
                    due = self._complaints.due(uid, timings)
                    if due:
                        await self._hand_on(uid, due, self._memory_of(uid, self._counted(uid)))
                await self._forget_the_gone()

    async def _forget_the_gone(self) -> None:
        moment = self._clock.monotonic()
        if self._claimable and self._watched_for_long(moment):
            self._claimable = False
            self._on_forgetting()
            self._leaving |= dict.fromkeys(self._unclaimed, moment)
            self._unclaimed.clear()
        for uid in [uid for uid, until in self._leaving.items() if moment >= until]:
            if self._removals.unjudged(uid) is None:
                del self._leaving[uid]
                await self._hand_on(uid, (), None)

    def _watched_for_long(self, moment: float) -> bool:
        if not self._in_sync(ALL_NAMESPACES):
            self._in_sync_since = None
            return False
        if self._in_sync_since is None:
            self._in_sync_since = moment
        return moment - self._in_sync_since >= GONE_AFTER.total_seconds()

    async def _seen(self, change: Change, pod: Pod) -> None:
        now = self._clock.now()
        before_first_look = change.first_listing and not self._goes_on(pod)
        if change.old is None and (not change.first_listing or pod.controller is None):
            replaced = self._removals.replaced_by(pod, past=change.past)
            if replaced is not None:
                await self._hand_on(replaced, (), self._memory_of(replaced, self._counted(replaced)))
        if pod.terminating:
            missed_the_request = change.past or (change.first_listing and not before_first_look)
            self._removals.going(pod, late=missed_the_request)
        if before_first_look:
            found, counted = already_failing(self._cluster, pod, now), baseline(pod, now)
        else:
            found, counted = deaths(self._cluster, pod, self._counted(pod.uid), now)
            found = tuple(_flagged(each, change.gap) for each in found)
        kept = self._kept.get(pod.uid)
        if change.past:
            # What was wrong then may be over; the first listing claims what is remembered of complaints.
            memory = self._memory(pod.uid, counted, kept.complaints if kept is not None else ())
        else:
            recalled = kept.complaints if kept is not None and pod.uid in self._unclaimed else ()
            self._unclaimed.discard(pod.uid)
            self._complaints.note(pod, recalled, before_first_look=before_first_look)
            found += self._complaints.due(pod.uid, self._timings())
            memory = self._memory_of(pod.uid, counted)
        await self._hand_on(pod.uid, found, memory, past=change.past)

    async def _gone(self, change: Change, last: Pod) -> None:
        """Count what only the pod's last state shows; a minute later, and once judged, it is forgotten."""
        now, moment = self._clock.now(), self._clock.monotonic()
        counted = self._counted(last.uid)
        self._complaints.forget(last.uid)
        self._unclaimed.discard(last.uid)
        found, after = deaths(self._cluster, last, counted, now, gone=True)
        if WHOLE_POD not in counted:
            if change.past and last.terminating:
                self._removals.going(last, late=True)
            self._removals.noted(last, now, moment, change.gap)
        memory = self._memory(last.uid, after)
        if memory is not None:
            self._leaving[last.uid] = moment + FORGOTTEN_AFTER.total_seconds()
        found = tuple(_flagged(each, change.gap) for each in found)
        await self._hand_on(last.uid, found, memory, past=change.past)

    def _goes_on(self, pod: Pod | None) -> bool:
        """Whether the pod's namespace was watched before this process."""
        return ALL_NAMESPACES in self._watched or (pod is not None and pod.namespace in self._watched)

    def _counted(self, uid: PodUid) -> dict[str, Counted]:
        kept = self._kept.get(uid)
        return dict(kept.counted) if kept is not None else {}

    def _memory_of(self, uid: PodUid, counted: dict[str, Counted]) -> PodMemory | None:
        return self._memory(uid, counted, self._complaints.to_remember(uid))

    def _memory(
        self, uid: PodUid, counted: dict[str, Counted], complaints: tuple[OpenSince, ...] = ()
    ) -> PodMemory | None:
        removed = self._removals.unjudged(uid)
        if not (counted or complaints or removed):
            return None
        return PodMemory(counted=counted, complaints=complaints, removed=removed)

    async def _hand_on(
        self, uid: PodUid, found: tuple[Death, ...], memory: PodMemory | None, *, past: bool = False
    ) -> None:
        """Hand on what is new, and only then know it by heart: what was not taken will be found again.

        `past`: the process before may have seen it, told it, and forgotten the pod.
        """
        if not found and memory == self._kept.get(uid):
            return
        await self._sink(
            Findings(cluster=self._cluster, uid=uid, deaths=found, memory=memory, may_be_known=past)
        )
        if memory is None:
            self._kept.pop(uid, None)
        else:
            self._kept[uid] = memory


def _flagged(death: Death, gap: Unwatched | None) -> Death:
    """The death, with the gap in which it happened."""
    if gap is None:
        return death
    ended = death.finished_at
    within = ended is None or gap.since - CLOCKS_DIFFER <= ended <= gap.until
    return replace(death, unwatched=gap) if within else death
