"""Deleting a pod in two steps: a plan that shows what will happen, and a confirmation bound to that pod."""

from __future__ import annotations

from datetime import timedelta

from bot.clock import Clock
from bot.errors import ObjectConflict, ObjectNotFound
from bot.model.answers import Confirmation, Deleted, DeletionPlan
from bot.model.commands import DeletePod, Verb
from bot.model.people import Asker
from bot.model.problems import ConfirmationExpired, PodReplaced
from bot.pods import lookup, rows
from bot.pods.finder import Finder
from bot.pods.gate import Gate
from bot.pods.ports import PodCluster

CONFIRMATION_VALID = timedelta(minutes=5)


class Deletions:
    """Plans deletions and carries confirmed ones out."""

    def __init__(self, cluster: PodCluster, gate: Gate, finder: Finder, clock: Clock) -> None:
        self._cluster = cluster
        self._gate = gate
        self._finder = finder
        self._clock = clock

    async def plan(self, asker: Asker, command: DeletePod) -> DeletionPlan:
        """What deleting this pod would do. The name must be whole."""
        what = f"pod/{command.pod}"
        decision = self._gate.authorise(asker, Verb.DELETE, command.namespace, what)
        with self._gate.audited(asker, decision, what, "planned"):
            pod = await self._finder.by_name(asker, command.namespace, command.pod)
            if command.uid and pod.uid != command.uid:
                raise PodReplaced(command.pod, command.namespace)
            row = rows.row(pod, self._clock.now())
            return DeletionPlan(
                cluster=self._cluster.name,
                namespace=pod.namespace,
                pod=pod.name,
                uid=pod.uid,
                owner=pod.owner,
                replaced_by_itself=lookup.replaced_by_itself(pod),
                status=row.status,
                ready=row.ready,
                age=row.age,
                node=row.node,
                terminating=pod.terminating,
            )

    async def carry_out(self, asker: Asker, confirmation: Confirmation) -> Deleted:
        """Delete the pod of the confirmed UID, authorised again; any other pod of that name is left alone.

        Raises `ConfirmationExpired` and `PodReplaced`; nothing was deleted then.
        """
        namespace, name, uid = confirmation.namespace, confirmation.pod, confirmation.uid
        what = f"pod/{name}"
        decision = self._gate.authorise(asker, Verb.DELETE, namespace, what)
        with self._gate.audited(asker, decision, what, _detail(confirmation)):
            if self._clock.now() - confirmation.asked_at > CONFIRMATION_VALID:
                raise ConfirmationExpired(name, CONFIRMATION_VALID // timedelta(minutes=1))
            try:
                pod = await self._cluster.get_pod(namespace, name)
                if pod.uid != uid:
                    raise PodReplaced(name, namespace)
                await self._cluster.delete_pod(namespace, name, uid=uid)
            except (ObjectNotFound, ObjectConflict):
                raise PodReplaced(name, namespace) from None
            return Deleted(
                by=asker.person,
                namespace=namespace,
                pod=name,
                owner=pod.owner,
                replaced_by_itself=lookup.replaced_by_itself(pod),
                reason=confirmation.reason,
            )


def _detail(confirmation: Confirmation) -> str:
    reason = f" reason={confirmation.reason!r}" if confirmation.reason else ""
    return f"confirmed uid={confirmation.uid}{reason}"
