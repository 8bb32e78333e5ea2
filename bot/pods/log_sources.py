"""Which containers of which pods a request for logs means: names, workloads and selectors resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from bot.model.commands import GetLogs
from bot.model.log_problems import NoDeath, NoPreviousRun, NoSuchContainerAnywhere, RunGone
from bot.model.people import Asker
from bot.model.pods import Pod
from bot.model.problems import NoSuchContainer
from bot.model.targets import TargetKind
from bot.pods import log_runs, lookup
from bot.pods.finder import Finder
from bot.pods.log_runs import LogRun
from bot.pods.workloads import Workloads


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSource:
    """One run of one container."""

    pod: Pod
    container: str
    run: LogRun

    @property
    def key(self) -> tuple[str, str]:
        """The names of pod and container."""
        return self.pod.name, self.container


class LogSources:
    """Resolves requests for logs. Reads pods and workloads, no logs."""

    def __init__(self, finder: Finder, workloads: Workloads) -> None:
        self._finder = finder
        self._workloads = workloads

    async def find(self, asker: Asker, command: GetLogs) -> tuple[LogSource, ...]:
        """Every run that is meant, those in trouble first; at least one.

        Raises the misses of finder and workloads, `NoSuchContainer`, `NoSuchContainerAnywhere`, `NoDeath`,
        `NoPreviousRun` and `RunGone`.
        """
        pods = await self._pods(asker, command)
        chosen = [(pod, container) for pod in pods for container in _containers(pod, command)]
        if not chosen:
            raise _no_container(command, pods)
        runs = [
            LogSource(pod=pod, container=container, run=run)
            for pod, container in chosen
            if (run := log_runs.choose(pod, container, command)) is not None
        ]
        if not runs and command.ended_at is not None:
            raise RunGone(msgspec.structs.replace(command, ended_at=None, previous=False))
        if not runs:
            raise NoDeath(f"`{subject(command)}`")
        if command.previous and len(runs) > 1:
            # Of one container the cluster itself says that there is none.
            runs = [each for each in runs if each.run.has_previous]
            if not runs:
                raise NoPreviousRun(f"`{subject(command)}`")
        return tuple(sorted(runs, key=_urgency))

    async def _pods(self, asker: Asker, command: GetLogs) -> Sequence[Pod]:
        if command.pod:
            return [await self._finder.by_prefix(asker, command)]
        if command.selector:
            return await self._workloads.selected(command.namespace, command.selector)
        found: dict[str, Pod] = {}
        for target in command.targets:
            if target.kind is TargetKind.POD:
                alone = msgspec.structs.replace(command, targets=(), pod=target.name)
                pods: Sequence[Pod] = [await self._finder.by_prefix(asker, alone)]
            else:
                pods = await self._workloads.pods(asker, command.namespace, target)
            found.update({pod.uid: pod for pod in pods})
        return tuple(found.values())


def subject(command: GetLogs) -> str:
    """What a request is about, as it was typed: `deploy/web`, `-l app=web`, `pod/web-1`; a plain text."""
    if command.selector:
        return f"-l {command.selector}"
    return " ".join(map(str, command.targets)) or f"pod/{command.pod}"


def _containers(pod: Pod, command: GetLogs) -> Iterator[str]:
    names = [container.name for container, _ in pod.containers()]
    if command.all_containers:
        yield from names
    elif not command.container:
        yield lookup.container_for_logs(pod)
    elif command.container in names:
        yield command.container


def _no_container(command: GetLogs, pods: Sequence[Pod]) -> NoSuchContainer | NoSuchContainerAnywhere:
    existing = tuple(sorted({container.name for pod in pods for container, _ in pod.containers()}))
    if len(pods) == 1:
        in_order = tuple(container.name for container, _ in pods[0].containers())
        return NoSuchContainer(command.container, pods[0].name, in_order)
    return NoSuchContainerAnywhere(command.container, f"`{subject(command)}`", existing)


def _urgency(source: LogSource) -> tuple[bool, float]:
    """Containers that are not ready come first, then those of younger pods; else in the order found."""
    status = source.pod.status_of(source.container)
    created = source.pod.metadata.creation_timestamp or datetime.min.replace(tzinfo=UTC)
    return status is not None and status.ready, -created.timestamp()
