"""A pod put together for `describe`. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.model.answers import ContainerSummary, PodSummary
from bot.model.pods import (
    ClusterName,
    Container,
    ContainerKind,
    ContainerState,
    ContainerStatus,
    Event,
    Pod,
    PodCondition,
)
from bot.pods import lookup, redact, rows


def summary(
    cluster: ClusterName, pod: Pod, events: tuple[Event, ...] | None, events_problem: str, now: datetime
) -> PodSummary:
    """All that is worth telling of a pod. `events` is None where they are not to be told."""
    statuses = {each.name: each for each in pod.statuses()}
    return PodSummary(
        cluster=cluster,
        row=rows.row(pod, now),
        uid=pod.uid,
        owner=pod.owner,
        replaced_by_itself=lookup.replaced_by_itself(pod),
        terminating=pod.terminating,
        reason=pod.status.reason,
        message=redact.mask(pod.status.message),
        containers=tuple(
            _container(container, kind, statuses.get(container.name)) for container, kind in pod.containers()
        ),
        failing_conditions=tuple(
            msgspec.structs.replace(each, message=redact.mask(each.message))
            for each in pod.status.conditions or ()
            if _failing(each)
        ),
        events=events,
        events_problem=events_problem,
        seen_at=now,
    )


def _failing(condition: PodCondition) -> bool:
    if condition.type == "DisruptionTarget":
        return condition.status == "True"
    return condition.status != "True" and condition.reason != "PodCompleted"


def _masked(state: ContainerState) -> ContainerState:
    """With secrets masked: a termination message may be the end of the container's log."""
    waiting, terminated = state.waiting, state.terminated
    return ContainerState(
        waiting=waiting and msgspec.structs.replace(waiting, message=redact.mask(waiting.message)),
        running=state.running,
        terminated=terminated
        and msgspec.structs.replace(terminated, message=redact.mask(terminated.message)),
    )


def _container(container: Container, kind: ContainerKind, status: ContainerStatus | None) -> ContainerSummary:
    status = status or ContainerStatus(name=container.name)
    return ContainerSummary(
        name=container.name,
        kind=kind,
        image=container.image,
        ready=status.ready,
        restarts=status.restart_count,
        state=_masked(status.state),
        last_state=_masked(status.last_state),
        limits={name: str(value) for name, value in container.resources.limits.items()},
        requests={name: str(value) for name, value in container.resources.requests.items()},
    )
