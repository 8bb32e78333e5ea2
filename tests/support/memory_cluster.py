"""A cluster in memory: `bot.pods.ports.PodCluster` without a network, as strict as the API server.

The contract suite holds it to what the simulated and the real API server do.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec

from bot.errors import InvalidRequest, ObjectConflict, ObjectNotFound
from bot.model.api_path import ApiPath
from bot.model.containers import Container, ContainerState, ContainerStatus, Running, Terminated, Waiting
from bot.model.controllers import Controller, DisruptionBudget
from bot.model.events import Event
from bot.model.pods import (
    ALL_NAMESPACES,
    ClusterName,
    ObjectMeta,
    OwnerReference,
    Pod,
    PodCondition,
    PodSpec,
    PodStatus,
    PodUid,
)
from bot.model.targets import TargetKind
from bot.model.usage import PodUsage
from bot.pods.ports import DebugContainer, LogText, RawPod
from tests.support.memory_logs import Key, MemoryLog

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
        self._logs: dict[Key, MemoryLog] = {}
        self._events: list[Event] = []
        self.failure: Exception | None = None
        self.failures: dict[str, Exception] = {}
        """By the name of a call, `list_events`; those about logs also with the pod: `read_log web-1`."""
        self.controllers: dict[tuple[TargetKind, str, str], Controller] = {}
        self.budgets: list[DisruptionBudget] = []
        self.usage: list[PodUsage] = []
        self.raw: dict[PodUid, bytes] = {}
        """The JSON of pods for which it is more than what podbot reads of it."""
        self.hang: set[str] = set()
        self.calls: list[str] = []
        self.debug_state = ContainerState(terminated=Terminated(exit_code=0, reason="Completed"))
        """What becomes of a debug container at once."""
        self.paths: dict[str, bytes] = {}
        """What is answered at paths of the API."""

    @property
    def name(self) -> ClusterName:
        return self._name

    # What happens in the cluster

    def put(self, *pods: Pod) -> None:
        for pod in pods:
            self._pods[pod.namespace, pod.name] = pod

    def remove(self, namespace: str, name: str) -> None:
        del self._pods[namespace, name]

    def write_log(
        self, pod: Pod, container: str, text: str, *, previous: bool = False, at: datetime = CREATED
    ) -> None:
        """Lines that were written a second apart."""
        self.log(pod, container, previous=previous).write(text, at)

    def log(self, pod: Pod, container: str, *, previous: bool = False) -> MemoryLog:
        return self._logs.setdefault((pod.uid, container, previous), MemoryLog())

    def note(self, *events: Event) -> None:
        self._events.extend(events)

    # The port

    async def list_pods(self, namespace: str, *, selector: str = "", fields: str = "") -> Sequence[Pod]:
        await self._called(f"list_pods {namespace or '*'}")
        if namespace != ALL_NAMESPACES:
            _check(namespace)
        wanted = [
            pod
            for (where, _), pod in sorted(self._pods.items())
            if namespace in {ALL_NAMESPACES, where} and _selected(pod, selector) and _fielded(pod, fields)
        ]
        return tuple(wanted)

    async def raw_pods(
        self, namespace: str, *, selector: str = "", fields: str = "", most: int
    ) -> Sequence[RawPod]:
        pods = await self.list_pods(namespace, selector=selector, fields=fields)
        raw = ((pod, self.raw.get(pod.uid) or msgspec.json.encode(pod)) for pod in pods[:most])
        return [RawPod(pod=pod, json=json) for pod, json in raw]

    async def pod_usage(self, namespace: str, *, pod: str = "", selector: str = "") -> Sequence[PodUsage]:
        await self._called(f"pod_usage {namespace or '*'}/{pod or '*'}")
        found = [
            each
            for each in self.usage
            if namespace in {ALL_NAMESPACES, each.metadata.namespace}
            and pod in {"", each.metadata.name}
            and _selected(self._pod(each.metadata.namespace, each.metadata.name), selector)
        ]
        if pod and not found:
            raise ObjectNotFound(f"No figures of pod `{pod}` in {namespace}.")
        return found

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
        since_time: datetime | None = None,
        timestamps: bool = False,
        limit_bytes: int,
    ) -> LogText:
        since_said = f" {since_time=!s}" if since_time else ""
        await self._called(
            f"read_log {namespace}/{pod}/{container} {previous=} {tail=} {since=}{since_said}", pod
        )
        found = self._begun(namespace, pod, container, previous=previous)
        return self.log(found, container, previous=previous).read(
            tail=tail, since_time=since_time, timestamps=timestamps, limit_bytes=limit_bytes
        )

    @asynccontextmanager
    async def follow_log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        tail: int | None = None,
        since_time: datetime | None = None,
        line_limit: int,
    ) -> AsyncIterator[AsyncIterator[str]]:
        await self._called(f"follow_log {namespace}/{pod}/{container} {tail=} {since_time=!s}", pod)
        found = self._begun(namespace, pod, container, previous=False)
        async with self.log(found, container).follow(tail=tail) as lines:
            yield lines

    def _begun(self, namespace: str, pod: str, container: str, *, previous: bool) -> Pod:
        """The pod, if the container has (had) such a run, in the kubelet's words where it has not."""
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
        return found

    async def delete_pod(
        self,
        namespace: str,
        name: str,
        *,
        uid: PodUid,
        grace: timedelta | None = None,
        dry_run: bool = False,
    ) -> None:
        how = f"{'' if grace is None else f' {grace.total_seconds():.0f}s'}{' dry' if dry_run else ''}"
        await self._called(f"delete_pod {namespace}/{name}{how}", name)
        pod = self._pod(namespace, name)
        if pod.uid != uid:
            raise ObjectConflict(f"the UID in the precondition ({uid}) is not that of the pod ({pod.uid})")
        if not dry_run:
            self.remove(namespace, name)

    async def list_events(
        self, namespace: str, *, uid: PodUid | None = None, pod: str = ""
    ) -> Sequence[Event]:
        await self._called(f"list_events {namespace}")
        return [
            each
            for each in self._events
            if namespace in {ALL_NAMESPACES, each.metadata.namespace}
            and uid in {None, each.involved_object.uid}
            and (not pod or (each.involved_object.kind, each.involved_object.name) == ("Pod", pod))
        ]

    async def get_controller(self, kind: TargetKind, namespace: str, name: str) -> Controller:
        await self._called(f"get_controller {namespace}/{kind.value}/{name}")
        try:
            return self.controllers[kind, namespace, name]
        except KeyError:
            raise ObjectNotFound(f"{kind.value} `{name}` in {namespace} was not found.") from None

    async def list_budgets(self, namespace: str) -> Sequence[DisruptionBudget]:
        await self._called(f"list_budgets {namespace}")
        return [each for each in self.budgets if each.metadata.namespace == namespace]

    async def add_debug_container(
        self, namespace: str, name: str, *, uid: PodUid, container: DebugContainer
    ) -> None:
        await self._called(f"add_debug_container {namespace}/{name} {container}")
        pod = self._pod(namespace, name)
        if pod.uid != uid:
            raise ObjectConflict(f"the UID in the precondition ({uid}) is not that of the pod ({pod.uid})")
        self.put(with_debug_container(pod, container.name, self.debug_state))

    async def read_path(self, path: ApiPath, *, limit_bytes: int) -> bytes:
        await self._called(f"read_path {path.path} {path.query}")
        try:
            answer = self.paths[path.path]
        except KeyError:
            raise ObjectNotFound(f"No `{path.path}` on {self._name}. Nothing was changed.") from None
        if len(answer) > limit_bytes:
            raise InvalidRequest("too much")
        return answer

    def _pod(self, namespace: str, name: str) -> Pod:
        _check(namespace)
        _check(name)
        try:
            return self._pods[namespace, name]
        except KeyError:
            raise ObjectNotFound(f"Pod `{name}` in {namespace} was not found.") from None

    async def _called(self, call: str, about: str = "") -> None:
        self.calls.append(call)
        name = call.partition(" ")[0]
        if self.hang & {name, f"{name} {about}"}:
            await asyncio.get_running_loop().create_future()
        failure = self.failures.get(f"{name} {about}") or self.failures.get(name) or self.failure
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


def with_debug_container(pod: Pod, name: str, state: ContainerState) -> Pod:
    spec = msgspec.structs.replace(
        pod.spec, ephemeral_containers=(*(pod.spec.ephemeral_containers or ()), Container(name=name))
    )
    statuses = (
        *(pod.status.ephemeral_container_statuses or ()),
        ContainerStatus(name=name, state=state),
    )
    status = msgspec.structs.replace(pod.status, ephemeral_container_statuses=statuses)
    return msgspec.structs.replace(pod, spec=spec, status=status)


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


def _fielded(pod: Pod, fields: str) -> bool:
    """The terms of field selectors that tests use, all of equality."""
    known = {
        "metadata.name": pod.name,
        "spec.nodeName": pod.spec.node_name,
        "status.phase": pod.status.phase,
        "status.podIP": pod.status.pod_ip,
    }
    terms = [term.split("=", 1) for term in fields.split(",") if term]
    if any(field not in known for field, _ in terms):
        raise InvalidRequest(f"field label not supported: {fields}")
    return all(known[field] == value for field, value in terms)


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
