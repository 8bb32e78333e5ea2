"""Pods that were removed and that nothing replaces: judged on a clock, because replacements take a moment.

A pod that goes is usually meant to go: a rollout, a scale-down, a drain. What is left over is a bare pod that
somebody deleted, and a pod whose owner wants another and does not make one (a quota, an admission webhook).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from bot import logs
from bot.errors import ClusterError
from bot.model.deaths import Cause, Death, DeathId, Unwatched
from bot.model.pods import ClusterName, Owner, Pod, PodUid
from bot.model.surroundings import OWNER_KINDS, JobEnd, OwnerState
from bot.watch.pod_causes import DRAIN, WHOLE_POD, asked_to_go, pod_cause
from bot.watch.ports import OwnerSource

BARE_RETURNS_WITHIN = timedelta(seconds=10)
"""Somebody who replaces a bare pod (`kubectl replace --force`) is back with another of its name by then."""

REPLACED_WITHIN = timedelta(seconds=60)
"""A controller that does not make another pod within this time is held up by something."""

LOOK_AGAIN = timedelta(seconds=15)
"""An owner that lacks a pod is asked once more: one moment may be the gap between two pods of a rollout."""

UNWATCHED_AT_MOST = timedelta(hours=1)
"""A removal waits while its namespace is not watched: what takes the place of the pod would not be seen. What
is not watched for so long is judged all the same."""

MOST_REMOVALS = 10_000
"""Removals that wait for their judgement; the oldest go unjudged beyond that."""

MOST_ATTEMPTS = 5

_Answer: TypeAlias = OwnerState | ClusterError | None
"""What an owner says of itself, why it could not be asked, or None where it is not there."""

_log = logs.get(__name__)


async def nobody(_: PodUid) -> bool:
    """The bot deletes nothing."""
    return False


def everywhere(_: str) -> bool:
    """The watch of every namespace is taken for whole."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Removal:
    """A pod that is gone and may have to be told."""

    death: Death
    due_at: float
    """In monotonic time: a step of the wall clock makes nobody late."""
    recalled: bool = False
    """Another process noted it."""
    lacking: bool = False
    """Its owner lacked a pod when it was asked."""
    attempts: int = 0

    @property
    def place(self) -> tuple[str, Owner]:
        """Where a pod has to come up that stands for it."""
        return (self.death.namespace, self.death.owner)


class Removals:
    """One cluster's removed pods.

    What was `noted` is `judged` when its time has come, and waits until it is `settled`.

    What waits is part of the detector's memory (`unjudged`), so that the next process judges it (`recalled`).
    """

    def __init__(
        self,
        cluster: ClusterName,
        *,
        owners: OwnerSource | None = None,
        by_bot: Callable[[PodUid], Awaitable[bool]] = nobody,
        in_sync: Callable[[str], bool] = everywhere,
    ) -> None:
        """Without `owners` nobody can be asked whether a pod is missed, and only bare pods are judged.

        `by_bot` tells whether the bot itself deleted the pod of a UID: that is told where it was asked for.
        `in_sync` tells whether all that happens in a namespace is seen: where it is not, replacements are not
        seen either, and nothing is judged.
        """
        self._cluster = cluster
        self._owners = owners
        self._by_bot = by_bot
        self._in_sync = in_sync
        self._were_in_sync: frozenset[str] = frozenset()
        self._waiting: dict[PodUid, _Removal] = {}
        self._going: dict[PodUid, None] = {}

    def unjudged(self, uid: PodUid) -> Death | None:
        """What will be told of a pod's removal if nothing makes it good; None where none waits."""
        removal = self._waiting.get(uid)
        return removal.death if removal is not None else None

    def going(self, pod: Pod, *, late: bool = False) -> None:
        """Somebody has asked for the removal of a pod; remember whether it ran until then.

        Its last state does not tell: before it lets the API server remove the pod, the kubelet writes a final
        phase (since 1.27). `late`: nobody saw it when that was asked; then the clocks of the node and of the
        API server are compared.
        """
        if not pod.over or (late and _ended_after_the_request(pod)):
            self._going[pod.uid] = None
            if len(self._going) > MOST_REMOVALS:
                del self._going[next(iter(self._going))]

    def noted(self, last: Pod, now: datetime, moment: float, gap: Unwatched | None = None) -> None:
        """Take in a pod's last state; `moment` is `now` in monotonic time, `gap` a span without a watch."""
        ran = not last.over or last.uid in self._going
        self._going.pop(last.uid, None)
        if not ran or last.uid in self._waiting or not self._is_missed(last):
            return
        asked_at = last.metadata.deletion_timestamp
        if gap is not None and asked_at is not None and asked_at > gap.until:
            gap = None
        death = self._death(last, now, gap)
        self._wait(_Removal(death=death, due_at=moment + _patience(death).total_seconds()))

    def recalled(self, death: Death, now: datetime, moment: float) -> None:
        """Go on with a removal that another process noted and did not judge."""
        waited = max(now - (death.finished_at or now), timedelta())
        left = max(_patience(death) - waited, timedelta())
        self._wait(_Removal(death=death, due_at=moment + left.total_seconds(), recalled=True))

    def replaced_by(self, pod: Pod, *, past: bool = False) -> PodUid | None:
        """A pod has come up: it stands for one that its owner (or its name) had lost, whose UID is given.

        `past`: it is read from the history, of which the process before may have seen a part. What that one
        left unjudged, it then did not take for replaced by this pod; an owner can be asked.
        """
        place = (pod.namespace, pod.owner)
        for uid, removal in self._waiting.items():
            known_before = past and removal.recalled and pod.controller is not None
            if removal.place == place and uid != pod.uid and not known_before:
                del self._waiting[uid]
                return uid
        return None

    async def judged(self, now: datetime, moment: float) -> Mapping[PodUid, Death | None]:
        """The removals whose time has come: the deaths that they are, None where there is nothing to tell.

        Each owner is asked once. `moment` is `now` in monotonic time.
        """
        settled: dict[PodUid, Death | None] = {}
        asked: dict[tuple[str, Owner], _Answer] = {}
        for uid, removal in self._due(moment):
            if await self._by_bot(uid):
                settled[uid] = None
                continue
            if self._waiting.get(uid) is not removal:
                continue  # replaced meanwhile
            if removal.death.controller is None:
                settled[uid] = replace(removal.death, seen_at=now)
                continue
            if removal.place not in asked:
                asked[removal.place] = await self._ask(*removal.place)
            if self._waiting.get(uid) is not removal:
                continue  # replaced while its owner was asked, whose answer is of the moment before
            verdict = self._verdict(removal, asked[removal.place], now)
            if isinstance(verdict, _Removal):
                self._waiting[uid] = replace(verdict, due_at=moment + LOOK_AGAIN.total_seconds())
            else:
                settled[uid] = verdict
        return settled

    def settled(self, uid: PodUid) -> bool:
        """What was judged of a pod is told now; False where it was replaced since."""
        return self._waiting.pop(uid, None) is not None

    def _due(self, moment: float) -> list[tuple[PodUid, _Removal]]:
        in_sync = frozenset(filter(self._in_sync, {each.place[0] for each in self._waiting.values()}))
        # Twice in a row: a watch that has just come back is still telling what it missed.
        watched, self._were_in_sync = self._were_in_sync & in_sync, in_sync
        return [
            (uid, each)
            for uid, each in self._waiting.items()
            if moment
            >= each.due_at + (0.0 if each.place[0] in watched else UNWATCHED_AT_MOST.total_seconds())
        ]

    def _wait(self, removal: _Removal) -> None:
        self._waiting[removal.death.id.uid] = removal
        if len(self._waiting) > MOST_REMOVALS:
            del self._waiting[next(iter(self._waiting))]

    def _is_missed(self, pod: Pod) -> bool:
        """Whether anybody could miss it: no cause of its own has been told, and no drain took it."""
        if pod_cause(pod) is not None:
            return False
        controller = pod.controller
        if controller is not None:
            return self._owners is not None and pod.owner.kind in OWNER_KINDS
        drain = pod.condition("DisruptionTarget")
        return drain is None or drain.status != "True" or drain.reason != DRAIN

    async def _ask(self, namespace: str, owner: Owner) -> _Answer:
        if self._owners is None:
            raise RuntimeError("a removal of an owned pod was noted, and there is nobody to ask")
        try:
            return await self._owners.owner(namespace, owner)
        except ClusterError as error:
            return error

    def _verdict(self, removal: _Removal, owner: _Answer, now: datetime) -> _Removal | Death | None:
        """What a removal is by what its owner says; a removal where the owner is to be asked once more."""
        death = replace(removal.death, seen_at=now)
        if isinstance(owner, ClusterError):
            if removal.attempts + 1 < MOST_ATTEMPTS:
                return replace(removal, attempts=removal.attempts + 1)
            _log.warning("removal_unjudged", namespace=death.namespace, pod=death.pod, problem=str(owner))
            return None
        if owner is None or owner.terminating or owner.suspended:
            return None
        if owner.owner.kind == "Job":
            return _job_death(death, owner)
        if not owner.up_to_date:
            return replace(removal, attempts=0)
        if owner.present >= owner.desired:
            return None
        if not removal.lacking:
            return replace(removal, attempts=0, lacking=True)
        return replace(death, message=f"{owner.owner} wants {owner.desired} and has {owner.present}")

    def _death(self, pod: Pod, now: datetime, gap: Unwatched | None) -> Death:
        return Death(
            id=DeathId(cluster=self._cluster, uid=pod.uid, container=WHOLE_POD, restart=0),
            cause=Cause.DELETED,
            namespace=pod.namespace,
            pod=pod.name,
            owner=pod.owner,
            node=pod.spec.node_name,
            kind=None,
            finished_at=now,
            seen_at=now,
            unwatched=gap,
            controller=pod.controller,
            labels=pod.labels,
            annotations=pod.annotations,
        )


def _patience(death: Death) -> timedelta:
    return BARE_RETURNS_WITHIN if death.controller is None else REPLACED_WITHIN


def _ended_after_the_request(pod: Pod) -> bool:
    asked_at = asked_to_go(pod)
    ends = [each.state.terminated for each in pod.statuses() if each.state.terminated is not None]
    return asked_at is not None and any(
        each.finished_at is not None and each.finished_at > asked_at for each in ends
    )


def _job_death(death: Death, job: OwnerState) -> Death | None:
    """A Job takes its own pods away when it ends; only one that ran out of time is told."""
    if job.job_end is not JobEnd.FAILED or job.job_reason != "DeadlineExceeded":
        return None
    message = f"{job.owner} ran longer than its activeDeadlineSeconds"
    return replace(death, cause=Cause.DEADLINE_EXCEEDED, reason=job.job_reason, message=message)
