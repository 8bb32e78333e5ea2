"""A cluster in memory: `bot.pods.ports.PodCluster` without a network, as strict as the API server.

The contract suite holds it to what the simulated and the real API server do.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from bot.errors import InvalidRequest, ObjectConflict, ObjectNotFound
from bot.model.pods import (
    ALL_NAMESPACES,
    ClusterName,
    Container,
    ContainerState,
    ContainerStatus,
    Event,
    ObjectMeta,
    OwnerReference,
    Pod,
    PodCondition,
    PodSpec,
    PodStatus,
    PodUid,
    Running,
    Terminated,
    Waiting,
)
from bot.pods.ports import LogText

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
CREATED = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


class MemoryCluster:
    """Implements `bot.pods.ports.PodCluster`.

    `failure` is raised by every call while it is set, `failures` by the calls it names, and those that `hang`
    names never answer. `calls` tells the calls that were made, in order.
    """

    def __init__(self, name: str = "prod-eu") -> None:
        self._name = ClusterName(name)
        self._pods: dict[tuple[str, str], Pod] = {}
        self._logs: dict[tuple[PodUid, str, bool], str] = {}
        self._events: list[Event] = []
        self.failure: Exception | None = None
        self.failures: dict[str, Exception] = {}
        """By the name of a call: `list_events`."""
        self.hang: set[str] = set()
        self.calls: list[str] = []

    @property
    def name(self) -> ClusterName:
        return self._name

    # What happens in the cluster

    def put(self, *pods: Pod) -> None:
        for pod in pods:
            self._pods[pod.namespace, pod.name] = pod

    def remove(self, namespace: str, name: str) -> None:
        del self._pods[namespace, name]

    def write_log(self, pod: Pod, container: str, text: str, *, previous: bool = False) -> None:
        self._logs[pod.uid, container, previous] = text

    def note(self, *events: Event) -> None:
        self._events.extend(events)

    # The port

    async def list_pods(self, namespace: str, *, selector: str = "") -> Sequence[Pod]:
        await self._called(f"list_pods {namespace or '*'}")
        if namespace != ALL_NAMESPACES:
            _check(namespace)
        wanted = [
            pod
            for (where, _), pod in sorted(self._pods.items())
            if namespace in {ALL_NAMESPACES, where} and _selected(pod, selector)
        ]
        return tuple(wanted)

    async def get_pod(self, namespace: str, name: str) -> Pod:
        await self._called(f"get_pod {namespace}/{name}")
        return self._pod(namespace, name)

    async def read_log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        tail: int | None = None,
        since: timedelta | None = None,
        timestamps: bool = False,
        limit_bytes: int,
    ) -> LogText:
        await self._called(f"read_log {namespace}/{pod}/{container} {previous=} {tail=} {since=}")
        found = self._pod(namespace, pod)
        if container not in {each.name for each, _ in found.containers()}:
            raise InvalidRequest(f"container {container} is not valid for pod {pod}")
        status = next((each for each in found.statuses() if each.name == container), None)
        ended_before = status is not None and status.last_state.terminated is not None
        if previous and not ended_before:
            raise InvalidRequest(f'previous terminated container "{container}" in pod "{pod}" not found')
        begun = status is not None and (status.state.running or status.state.terminated or ended_before)
        if not begun:
            raise InvalidRequest(f'container "{container}" in pod "{pod}" is waiting to start')
        text = self._logs.get((found.uid, container, previous), "")
        if tail is not None:
            lines = text.splitlines(keepends=True)
            text = "".join(lines[len(lines) - min(tail, len(lines)) :])
        body = text.encode()
        if len(body) <= limit_bytes:
            return LogText(text=text, cut=False)
        kept = body[-limit_bytes:] if tail is not None else body[:limit_bytes]
        return LogText(text=kept.decode(errors="ignore"), cut=True)

    async def delete_pod(
        self, namespace: str, name: str, *, uid: PodUid, grace: timedelta | None = None
    ) -> None:
        await self._called(f"delete_pod {namespace}/{name}")
        pod = self._pod(namespace, name)
        if pod.uid != uid:
            raise ObjectConflict(f"the UID in the precondition ({uid}) is not that of the pod ({pod.uid})")
        self.remove(namespace, name)

    async def list_events(self, namespace: str, *, uid: PodUid) -> Sequence[Event]:
        await self._called(f"list_events {namespace}")
        return [
            each
            for each in self._events
            if each.involved_object.uid == uid and each.metadata.namespace == namespace
        ]

    def _pod(self, namespace: str, name: str) -> Pod:
        _check(namespace)
        _check(name)
        try:
            return self._pods[namespace, name]
        except KeyError:
            raise ObjectNotFound(f"Pod `{name}` in {namespace} was not found.") from None

    async def _called(self, call: str) -> None:
        self.calls.append(call)
        name = call.partition(" ")[0]
        if name in self.hang:
            await asyncio.get_running_loop().create_future()
        failure = self.failures.get(name) or self.failure
        if failure is not None:
            raise failure
        await asyncio.sleep(0)


def pod(
    name: str,
    namespace: str = "shop",
    *,
    uid: str = "",
    phase: str = "Running",
    containers: Sequence[str] = ("app",),
    statuses: Sequence[ContainerStatus] | None = None,
    labels: dict[str, str] | None = None,
    owner: tuple[str, str] | None = ("ReplicaSet", "web-7d4b9c"),
    conditions: Sequence[PodCondition] = (),
    message: str = "",
) -> Pod:
    """A pod; healthy where nothing else is said."""
    if statuses is None:
        statuses = [running(each) for each in containers]
    owners = (OwnerReference(kind=owner[0], name=owner[1], controller=True),) if owner else ()
    return Pod(
        metadata=ObjectMeta(
            name=name,
            namespace=namespace,
            uid=PodUid(uid or f"uid-{namespace}-{name}"),
            creation_timestamp=CREATED,
            labels=labels or {},
            owner_references=owners,
        ),
        spec=PodSpec(node_name="node-1", containers=tuple(Container(name=each) for each in containers)),
        status=PodStatus(
            phase=phase, message=message, conditions=tuple(conditions), container_statuses=tuple(statuses)
        ),
    )


def terminating(pod: Pod) -> Pod:
    return msgspec.structs.replace(
        pod, metadata=msgspec.structs.replace(pod.metadata, deletion_timestamp=CREATED + timedelta(hours=1))
    )


def running(name: str, *, ready: bool = True, last: Terminated | None = None) -> ContainerStatus:
    return ContainerStatus(
        name=name,
        ready=ready,
        started=True,
        restart_count=1 if last else 0,
        state=ContainerState(running=Running(started_at=CREATED)),
        last_state=ContainerState(terminated=last),
    )


def crash_looping(name: str, last: Terminated | None = None) -> ContainerStatus:
    return ContainerStatus(
        name=name,
        restart_count=3,
        state=ContainerState(waiting=Waiting(reason="CrashLoopBackOff")),
        last_state=ContainerState(terminated=last or ended()),
    )


def ended(code: int = 1, *, after: float = 600.0, message: str = "") -> Terminated:
    """An end, so many seconds after the pod's creation."""
    return Terminated(
        exit_code=code,
        reason="Completed" if code == 0 else "Error",
        message=message,
        finished_at=CREATED + timedelta(seconds=after),
    )


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidRequest(f"`{name}` cannot be a name. Nothing was changed.")


def _selected(pod: Pod, selector: str) -> bool:
    return all(_term_holds(pod.metadata.labels, term.strip()) for term in selector.split(",") if term.strip())


def _term_holds(labels: dict[str, str], term: str) -> bool:
    """The equality half of the API's selector language."""
    for sign, wanted in (("!=", False), ("==", True), ("=", True)):
        key, found, value = term.partition(sign)
        if found:
            return (labels.get(key.strip()) == value.strip()) is wanted
    if term.startswith("!"):
        return term[1:] not in labels
    if not re.fullmatch(r"[\w./-]+", term):
        raise InvalidRequest(f"unable to parse requirement: {term}")
    return term in labels
