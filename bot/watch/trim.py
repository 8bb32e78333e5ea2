"""What a remembered pod weighs: a hundred thousand of them have to fit beside the rest of the bot. Pure.

Pods of one workload say the same things over and over: names, images, labels, whole container specs. They
are kept once. Of the annotations, which may run to a quarter of a megabyte a pod, only those that somebody
reads are kept.
"""

from __future__ import annotations

from datetime import datetime
from sys import intern
from typing import TypeVar

from msgspec.structs import replace

from bot.model.annotations import own_annotations
from bot.model.containers import ContainerState, ContainerStatus, Running
from bot.model.pods import ObjectMeta, Pod, PodCondition, PodIP, PodSpec, PodStatus

KEPT_ANNOTATIONS = frozenset({"kubectl.kubernetes.io/default-container"})

_MOST_WORKLOADS = 20_000
_NO_STATE = ContainerState()
_T = TypeVar("_T")


class Trimmer:
    """Makes equal parts of different pods one and the same object."""

    def __init__(self) -> None:
        """Remembers one pod of each workload, to compare the next with."""
        self._of_workload: dict[str, Pod] = {}

    def trim(self, pod: Pod, *, like: Pod | None) -> Pod:
        """The same pod, sharing what it can with `like`, its former state, or else a pod of its workload."""
        controller = pod.controller
        if like is None and controller is not None:
            like = self._of_workload.get(controller.uid)
        trimmed = replace(
            pod,
            metadata=_meta(pod.metadata, like.metadata if like else None),
            spec=_spec(pod.spec, like.spec if like else None),
            status=_status(pod.status, pod.metadata.creation_timestamp),
        )
        if controller is not None and controller.uid not in self._of_workload:
            if len(self._of_workload) >= _MOST_WORKLOADS:
                self._of_workload.clear()
            self._of_workload[controller.uid] = trimmed
        return trimmed


def _meta(meta: ObjectMeta, like: ObjectMeta | None) -> ObjectMeta:
    labels = {intern(key): intern(value) for key, value in meta.labels.items()}
    kept = {key: meta.annotations[key] for key in KEPT_ANNOTATIONS & meta.annotations.keys()}
    kept |= own_annotations(meta.annotations)
    return replace(
        meta,
        namespace=intern(meta.namespace),
        labels=_shared(labels, like.labels if like else None),
        annotations=_shared(kept, like.annotations if like else None),
        owner_references=_shared(meta.owner_references, like.owner_references if like else None),
    )


def _spec(spec: PodSpec, like: PodSpec | None) -> PodSpec:
    spec = replace(spec, volumes=()) if spec.volumes else spec
    if like is None:
        return replace(spec, node_name=intern(spec.node_name), restart_policy=intern(spec.restart_policy))
    if spec == like:
        return like
    return replace(
        spec,
        node_name=intern(spec.node_name),
        restart_policy=intern(spec.restart_policy),
        containers=_shared(spec.containers, like.containers),
        init_containers=_shared(spec.init_containers, like.init_containers),
        ephemeral_containers=_shared(spec.ephemeral_containers, like.ephemeral_containers),
    )


def _status(status: PodStatus, created: datetime | None) -> PodStatus:
    times = _Times(created)
    return replace(
        status,
        phase=intern(status.phase),
        reason=intern(status.reason),
        qos_class=intern(status.qos_class),
        start_time=times.one(status.start_time),
        pod_ips=_addresses(status),
        conditions=tuple(_condition(each, times) for each in status.conditions or ()),
        container_statuses=tuple(_container(each, times) for each in status.container_statuses or ()),
        init_container_statuses=tuple(
            _container(each, times) for each in status.init_container_statuses or ()
        ),
        ephemeral_container_statuses=tuple(
            _container(each, times) for each in status.ephemeral_container_statuses or ()
        ),
    )


def _addresses(status: PodStatus) -> tuple[PodIP, ...]:
    return tuple(PodIP(ip=_shared(each.ip, status.pod_ip)) for each in status.pod_ips or ())


def _condition(condition: PodCondition, times: _Times) -> PodCondition:
    return replace(
        condition,
        type=intern(condition.type),
        status=intern(condition.status),
        reason=intern(condition.reason),
        last_transition_time=times.one(condition.last_transition_time),
    )


def _container(status: ContainerStatus, times: _Times) -> ContainerStatus:
    return replace(
        status,
        name=intern(status.name),
        image=intern(status.image),
        state=_state(status.state, times),
        last_state=_shared(status.last_state, _NO_STATE),
    )


def _state(state: ContainerState, times: _Times) -> ContainerState:
    if state.running is not None:
        return ContainerState(running=Running(started_at=times.one(state.running.started_at)))
    ended = state.terminated
    if ended is None:
        return state
    ended = replace(
        ended,
        reason=intern(ended.reason),
        started_at=times.one(ended.started_at),
        finished_at=times.one(ended.finished_at),
    )
    return ContainerState(terminated=ended)


class _Times:
    """The moments of one pod: its start says the same in six places."""

    __slots__ = ("_seen",)

    def __init__(self, first: datetime | None) -> None:
        self._seen = {first: first}

    def one(self, at: datetime | None) -> datetime | None:
        """The moment, as one object however often it is said."""
        return self._seen.setdefault(at, at)


def _shared(value: _T, like: _T | None) -> _T:
    return like if like is not None and like == value else value
