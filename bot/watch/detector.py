"""The detector: turns changes of pods into deaths, each once.

It holds what has been counted of each pod that ever had something to count (a healthy pod has no entry), and
the open complaints about pods that do not come up, which a clock judges.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.model.deaths import Cause, Death
from bot.model.pods import ClusterName, Pod, PodUid
from bot.watch import stuck
from bot.watch.classifier import baseline, deaths
from bot.watch.ports import Change, DeathSink
from bot.watch.transitions import Counted

LOOK_EVERY = timedelta(seconds=1)
"""How often the open complaints are held against the clock."""


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

    def __init__(self, cluster: ClusterName, sink: DeathSink, clock: Clock) -> None:
        self._cluster = cluster
        self._sink = sink
        self._clock = clock
        self._counted: dict[PodUid, dict[str, Counted]] = {}
        self._open: dict[PodUid, dict[tuple[str, Cause], _OpenComplaint]] = {}

    @property
    def remembered(self) -> int:
        """Of how many pods something is kept: those that died, or have something wrong with them."""
        return len(self._counted.keys() | self._open.keys())

    async def changed(self, change: Change) -> None:
        """Take one change of a pod; returns when its deaths are handed on."""
        pod = change.new
        if pod is None:
            if change.old is not None:
                await self._gone(change.old)
            return
        now = self._clock.now()
        found: tuple[Death, ...] = ()
        if change.first_listing:
            self._remember(pod.uid, baseline(pod, now))
        else:
            counted = self._counted.get(pod.uid, {})
            found, counted = deaths(self._cluster, pod, counted, now)
            self._remember(pod.uid, counted)
        self._note_complaints(pod, now, before_first_look=change.first_listing)
        await self._hand_on(found)
        await self._hand_on(self._due(self._open.get(pod.uid, {}).values(), now))

    async def run(self) -> None:
        """Hold the open complaints against the clock until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY.total_seconds())
            now = self._clock.now()
            due = [death for each in self._open.values() for death in self._due(each.values(), now)]
            await self._hand_on(due)

    async def _gone(self, last: Pod) -> None:
        """Count what only the pod's last state shows, then forget it."""
        self._open.pop(last.uid, None)
        counted = self._counted.pop(last.uid, {})
        found, _ = deaths(self._cluster, last, counted, self._clock.now(), gone=True)
        await self._hand_on(found)

    def _remember(self, uid: PodUid, counted: dict[str, Counted]) -> None:
        if counted:
            self._counted[uid] = counted

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
