"""Watches what comes of a deletion, for a few minutes, and tells each change of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.errors import ClusterError, ObjectNotFound
from bot.model.deletions import Aftermath, DeletedPod, Deletion, Fate
from bot.model.pods import Pod, PodUid
from bot.pods import outlook
from bot.pods.aftermath import aftermath, successors
from bot.pods.ports import PodCluster
from bot.pods.reasons import why_unread
from bot.pods.together import all_of

FOLLOWED_FOR = timedelta(minutes=3)
"""After that, what has not happened is not waited for any longer."""

OFTEN, SELDOM = 1.0, 3.0
"""Seconds between two looks: in the first moments, and later."""

FIRST_MOMENTS = timedelta(seconds=20)


class Following:
    """Follows deletions up."""

    def __init__(self, cluster: PodCluster, clock: Clock) -> None:
        self._cluster = cluster
        self._clock = clock

    async def follow(self, deletion: Deletion) -> AsyncGenerator[Aftermath, None]:
        """How things stand, whenever that has changed; the last one is `over`."""
        ready_at: dict[PodUid, datetime] = {}
        told: Aftermath | None = None
        while told is None or not told.over:
            elapsed = self._clock.now() - deletion.at
            await self._clock.sleep(OFTEN if elapsed < FIRST_MOMENTS else SELDOM)
            found = await self._look(deletion, ready_at)
            if found.after >= FOLLOWED_FOR:
                found = replace(found, over=True)
            if told is None or not _same(found, told):
                told = found
                yield found

    async def _look(self, deletion: Deletion, ready_at: dict[PodUid, datetime]) -> Aftermath:
        try:
            pods = await self._pods(deletion)
        except ClusterError as error:
            return Aftermath(after=self._clock.now() - deletion.at, problem=why_unread(error))
        now = self._clock.now()
        for pod in successors(deletion, pods):
            if outlook.serving(pod):
                ready_at.setdefault(pod.uid, now)
        return aftermath(deletion, pods, ready_at, now)

    async def _pods(self, deletion: Deletion) -> Sequence[Pod]:
        """The deleted pods, as far as they are still there, and those of their workloads."""
        deleted = deletion.of(Fate.DELETED)
        selectors = dict.fromkeys(pod.selector for pod in deleted if pod.selector)
        listed = await all_of(
            [
                *(self._cluster.list_pods(deletion.namespace, selector=each) for each in selectors),
                *(self._named(deletion.namespace, pod) for pod in deleted if not pod.selector),
            ]
        )
        return list({pod.uid: pod for pods in listed for pod in pods}.values())

    async def _named(self, namespace: str, pod: DeletedPod) -> Sequence[Pod]:
        """Whatever has the name by now: the deleted pod on its way out, its successor, or nothing."""
        try:
            return (await self._cluster.get_pod(namespace, pod.name),)
        except ObjectNotFound:
            return ()


def _same(one: Aftermath, other: Aftermath) -> bool:
    return replace(one, after=other.after) == other
