"""The open complaints of one cluster: what is wrong with pods, since when, and whether it was told.

`stuck` says what there is to complain about in a pod's state; here it is kept until it is over or its
patience has run out. Used by `detector`, whose clock asks what is due.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.model.deaths import Cause, Death
from bot.model.memory import OpenSince
from bot.model.pods import ClusterName, Pod, PodUid
from bot.model.tuning import Timings
from bot.watch import stuck
from bot.watch.stopwatch import Stopwatch


@dataclass(slots=True)
class _Open:
    pod: Pod
    complaint: stuck.Complaint
    since: datetime
    seen_at: float
    before_first_look: bool
    told: bool

    @property
    def is_told_by_status(self) -> bool:
        """The pod's own status says all that there is to know of it."""
        return not self.told and not self.before_first_look and self.since == self.complaint.since


class Complaints:
    """Keeps the open complaints of one cluster; how long they last is measured as `stopwatch` says."""

    def __init__(self, cluster: ClusterName, clock: Clock) -> None:
        self._cluster = cluster
        self._clock = clock
        self._stopwatch = Stopwatch(clock)
        self._open: dict[PodUid, dict[tuple[str, Cause], _Open]] = {}

    @property
    def pods(self) -> tuple[PodUid, ...]:
        """Those with something wrong, the first to have it first."""
        return tuple(self._open)

    def note(self, pod: Pod, remembered: Iterable[OpenSince] = (), *, before_first_look: bool) -> None:
        """Take in a pod's present state; `remembered` is what another process knew of its complaints."""
        found = stuck.complaints(pod)
        if not found:
            self._open.pop(pod.uid, None)
            return
        now, seen_at = self._clock.now(), self._clock.monotonic()
        open_before = self._open.get(pod.uid, {})
        recalled = {(each.container, each.cause): each for each in remembered}
        after: dict[tuple[str, Cause], _Open] = {}
        for complaint in found:
            before, known = open_before.get(complaint.key), recalled.get(complaint.key)
            earlier = before or known
            after[complaint.key] = _Open(
                pod=pod,
                complaint=complaint,
                since=earlier.since if earlier else complaint.since or now,
                seen_at=before.seen_at if before else seen_at,
                before_first_look=earlier.before_first_look if earlier else before_first_look,
                told=earlier.told if earlier else False,
            )
        self._open[pod.uid] = after

    def forget(self, uid: PodUid) -> None:
        """The pod is gone."""
        self._open.pop(uid, None)

    def due(self, uid: PodUid, timings: Timings) -> tuple[Death, ...]:
        """What of a pod has lasted longer than its patience is by now; each is given out once."""
        due = [each for each in self._open.get(uid, {}).values() if self._is_due(each, timings)]
        now = self._clock.now()
        for each in due:
            each.told = True
        return tuple(
            replace(
                stuck.death(self._cluster, each.pod, each.complaint, each.since, now),
                since_before_first_look=each.before_first_look,
            )
            for each in due
        )

    def to_remember(self, uid: PodUid) -> tuple[OpenSince, ...]:
        """What the next process must know of a pod's complaints, beyond what the status tells it anyway."""
        return tuple(
            OpenSince(
                container=container,
                cause=cause,
                since=each.since,
                before_first_look=each.before_first_look,
                told=each.told,
            )
            for (container, cause), each in self._open.get(uid, {}).items()
            if not each.is_told_by_status
        )

    def _is_due(self, each: _Open, timings: Timings) -> bool:
        if each.told:
            return False
        seconds = each.pod.metadata.deletion_grace_period_seconds or 0
        grace = timedelta(seconds=seconds) if each.complaint.cause is Cause.STUCK_TERMINATING else timedelta()
        lasted = self._stopwatch.lasted(each.since, seen_at=each.seen_at, grace=grace)
        return lasted >= stuck.patience(each.complaint, timings)
