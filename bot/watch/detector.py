"""The detector: turns changes of pods into deaths, each once.

It holds what has been counted of each pod that ever had something to count (a healthy pod has no entry), and
the open complaints about pods that do not come up, which a clock judges, as it does pods that were removed
(`removals`). What the first listing shows broken is told, as `since_before_first_look`. `snapshot` gives
counts and complaints as a value, and a detector that is made with one goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.model.deaths import Cause, Death
from bot.model.memory import Counted, Memory, OpenSince, PodMemory
from bot.model.pods import ClusterName, Pod, PodUid
from bot.watch import stuck
from bot.watch.classifier import already_failing, baseline, deaths
from bot.watch.pod_causes import WHOLE_POD
from bot.watch.ports import Change, DeathSink, OwnerSource
from bot.watch.removals import Removals

LOOK_EVERY = timedelta(seconds=1)
"""How often the open complaints are held against the clock."""

GONE_AFTER = timedelta(hours=1)
"""A pod that was remembered and does not show up for so long is gone for good."""


@dataclass(slots=True)
class _OpenComplaint:
    pod: Pod
    complaint: stuck.Complaint
    since: datetime
    before_first_look: bool
    told: bool = False

    def due(self, now: datetime) -> bool:
        return not self.told and now - self.since >= self.complaint.patience


class Detector:
    """Of one cluster. `changed` is the mirror's sink, `run` the clock; deaths go to `sink`."""

    def __init__(
        self,
        cluster: ClusterName,
        sink: DeathSink,
        clock: Clock,
        memory: Memory | None = None,
        *,
        owners: OwnerSource | None = None,
        by_bot: Callable[[PodUid], bool] = lambda _: False,
    ) -> None:
        """`memory`: what the last process knew. What the first listing shows beyond that is news.

        `owners` is asked whether a pod that was removed is missed; without it only bare pods are told as
        `Deleted`. `by_bot`: whether the bot itself deleted the pod of a UID, which then stays silent. Both
        are read on the clock, in `run`, seconds after a pod has gone.
        """
        self._cluster = cluster
        self._sink = sink
        self._clock = clock
        self._counted: dict[PodUid, dict[str, Counted]] = {}
        self._open: dict[PodUid, dict[tuple[str, Cause], _OpenComplaint]] = {}
        self._removals = Removals(cluster, owners=owners, by_bot=by_bot)
        self._goes_on = memory is not None
        self._unclaimed = dict(memory.pods) if memory is not None else {}
        self._claimable_until = clock.now() + GONE_AFTER

    @property
    def remembered(self) -> int:
        """Of how many pods something is kept: those that died, or have something wrong with them."""
        return len(self._counted.keys() | self._open.keys() | self._unclaimed.keys())

    def snapshot(self) -> Memory:
        """All that must be known to go on in another process."""
        known = {
            uid: PodMemory(counted=dict(self._counted.get(uid, {})), complaints=self._standing(uid))
            for uid in self._counted.keys() | self._open.keys()
        }
        return Memory(cluster=self._cluster, pods={**self._unclaimed, **known})

    async def changed(self, change: Change) -> None:
        """Take one change of a pod; returns when its deaths are handed on."""
        pod = change.new
        if pod is None:
            if change.old is not None:
                await self._gone(change.old)
            return
        now = self._clock.now()
        found: tuple[Death, ...] = ()
        remembered = self._unclaimed.pop(pod.uid, None)
        if remembered is not None:
            self._recall(pod, remembered)
        before_first_look = change.first_listing and not self._goes_on
        if change.old is None and not change.first_listing:
            self._removals.replaced_by(pod)
        if pod.terminating:
            self._removals.going(pod)
        if before_first_look:
            self._remember(pod.uid, baseline(pod, now))
            found = already_failing(self._cluster, pod, now)
        else:
            counted = self._counted.get(pod.uid, {})
            found, counted = deaths(self._cluster, pod, counted, now)
            self._remember(pod.uid, counted)
        self._note_complaints(pod, now, before_first_look=before_first_look)
        await self._hand_on(found)
        await self._hand_on(self._due(self._open.get(pod.uid, {}).values(), now))

    async def run(self) -> None:
        """Hold the open complaints, and the pods that were removed, against the clock until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            # Apart, because judging a removal may take a request, and the complaints are not to wait for it.
            tasks.create_task(self._judge_removals(), name=f"removed pods of {self._cluster}")
            await self._hold_complaints()

    async def _judge_removals(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY.total_seconds())
            await self._hand_on(await self._removals.judged(self._clock.now()))

    async def _hold_complaints(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY.total_seconds())
            now = self._clock.now()
            if now >= self._claimable_until:
                self._unclaimed.clear()
            due = [death for each in self._open.values() for death in self._due(each.values(), now)]
            await self._hand_on(due)

    async def _gone(self, last: Pod) -> None:
        """Count what only the pod's last state shows, then forget it."""
        self._open.pop(last.uid, None)
        self._unclaimed.pop(last.uid, None)
        counted = self._counted.pop(last.uid, {})
        now = self._clock.now()
        found, _ = deaths(self._cluster, last, counted, now, gone=True)
        if WHOLE_POD not in counted:
            self._removals.noted(last, now)
        await self._hand_on(found)

    def _remember(self, uid: PodUid, counted: dict[str, Counted]) -> None:
        if counted:
            self._counted[uid] = counted

    def _recall(self, pod: Pod, remembered: PodMemory) -> None:
        self._remember(pod.uid, dict(remembered.counted))
        standing = {(each.container, each.cause): each for each in remembered.complaints}
        self._open[pod.uid] = {
            complaint.key: _OpenComplaint(
                pod=pod,
                complaint=complaint,
                since=standing[complaint.key].since,
                before_first_look=standing[complaint.key].before_first_look,
                told=standing[complaint.key].told,
            )
            for complaint in stuck.complaints(pod)
            if complaint.key in standing
        }

    def _standing(self, uid: PodUid) -> tuple[OpenSince, ...]:
        return tuple(
            OpenSince(
                container=container,
                cause=cause,
                since=each.since,
                before_first_look=each.before_first_look,
                told=each.told,
            )
            for (container, cause), each in self._open.get(uid, {}).items()
        )

    def _note_complaints(self, pod: Pod, now: datetime, *, before_first_look: bool) -> None:
        found = stuck.complaints(pod)
        if not found:
            self._open.pop(pod.uid, None)
            return
        before = self._open.get(pod.uid, {})
        after: dict[tuple[str, Cause], _OpenComplaint] = {}
        for complaint in found:
            known = before.get(complaint.key)
            after[complaint.key] = _OpenComplaint(
                pod=pod,
                complaint=complaint,
                since=known.since if known else complaint.since or now,
                before_first_look=known.before_first_look if known else before_first_look,
                told=known.told if known else False,
            )
        self._open[pod.uid] = after

    def _due(self, complaints: Iterable[_OpenComplaint], now: datetime) -> list[Death]:
        due = [each for each in complaints if each.due(now)]
        for each in due:
            each.told = True
        return [
            replace(
                stuck.death(self._cluster, each.pod, each.complaint, each.since, now),
                since_before_first_look=each.before_first_look,
            )
            for each in due
        ]

    async def _hand_on(self, found: Iterable[Death]) -> None:
        for death in found:
            await self._sink(death)
