"""From workloads and selectors to the pods that are theirs."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from bot.errors import ObjectNotFound
from bot.model.commands import Verb
from bot.model.log_problems import NoPods, NoSuchWorkload
from bot.model.people import Asker
from bot.model.pods import Owner, Pod
from bot.model.targets import Target, TargetKind
from bot.pods.gate import Gate
from bot.pods.ports import PodCluster


class Workloads:
    """Looks up pods by what they belong to."""

    def __init__(self, cluster: PodCluster, gate: Gate) -> None:
        self._cluster = cluster
        self._gate = gate

    async def pods(self, asker: Asker, namespace: str, target: Target) -> Sequence[Pod]:
        """The pods of a workload (`target` is not a pod), newest first.

        Raises `NoSuchWorkload`, and `NoPods` where it has none.
        """
        try:
            workload = await self._cluster.get_controller(target.kind, namespace, target.name)
        except ObjectNotFound:
            raise await self._miss(asker, namespace, target) from None
        labels = str(workload.spec.selector or "")
        if not labels:  # an API server lets no such workload be made; the listing would take every pod
            raise NoPods(f"`{target}`", namespace)
        pods = [
            pod
            for pod in await self._cluster.list_pods(namespace, selector=labels)
            if belongs(pod, target, workload.metadata.uid)
        ]
        if not pods:
            raise NoPods(f"`{target}`", namespace)
        return sorted(pods, key=_age)

    async def selected(self, namespace: str, selector: str) -> Sequence[Pod]:
        """The pods that a label selector takes, newest first. Raises `NoPods`."""
        pods = await self._cluster.list_pods(namespace, selector=selector)
        if not pods:
            raise NoPods(f"`-l {selector}`", namespace)
        return sorted(pods, key=_age)

    async def _miss(self, asker: Asker, namespace: str, target: Target) -> NoSuchWorkload:
        """The miss, with names that look alike where the asker may see them: those that pods' owners have."""
        names: set[str] = set()
        if self._gate.allows(asker, Verb.LIST, namespace):
            pods = await self._cluster.list_pods(namespace)
            names = {pod.owner.name for pod in pods if pod.owner.kind == target.kind.value}
        alike = get_close_matches(target.name, sorted(names)[:200], n=3, cutoff=0.5)
        return NoSuchWorkload(target, namespace, tuple(alike))


def belongs(pod: Pod, target: Target, uid: str) -> bool:
    """Whether a pod that has a workload's labels is its own: selectors of two workloads may overlap.

    A Deployment's pods name their ReplicaSet as controller, from which the Deployment's name can be read.
    """
    if target.kind is TargetKind.DEPLOYMENT:
        return pod.owner == Owner(kind=target.kind.value, name=target.name)
    return pod.controller is not None and pod.controller.uid == uid


def _age(pod: Pod) -> tuple[float, str]:
    created = pod.metadata.creation_timestamp
    return (-created.timestamp() if created else 0.0, pod.name)
