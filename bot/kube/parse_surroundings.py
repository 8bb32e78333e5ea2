"""Workloads, nodes and metrics: the API server's JSON as `model.surroundings`. Pure.

Beside `parse`, which decodes pods: these are read a few times a death, so they need not be fast, only right.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.model import quantities
from bot.model.annotations import own_annotations
from bot.model.pods import ObjectMeta, Owner
from bot.model.surroundings import JobEnd, NodeCondition, NodeState, OwnerState
from bot.model.wire import Wire


class _Meta(ObjectMeta, frozen=True, kw_only=True):
    generation: int = 0


class _Condition(Wire, frozen=True, kw_only=True):
    type: str
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


class _Selector(Wire, frozen=True, kw_only=True):
    match_labels: dict[str, str] | None = None
    match_expressions: tuple[msgspec.Raw, ...] | None = None


class _WorkloadSpec(Wire, frozen=True, kw_only=True):
    replicas: int = 1
    parallelism: int = 1
    backoff_limit: int = 6
    suspend: bool = False
    selector: _Selector | None = None


class _WorkloadStatus(Wire, frozen=True, kw_only=True):
    observed_generation: int | None = None
    replicas: int = 0
    ready_replicas: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_ready: int = 0
    active: int = 0
    ready: int | None = None
    failed: int = 0
    conditions: tuple[_Condition, ...] | None = None


class _Workload(Wire, frozen=True, kw_only=True):
    metadata: _Meta
    spec: _WorkloadSpec = _WorkloadSpec()
    status: _WorkloadStatus = _WorkloadStatus()


class _CronJobSpec(Wire, frozen=True, kw_only=True):
    suspend: bool = False


class _CronJobStatus(Wire, frozen=True, kw_only=True):
    last_successful_time: datetime | None = None


class _CronJob(Wire, frozen=True, kw_only=True):
    metadata: ObjectMeta
    spec: _CronJobSpec = _CronJobSpec()
    status: _CronJobStatus = _CronJobStatus()


class _NodeSpec(Wire, frozen=True, kw_only=True):
    unschedulable: bool = False


class _NodeStatus(Wire, frozen=True, kw_only=True):
    conditions: tuple[_Condition, ...] | None = None


class _Node(Wire, frozen=True, kw_only=True):
    metadata: ObjectMeta
    spec: _NodeSpec = _NodeSpec()
    status: _NodeStatus = _NodeStatus()


class _Named(Wire, frozen=True, kw_only=True):
    metadata: ObjectMeta


class _ContainerUse(Wire, frozen=True, kw_only=True):
    name: str
    usage: dict[str, str] = msgspec.field(default_factory=dict)


class _PodMetrics(Wire, frozen=True, kw_only=True):
    containers: tuple[_ContainerUse, ...] | None = None


_WORKLOAD = msgspec.json.Decoder(_Workload)
_CRON_JOB = msgspec.json.Decoder(_CronJob)
_NODE = msgspec.json.Decoder(_Node)
_NAMED = msgspec.json.Decoder(_Named)
_METRICS = msgspec.json.Decoder(_PodMetrics)


def podbot_annotations(body: bytes) -> dict[str, str]:
    """Those annotations of any object that are podbot's. Raises ValueError."""
    return own_annotations(_NAMED.decode(body).metadata.annotations)


def owner(kind: str, body: bytes) -> OwnerState:
    """A Deployment, ReplicaSet, StatefulSet, DaemonSet, Job or CronJob. Raises ValueError."""
    if kind == "CronJob":
        return _cron_job(body)
    found = _WORKLOAD.decode(body)
    meta, spec, status = found.metadata, found.spec, found.status
    desired, present, ready = spec.replicas, status.replicas, status.ready_replicas
    if kind == "DaemonSet":
        desired, present = status.desired_number_scheduled, status.current_number_scheduled
        ready = status.number_ready
    elif kind == "Job":
        desired, present, ready = spec.parallelism, status.active, status.ready or 0
    ended, reason = _job_end(status)
    return OwnerState(
        owner=Owner(kind=kind, name=meta.name),
        uid=meta.uid,
        created_at=meta.creation_timestamp,
        desired=desired,
        present=present,
        ready=ready,
        terminating=meta.deletion_timestamp is not None,
        up_to_date=status.observed_generation is None or status.observed_generation >= meta.generation,
        suspended=spec.suspend,
        job_end=ended,
        job_reason=reason,
        failed_tries=status.failed,
        tries_allowed=spec.backoff_limit + 1,
        part_of=next(
            (
                Owner(kind=each.kind, name=each.name)
                for each in meta.owner_references or ()
                if each.controller
            ),
            None,
        ),
        annotations=tuple(own_annotations(meta.annotations).items()),
        selector=_equalities(spec.selector),
    )


def _cron_job(body: bytes) -> OwnerState:
    found = _CRON_JOB.decode(body)
    return OwnerState(
        owner=Owner(kind="CronJob", name=found.metadata.name),
        desired=0,
        present=0,
        ready=0,
        terminating=found.metadata.deletion_timestamp is not None,
        suspended=found.spec.suspend,
        annotations=tuple(own_annotations(found.metadata.annotations).items()),
        succeeded_at=found.status.last_successful_time,
    )


def _job_end(status: _WorkloadStatus) -> tuple[JobEnd | None, str]:
    for condition in status.conditions or ():
        if condition.status == "True" and condition.type == "Complete":
            return JobEnd.COMPLETE, condition.reason
        if condition.status == "True" and condition.type == "Failed":
            return JobEnd.FAILED, condition.reason
    return None, ""


def _equalities(selector: _Selector | None) -> tuple[tuple[str, str], ...]:
    if selector is None or selector.match_expressions:
        return ()
    return tuple(sorted((selector.match_labels or {}).items()))


def node(body: bytes) -> NodeState:
    """What is wrong with a node. Raises ValueError.

    `Ready` is good when True, every other condition of a node when False; Unknown is what the node controller
    writes for a kubelet that it has not heard of for too long.
    """
    found = _NODE.decode(body)
    wrong = tuple(
        NodeCondition(
            kind="NotReady" if each.type == "Ready" else each.type,
            message=each.message,
            since=each.last_transition_time,
        )
        for each in found.status.conditions or ()
        if (each.status != "True" if each.type == "Ready" else each.status == "True")
    )
    return NodeState(name=found.metadata.name, wrong=wrong, unschedulable=found.spec.unschedulable)


def memory_use(body: bytes, container: str) -> str:
    """A container's memory in use, as `182Mi`; empty where the metrics do not have it. Raises ValueError."""
    for each in _METRICS.decode(body).containers or ():
        if each.name == container and "memory" in each.usage:
            return quantities.mebibytes(quantities.parse(each.usage["memory"]))
    return ""
