"""Planning deletions: which pods are meant, and what will happen. Nothing is changed here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.clock import Clock
from bot.errors import ClusterError
from bot.model.commands import DeletePod, DeletePods, Verb
from bot.model.deletions import DeletionPlan, DryRun, PlannedPod
from bot.model.people import Asker
from bot.model.pods import Pod
from bot.model.problems import NoPodSelected, PodReplaced
from bot.pods import outlook
from bot.pods.backing import BackingReader
from bot.pods.finder import Finder
from bot.pods.gate import Gate
from bot.pods.ports import PodCluster
from bot.pods.quota import Quota
from bot.pods.together import all_of


class DeletionPlans:
    """Tells what deletions would do."""

    def __init__(self, cluster: PodCluster, gate: Gate, finder: Finder, quota: Quota, clock: Clock) -> None:
        self._cluster = cluster
        self._gate = gate
        self._finder = finder
        self._quota = quota
        self._clock = clock
        self._backing = BackingReader(cluster)

    async def plan(self, asker: Asker, command: DeletePod | DeletePods) -> DeletionPlan:
        """What deleting these pods would do. Names must be whole."""
        what = _object(command)
        decision = self._gate.authorise(asker, Verb.DELETE, command.namespace, what)
        with self._gate.audited(asker, decision, what, "planned"):
            return await self._plan(asker, command)

    async def rehearse(self, asker: Asker, command: DeletePod | DeletePods) -> DryRun:
        """What the server says to the deletion when it is asked to do all but that."""
        what = _object(command)
        decision = self._gate.authorise(asker, Verb.DELETE, command.namespace, what)
        with self._gate.audited(asker, decision, what, "dry run"):
            plan = await self._plan(asker, command)
            said = await asyncio.gather(*(self._refusal(plan, pod) for pod in plan.pods))
            refusals = {pod.name: why for pod, why in zip(plan.pods, said, strict=True) if why}
            return DryRun(plan=plan, refusals=refusals)

    async def _plan(self, asker: Asker, command: DeletePod | DeletePods) -> DeletionPlan:
        pods = await self._chosen(asker, command)
        await self._quota.check(asker.person.id, len(pods))
        backing = await self._backing.behind(command.namespace, pods)
        now = self._clock.now()
        return DeletionPlan(
            cluster=self._cluster.name,
            asked=command,
            pods=tuple(outlook.planned(pod, backing, command.manner, now) for pod in pods),
            replicas=outlook.replicas(pods, backing),
            budgets=outlook.budgets(pods, backing),
            unknown=backing.unknown,
            seen_at=now,
        )

    async def _chosen(self, asker: Asker, command: DeletePod | DeletePods) -> Sequence[Pod]:
        namespace = command.namespace
        if isinstance(command, DeletePod):
            pod = await self._finder.by_name(asker, namespace, command.pod)
            if command.uid and pod.uid != command.uid:
                raise PodReplaced(command.pod, namespace)
            return (pod,)
        if command.selector:
            found = await self._cluster.list_pods(namespace, selector=command.selector)
            if not found:
                raise NoPodSelected(command.selector, namespace)
            return sorted(found, key=lambda pod: pod.name)
        await self._quota.check(asker.person.id, len(command.pods))
        return await all_of([self._finder.by_name(asker, namespace, name) for name in command.pods])

    async def _refusal(self, plan: DeletionPlan, pod: PlannedPod) -> str:
        """What the server says against the deletion; empty where it would do it."""
        grace = outlook.asked_grace(plan.manner)
        try:
            await self._cluster.delete_pod(plan.namespace, pod.name, uid=pod.uid, grace=grace, dry_run=True)
        except ClusterError as error:
            return str(error)
        return ""


def _object(command: DeletePod | DeletePods) -> str:
    """The pods as the audit names them."""
    if isinstance(command, DeletePod):
        return f"pod/{command.pod}"
    return f"pods -l {command.selector}" if command.selector else f"pods {' '.join(command.pods)}"
