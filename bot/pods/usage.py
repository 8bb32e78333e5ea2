"""What pods use at the moment: `top`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.errors import ObjectNotFound, UserError
from bot.model.answers import UsageList, UsageRow
from bot.model.commands import TopPods, Verb
from bot.model.people import Asker
from bot.model.usage import PodUsage
from bot.pods.finder import Finder
from bot.pods.gate import Gate
from bot.pods.ports import PodCluster
from bot.pods.reach import Reach


class NoFigures(UserError):
    """The metrics server has nothing on this pod."""

    def __init__(self, pod: str, namespace: str) -> None:
        super().__init__(
            f"There are no figures of `{pod}` in {namespace}: it does not run, or not for long enough. "
            "The metrics server measures every 15 s or so."
        )


class Usages:
    """Answers what pods use. It takes the permission to `list`, and for one pod to `get` it."""

    def __init__(self, cluster: PodCluster, gate: Gate, finder: Finder) -> None:
        self._cluster = cluster
        self._gate = gate
        self._reach = Reach(gate)
        self._finder = finder

    async def top(self, asker: Asker, command: TopPods) -> UsageList:
        """The use of a namespace's pods, or of one."""
        what = f"pod/{command.pod}" if command.pod else "pods"
        verb = Verb.GET if command.pod else Verb.LIST
        decision = self._reach.authorise(asker, verb, command.namespace, what)
        with self._gate.audited(asker, decision, what, "top"):
            name = (await self._finder.by_prefix(asker, command)).name if command.pod else ""

            async def ask(namespace: str) -> Sequence[PodUsage]:
                return await self._cluster.pod_usage(namespace, pod=name, selector=command.selector)

            try:
                found = await self._reach.read(asker, decision, ask, lambda each: each.metadata.namespace)
            except ObjectNotFound:
                raise NoFigures(name, command.namespace) from None
        rows = [row for each in found.things for row in _rows(each, by_container=command.containers)]
        return UsageList(
            cluster=self._cluster.name,
            asked=command,
            rows=tuple(_ordered(rows, command.sort)),
            namespaces_left_out=found.left_out,
        )


def _rows(usage: PodUsage, *, by_container: bool) -> Iterator[UsageRow]:
    namespace, pod = usage.metadata.namespace, usage.metadata.name
    if not by_container:
        yield UsageRow(namespace=namespace, pod=pod, cpu=usage.amount("cpu"), memory=usage.amount("memory"))
        return
    for each in usage.containers or ():
        yield UsageRow(
            namespace=namespace,
            pod=pod,
            container=each.name,
            cpu=each.amount("cpu"),
            memory=each.amount("memory"),
        )


def _ordered(rows: Sequence[UsageRow], key: str) -> list[UsageRow]:
    by_name = sorted(rows, key=lambda row: (row.namespace, row.pod, row.container))
    match key:
        case "cpu":
            return sorted(by_name, key=lambda row: -row.cpu)
        case "memory":
            return sorted(by_name, key=lambda row: -row.memory)
        case _:
            return by_name
