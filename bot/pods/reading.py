"""Reading: list, one pod's line, logs, describe."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from bot.clock import Clock
from bot.errors import ClusterError
from bot.model.answers import Decision, Health, LogExcerpt, PodCard, PodList, PodRow, PodSummary
from bot.model.commands import DescribePod, GetLogs, ListPods, OpenPod, Verb
from bot.model.people import Asker
from bot.model.pods import ALL_NAMESPACES, ContainerState, Event, Pod
from bot.model.problems import NoSuchContainer
from bot.pods import lookup, redact, rows
from bot.pods.finder import Finder
from bot.pods.gate import Gate
from bot.pods.ports import PodCluster
from bot.pods.summary import summary

DEFAULT_TAIL = 200
"""Lines of a log when nobody says how many."""

LOG_LIMIT = 10 * 1024 * 1024
"""Bytes of a log read for one request."""

EVENTS_WAIT = 3.0
"""Seconds that a description waits for its events; it is told without them after that."""


class Reading:
    """Answers questions about pods; changes nothing."""

    def __init__(self, cluster: PodCluster, gate: Gate, finder: Finder, clock: Clock) -> None:
        self._cluster = cluster
        self._gate = gate
        self._finder = finder
        self._clock = clock

    async def list(self, asker: Asker, command: ListPods) -> PodList:
        """The pods of a namespace; of all namespaces those in which the asker may list."""
        decision = self._may_list(asker, command.namespace)
        with self._gate.audited(asker, decision, "pods", command.selector):
            pods, left_out = await self._pods(asker, decision, command.selector)
        now = self._clock.now()
        table = [rows.row(pod, now) for pod in pods]
        return PodList(
            cluster=self._cluster.name,
            asked=command,
            rows=tuple(_shown(table, broken_only=command.broken)),
            counts=dict(Counter(each.health for each in table)),
            namespaces_left_out=left_out,
        )

    async def open(self, asker: Asker, command: OpenPod) -> PodCard:
        """One pod's line."""
        what = f"pod/{command.pod}"
        decision = self._gate.authorise(asker, Verb.GET, command.namespace, what)
        with self._gate.audited(asker, decision, what):
            pod = await self._finder.by_name(asker, command.namespace, command.pod)
            return PodCard(row=rows.row(pod, self._clock.now()), uid=pod.uid)

    async def logs(self, asker: Asker, command: GetLogs) -> LogExcerpt:
        """A container's log, with what looks like a secret masked."""
        what = f"pod/{command.pod}"
        decision = self._gate.authorise(asker, Verb.LOGS, command.namespace, what)
        with self._gate.audited(asker, decision, what, f"container={command.container or '-'}"):
            pod = await self._finder.by_prefix(asker, command)
            return await self._read_log(pod, command)

    async def describe(self, asker: Asker, command: DescribePod) -> PodSummary:
        """A pod's state and why; with its events where the asker may read them."""
        what = f"pod/{command.pod}"
        decision = self._gate.authorise(asker, Verb.GET, command.namespace, what)
        with self._gate.audited(asker, decision, what):
            pod = await self._finder.by_prefix(asker, command)
            events: tuple[Event, ...] | None = None
            problem = ""
            if self._gate.allows(asker, Verb.EVENTS, command.namespace):
                try:
                    events = await asyncio.wait_for(self._events(pod), timeout=EVENTS_WAIT)
                except TimeoutError:
                    problem = f"The cluster did not give them within {EVENTS_WAIT:.0f} s."
                except ClusterError as error:
                    problem = str(error)
            return summary(self._cluster.name, pod, events, problem, self._clock.now())

    def _may_list(self, asker: Asker, namespace: str) -> Decision:
        """The decision; for all namespaces it is enough that there may be one of them."""
        decision = self._gate.decide(asker, Verb.LIST, namespace)
        rule = self._gate.policy.rule_somewhere(asker, Verb.LIST)
        if decision.allowed or namespace != ALL_NAMESPACES or rule is None:
            return self._gate.authorise(asker, Verb.LIST, namespace, "pods")
        why = f"Role {rule.role} allows it in some of them."
        return Decision(allowed=True, verb=Verb.LIST, namespace=namespace, rule=rule, why=why)

    async def _pods(self, asker: Asker, decision: Decision, selector: str) -> tuple[Sequence[Pod], bool]:
        """The pods that the asker may see, and whether there may be others that they may not."""
        if decision.namespace != ALL_NAMESPACES:
            return await self._cluster.list_pods(decision.namespace, selector=selector), False
        if self._gate.served:
            open_to = [each for each in self._gate.served if self._gate.allows(asker, Verb.LIST, each)]
            return await self._pods_of(open_to, selector), len(open_to) < len(self._gate.served)
        pods = await self._cluster.list_pods(ALL_NAMESPACES, selector=selector)
        if self._gate.allows(asker, Verb.LIST, ALL_NAMESPACES):
            return pods, False
        found = {pod.namespace for pod in pods}
        mine = {each for each in found if self._gate.allows(asker, Verb.LIST, each)}
        return [pod for pod in pods if pod.namespace in mine], True

    async def _pods_of(self, namespaces: Sequence[str], selector: str) -> Sequence[Pod]:
        """The pods of these namespaces, asked for at once, so that all answer within one request's time."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._cluster.list_pods(each, selector=selector), name=f"list {each}")
                    for each in namespaces
                ]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return [pod for task in tasks for pod in task.result()]

    async def _read_log(self, pod: Pod, command: GetLogs) -> LogExcerpt:
        names = tuple(container.name for container, _ in pod.containers())
        if command.container and command.container not in names:
            raise NoSuchContainer(command.container, pod.name, names)
        container = command.container or lookup.container_for_logs(pod)
        status = next((each for each in pod.statuses() if each.name == container), None)
        state = status.state if status else ContainerState()
        ended_before = status is not None and status.last_state.terminated is not None
        not_started = state.running is None and state.terminated is None
        by_itself = not command.previous and ended_before and not_started
        tail = DEFAULT_TAIL if command.tail is None and command.since is None else command.tail
        text = await self._cluster.read_log(
            pod.namespace,
            pod.name,
            container,
            previous=command.previous or by_itself,
            tail=tail if tail is None or tail >= 0 else None,
            since=command.since,
            limit_bytes=LOG_LIMIT,
        )
        lines, masked = await asyncio.to_thread(_masked, text.text)
        return LogExcerpt(
            asked=command,
            pod=pod.name,
            uid=pod.uid,
            container=container,
            other_containers=tuple(name for name in names if name != container),
            previous=command.previous or by_itself,
            previous_by_itself=by_itself,
            has_previous=ended_before,
            lines=tuple(lines),
            masked=masked,
            cut=text.cut,
            read_at=self._clock.now(),
        )

    async def _events(self, pod: Pod) -> tuple[Event, ...]:
        found = await self._cluster.list_events(pod.namespace, uid=pod.uid)
        masked = [msgspec.structs.replace(each, message=redact.mask(each.message)) for each in found]
        oldest = datetime.min.replace(tzinfo=UTC)
        return tuple(sorted(masked, key=lambda each: each.last_seen or oldest, reverse=True))


def _masked(text: str) -> tuple[list[str], int]:
    """The lines as the container ended them, and how many secrets in them were masked."""
    lines = text.removesuffix("\n").split("\n") if text else []
    return redact.mask_lines(lines)


def _shown(table: Sequence[PodRow], *, broken_only: bool) -> Sequence[PodRow]:
    order = list(Health)
    if broken_only:
        unwell = [row for row in table if row.health in {Health.FAILING, Health.PENDING}]
        return sorted(unwell, key=lambda row: (order.index(row.health), row.namespace, row.name))
    return sorted(table, key=lambda row: (row.namespace, row.name))
