"""Pods that were removed and that nothing replaces: judged on a clock, because replacements take a moment.

A pod that goes is usually meant to go: a rollout, a scale-down, a drain. What is left over is a bare pod that
somebody deleted, and a pod whose owner wants another and does not make one (a quota, an admission webhook).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from bot import logs
from bot.errors import ClusterError
from bot.model.deaths import Cause, Death, DeathId, Unwatched
from bot.model.pods import ClusterName, Owner, Pod, PodUid
from bot.model.surroundings import OWNER_KINDS, JobEnd, OwnerState
from bot.watch.pod_causes import DRAIN, OVER, WHOLE_POD, pod_cause
from bot.watch.ports import OwnerSource

BARE_RETURNS_WITHIN = timedelta(seconds=10)
"""Somebody who replaces a bare pod (`kubectl replace --force`) is back with another of its name by then."""

REPLACED_WITHIN = timedelta(seconds=60)
"""A controller that does not make another pod within this time is held up by something."""

LOOK_AGAIN = timedelta(seconds=15)
"""An owner that lacks a pod is asked once more: one moment may be the gap between two pods of a rollout."""

MOST_REMOVALS = 10_000
"""Removals that wait for their judgement; the oldest go unjudged beyond that."""

MOST_ATTEMPTS = 5

_Answer: TypeAlias = OwnerState | ClusterError | None
"""What an owner says of itself, why it could not be asked, or None where it is not there."""

_log = logs.get(__name__)


async def nobody(_: PodUid) -> bool:
    """The bot deletes nothing."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A pod that is gone and may have to be told."""

    pod: Pod
    gone_at: datetime
    due_at: float
    """In monotonic time: a step of the wall clock makes nobody late."""
    gap: Unwatched | None = None
    """The span without a watch in which it was removed."""
    lacking: bool = False
    """Its owner lacked a pod when it was asked."""
    attempts: int = 0


class Removals:
    """Of one cluster: what `noted` takes in, `judged` gives out as deaths when their time has come."""

    def __init__(
        self,
        cluster: ClusterName,
        *,
        owners: OwnerSource | None = None,
        by_bot: Callable[[PodUid], Awaitable[bool]] = nobody,
    ) -> None:
        """Without `owners` nobody can be asked whether a pod is missed, and only bare pods are judged.

        `by_bot` tells whether the bot itself deleted the pod of a UID: that is told where it was asked for.
        """
        self._cluster = cluster
        self._owners = owners
        self._by_bot = by_bot
        self._waiting: dict[PodUid, Removal] = {}
        self._going: dict[PodUid, None] = {}

    @property
    def waiting(self) -> int:
        """How many removals wait for their judgement."""
        return len(self._waiting)

    def going(self, pod: Pod) -> None:
        """Somebody has asked for the removal of a pod; remember whether it ran until then.

        Its last state does not tell: before it lets the API server remove the pod, the kubelet writes a final
        phase (since 1.27), and then the API server puts the moment of the deletion to the present.
        """
        if pod.status.phase not in OVER:
            self._going[pod.uid] = None
            if len(self._going) > MOST_REMOVALS:
                del self._going[next(iter(self._going))]

    def noted(self, last: Pod, now: datetime, moment: float, gap: Unwatched | None = None) -> None:
        """Take in a pod's last state; `moment` is `now` in monotonic time."""
        ran = last.status.phase not in OVER or last.uid in self._going
        self._going.pop(last.uid, None)
        if not ran or not self._is_missed(last):
            return
        patience = BARE_RETURNS_WITHIN if last.controller is None else REPLACED_WITHIN
        asked_at = last.metadata.deletion_timestamp
        if gap is not None and asked_at is not None and asked_at > gap.until:
            gap = None
        due_at = moment + patience.total_seconds()
        self._waiting[last.uid] = Removal(pod=last, gone_at=now, due_at=due_at, gap=gap)
        if len(self._waiting) > MOST_REMOVALS:
            del self._waiting[next(iter(self._waiting))]

    def replaced_by(self, pod: Pod) -> None:
        """A pod has come up: it stands for one that its owner (or its name) had lost."""
        if not self._waiting:
            return
        place = (pod.namespace, pod.owner)
        for uid, removal in self._waiting.items():
            if (removal.pod.namespace, removal.pod.owner) == place:
                del self._waiting[uid]
                return

    async def judged(self, now: datetime, moment: float) -> list[Death]:
        """The removals whose time has come and that nothing has made good; each owner is asked once.

        `moment` is `now` in monotonic time.
        """
        due = [each for each in self._waiting.values() if each.due_at <= moment]
        found: list[Death] = []
        asked: dict[tuple[str, Owner], _Answer] = {}
        for removal in due:
            pod = removal.pod
            if await self._by_bot(pod.uid):
                self._drop(removal)
                continue
            if self._waiting.get(pod.uid) is not removal:
                continue  # replaced meanwhile
            if pod.controller is None:
                self._drop(removal)
                found.append(self._death(removal, now, ""))
                continue
            place = (pod.namespace, pod.owner)
            if place not in asked:
                asked[place] = await self._ask(*place)
            if self._waiting.get(pod.uid) is not removal:
                continue  # replaced while its owner was asked, whose answer is of the moment before
            death = self._verdict(removal, asked[place], now, moment)
            if death is not None:
                found.append(death)
        return found

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

    def _verdict(self, removal: Removal, owner: _Answer, now: datetime, moment: float) -> Death | None:
        if isinstance(owner, ClusterError):
            if removal.attempts + 1 < MOST_ATTEMPTS:
                self._again(removal, moment, attempts=removal.attempts + 1)
            else:
                pod = removal.pod
                _log.warning("removal_unjudged", namespace=pod.namespace, pod=pod.name, problem=str(owner))
                self._drop(removal)
            return None
        if owner is None or owner.terminating or owner.suspended:
            self._drop(removal)
            return None
        if owner.owner.kind == "Job":
            self._drop(removal)
            return self._job_death(removal, owner, now)
        if not owner.up_to_date:
            self._again(removal, moment)
            return None
        if owner.present >= owner.desired:
            self._drop(removal)
            return None
        if not removal.lacking:
            self._again(removal, moment, lacking=True)
            return None
        self._drop(removal)
        return self._death(removal, now, f"{owner.owner} wants {owner.desired} and has {owner.present}")

    def _job_death(self, removal: Removal, job: OwnerState, now: datetime) -> Death | None:
        """A Job takes its own pods away when it ends; only one that ran out of time is told."""
        if job.job_end is not JobEnd.FAILED or job.job_reason != "DeadlineExceeded":
            return None
        death = self._death(removal, now, f"{job.owner} ran longer than its activeDeadlineSeconds")
        return replace(death, cause=Cause.DEADLINE_EXCEEDED, reason=job.job_reason)

    def _again(self, removal: Removal, moment: float, *, lacking: bool = False, attempts: int = 0) -> None:
        self._waiting[removal.pod.uid] = replace(
            removal,
            due_at=moment + LOOK_AGAIN.total_seconds(),
            lacking=lacking or removal.lacking,
            attempts=attempts,
        )

    def _drop(self, removal: Removal) -> None:
        self._waiting.pop(removal.pod.uid, None)

    def _death(self, removal: Removal, now: datetime, message: str) -> Death:
        pod = removal.pod
        return Death(
            id=DeathId(cluster=self._cluster, uid=pod.uid, container=WHOLE_POD, restart=0),
            cause=Cause.DELETED,
            namespace=pod.namespace,
            pod=pod.name,
            owner=pod.owner,
            node=pod.spec.node_name,
            kind=None,
            message=message,
            finished_at=removal.gone_at,
            seen_at=now,
            unwatched=removal.gap,
            controller=pod.controller,
            labels=pod.labels,
            annotations=pod.annotations,
        )
