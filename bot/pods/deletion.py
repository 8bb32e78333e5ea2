"""Deleting pods that were confirmed: the ones that were seen, authorised again, or none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterError, ObjectConflict, ObjectNotFound, UserError
from bot.model.answers import Decision
from bot.model.commands import Verb
from bot.model.deletions import (
    Aftermath,
    Confirmation,
    DeletedPod,
    Deletion,
    Fate,
    SeenPod,
)
from bot.model.last_look import LastLook
from bot.model.people import Asker
from bot.model.pods import Pod, PodUid
from bot.model.problems import (
    ConfirmationExpired,
    NothingDeleted,
    PodReplaced,
    SomebodyElsesConfirmation,
)
from bot.pods import outlook
from bot.pods.backing import FACTS_WAIT, Backing, BackingReader
from bot.pods.following import Following
from bot.pods.gate import Gate
from bot.pods.last_look import LastLooks
from bot.pods.ports import PodCluster
from bot.pods.quota import Quota
from bot.pods.together import all_of

logger = logs.get(__name__)

CONFIRMATION_VALID = timedelta(minutes=5)

SAVING_WAIT = 3.0
"""Seconds that a deletion waits for what was read of its pods to be saved."""

SEEN_THROUGH = 0.7
"""Seconds that requests under way get to be answered when the bot is being stopped."""

Keep: TypeAlias = Callable[[Deletion, Sequence[LastLook]], Awaitable[None]]
"""Saves a last look at the pods of a deletion that is about to be carried out; raises nothing."""


class Deletions:
    """Carries confirmed deletions out and follows them up. `deletion_plan` comes before."""

    def __init__(self, cluster: PodCluster, gate: Gate, quota: Quota, clock: Clock) -> None:
        self._cluster = cluster
        self._gate = gate
        self._clock = clock
        self._quota = quota
        self._backing = BackingReader(cluster)
        self._looks = LastLooks(cluster, gate, clock)
        self._following = Following(cluster, clock)

    async def carry_out(self, asker: Asker, confirmation: Confirmation, keep: Keep) -> Deletion:
        """Delete the pods of the confirmed UIDs, authorised again; other pods of those names are left alone.

        A last look at them is handed to `keep` first. Raises where nothing was deleted and nobody but the
        asker has to know; what was tried comes back with the fate of each pod.
        """
        namespace, pods = confirmation.namespace, confirmation.pods
        what = f"pod/{pods[0].name}" if len(pods) == 1 else f"pods {' '.join(pod.name for pod in pods)}"
        decision = self._gate.authorise(asker, Verb.DELETE, namespace, what)
        with self._gate.failure_audited(asker, decision, what, _detail(confirmation, *pods)):
            self._check(asker, confirmation)
            there, kept = await self._still_there(confirmation)
            await self._quota.take(asker.person.id, len(there))
            looks, (backing, before) = await asyncio.gather(
                self._looks.at(asker, there), self._whose(namespace, there)
            )
            begun = Deletion(
                by=asker.person,
                namespace=namespace,
                pods=tuple(_deleted(pod, backing, Fate.UNKNOWN) for pod in there),
                manner=confirmation.manner,
                at=self._clock.now(),
                before=before,
            )
            await _saved(keep(begun, looks))
        at = self._clock.now()
        tried = await self._seen_through(
            [self._delete(asker, decision, confirmation, pod, backing) for pod in there],
            [
                _deleted(pod, backing, Fate.UNKNOWN, "podbot was stopped before the answer came")
                for pod in there
            ],
        )
        return Deletion(
            by=asker.person,
            namespace=namespace,
            pods=(*tried, *kept),
            manner=confirmation.manner,
            at=at,
            before=before,
        )

    def follow(self, deletion: Deletion) -> AsyncGenerator[Aftermath, None]:
        """What comes of it, for a few minutes."""
        return self._following.follow(deletion)

    def _check(self, asker: Asker, confirmation: Confirmation) -> None:
        if confirmation.asked_by != asker.person.id:
            raise SomebodyElsesConfirmation
        if self._clock.now() - confirmation.asked_at > CONFIRMATION_VALID:
            raise ConfirmationExpired(CONFIRMATION_VALID // timedelta(minutes=1))

    async def _still_there(self, confirmation: Confirmation) -> tuple[Sequence[Pod], Sequence[DeletedPod]]:
        """The pods as they are now, and those that are not there any more or cannot be looked at.

        Raises the reason where it is all of them.
        """
        namespace = confirmation.namespace
        found = await asyncio.gather(*(self._seen_again(namespace, pod) for pod in confirmation.pods))
        there = [each for each in found if isinstance(each, Pod)]
        gone = [
            (pod, each)
            for pod, each in zip(confirmation.pods, found, strict=True)
            if isinstance(each, UserError)
        ]
        if not there:
            if len(gone) == 1:
                raise gone[0][1]
            raise NothingDeleted(tuple((pod.name, str(why)) for pod, why in gone))
        return there, [_not_deleted(pod, why) for pod, why in gone]

    async def _seen_again(self, namespace: str, seen: SeenPod) -> Pod | UserError:
        try:
            pod = await self._cluster.get_pod(namespace, seen.name)
        except ObjectNotFound:
            return PodReplaced(seen.name, namespace)
        except ClusterError as error:
            return error
        return pod if pod.uid == seen.uid else PodReplaced(seen.name, namespace)

    async def _whose(self, namespace: str, pods: Sequence[Pod]) -> tuple[Backing, frozenset[PodUid] | None]:
        """What stands behind the pods, and which pods their workloads have; None where that is not known."""
        backing = await self._backing.behind(namespace, pods, budgets=False)
        selectors = {outlook.selector_of(pod, backing) for pod in pods} - {""}
        try:
            async with asyncio.timeout(FACTS_WAIT):
                listed = await all_of(
                    [self._cluster.list_pods(namespace, selector=each) for each in selectors]
                )
        except (ClusterError, TimeoutError):
            return backing, None
        known = {pod.uid for found in listed for pod in found} | {pod.uid for pod in pods}
        return backing, frozenset(known)

    async def _delete(
        self, asker: Asker, decision: Decision, confirmation: Confirmation, pod: Pod, backing: Backing
    ) -> DeletedPod:
        seen = SeenPod(pod.name, pod.uid)
        try:
            with self._gate.audited(asker, decision, f"pod/{pod.name}", _detail(confirmation, seen)):
                await self._cluster.delete_pod(
                    pod.namespace, pod.name, uid=pod.uid, grace=outlook.asked_grace(confirmation.manner)
                )
        except (ObjectNotFound, ObjectConflict):
            return _deleted(pod, backing, Fate.KEPT, str(PodReplaced(pod.name, pod.namespace)))
        except ClusterError as error:
            fate = Fate.KEPT if error.changed_nothing else Fate.UNKNOWN
            return _deleted(pod, backing, fate, str(error))
        return _deleted(pod, backing, Fate.DELETED)

    async def _seen_through(
        self, work: Sequence[Coroutine[Any, Any, DeletedPod]], otherwise: Sequence[DeletedPod]
    ) -> Sequence[DeletedPod]:
        """Do the work to its end, all at once, even when the bot is being stopped: then for a moment only.

        A cancellation is not passed on: who asked is told what was done, which takes no longer than telling
        them that podbot stopped. What has not ended by then is `otherwise`.
        """
        tasks = [asyncio.create_task(each, name="delete a pod") for each in work]
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            await asyncio.wait(tasks, timeout=SEEN_THROUGH)
        late = [task for task in tasks if not task.done()]
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        return [
            other if task.cancelled() else task.result() for task, other in zip(tasks, otherwise, strict=True)
        ]


async def _saved(saving: Awaitable[None]) -> None:
    """Wait until it is saved, but not for long; a deletion does not fail for want of it."""
    try:
        async with asyncio.timeout(SAVING_WAIT):
            await saving
    except TimeoutError:
        logger.info("evidence_was_too_slow", seconds=SAVING_WAIT)
    except Exception:
        # Whatever is wrong with saving: somebody needs this pod to go.
        logger.exception("evidence_not_saved")


def _deleted(pod: Pod, backing: Backing, fate: Fate, problem: str = "") -> DeletedPod:
    return DeletedPod(
        name=pod.name,
        uid=pod.uid,
        fate=fate,
        problem=problem,
        owner=pod.owner,
        successor=outlook.successor(pod, backing),
        selector=outlook.selector_of(pod, backing),
    )


def _not_deleted(seen: SeenPod, why: UserError) -> DeletedPod:
    return DeletedPod(name=seen.name, uid=seen.uid, fate=Fate.KEPT, problem=str(why))


def _detail(confirmation: Confirmation, *pods: SeenPod) -> str:
    manner = confirmation.manner
    parts = [f"confirmed uid={','.join(pod.uid for pod in pods)}"]
    if manner.force:
        parts.append("force")
    elif manner.grace is not None:
        parts.append(f"grace={manner.grace}s")
    if manner.reason:
        parts.append(f"reason={manner.reason!r}")
    return " ".join(parts)
