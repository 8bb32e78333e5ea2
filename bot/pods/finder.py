"""Finds the pod that a person means, and tells no more names than they may see."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.errors import ClusterError, InvalidRequest, ObjectNotFound
from bot.model.commands import DescribePod, GetLogs, ListEvents, OpenPod, TopPods, Verb
from bot.model.people import Asker
from bot.model.pods import Pod
from bot.model.problems import AmbiguousPod, NoSuchPod
from bot.pods import lookup
from bot.pods.gate import Gate
from bot.pods.ports import PodCluster

MOST_CHOICES = 25


class Finder:
    """Looks pods up for people."""

    def __init__(self, cluster: PodCluster, gate: Gate) -> None:
        self._cluster = cluster
        self._gate = gate

    async def by_prefix(
        self, asker: Asker, command: GetLogs | DescribePod | OpenPod | ListEvents | TopPods
    ) -> Pod:
        """The pod of this name, or the only one whose name begins so.

        Raises `AmbiguousPod` where several do, `NoSuchPod` where none does.
        """
        namespace, name = command.namespace, command.pod
        try:
            return await self._cluster.get_pod(namespace, name)
        except (ObjectNotFound, InvalidRequest):  # `web-` is no pod's name, but may begin one
            known = await self._known_to(asker, namespace)
        candidates = lookup.beginning_with(name, known)
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            choices = tuple(
                (pod.name, msgspec.structs.replace(command, pod=pod.name))
                for pod in candidates[:MOST_CHOICES]
            )
            raise AmbiguousPod(name, namespace, choices, total=len(candidates))
        raise NoSuchPod(name, namespace, lookup.nearest(name, known))

    async def by_name(self, asker: Asker, namespace: str, name: str) -> Pod:
        """The pod of exactly this name: a deletion never guesses, and a chosen row is one pod."""
        try:
            return await self._cluster.get_pod(namespace, name)
        except ObjectNotFound:
            pass
        try:
            known = await self._known_to(asker, namespace)
        except ClusterError:
            known = ()  # that there is no such pod is the answer; the hint is not worth another error
        raise NoSuchPod(name, namespace, lookup.nearest(name, known))

    async def _known_to(self, asker: Asker, namespace: str) -> Sequence[Pod]:
        """The pods whose names may be told to the asker."""
        if not self._gate.allows(asker, Verb.LIST, namespace):
            return ()
        return await self._cluster.list_pods(namespace)
