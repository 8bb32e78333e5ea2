"""A pod put together for `describe`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from bot.model.answers import ContainerSummary, PodSummary
from bot.model.containers import Container, ContainerKind, ContainerState, ContainerStatus
from bot.model.events import Event
from bot.model.pods import ClusterName, Pod, PodCondition, Volume
from bot.model.usage import ContainerUsage, PodUsage
from bot.pods import lookup, redact, rows

_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the cluster says of a pod beside the pod itself, as far as it did."""

    events: tuple[Event, ...] | None = None
    """Newest first; None where they are not to be told."""
    events_problem: str = ""
    usage: PodUsage | None = None
    usage_problem: str = ""
    revision: str = ""


def summary(cluster: ClusterName, pod: Pod, around: Surroundings, now: datetime) -> PodSummary:
    """All that is worth telling of a pod."""
    statuses = {each.name: each for each in pod.statuses()}
    used = {each.name: each for each in (around.usage.containers if around.usage else None) or ()}
    controller = pod.controller
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
            _container(container, kind, statuses.get(container.name), used.get(container.name))
            for container, kind in pod.containers()
        ),
        failing_conditions=tuple(
            msgspec.structs.replace(each, message=redact.mask(each.message))
            for each in pod.status.conditions or ()
            if _failing(each) and not _said_by_ready(each, pod)
        ),
        events=around.events,
        events_problem=around.events_problem,
        revision=around.revision,
        replica_set=controller.name if controller and controller.kind == "ReplicaSet" else "",
        qos=pod.status.qos_class,
        volumes_lost=tuple(each for each in pod.spec.volumes or () if _lost(each)),
        usage_problem=around.usage_problem,
        seen_at=now,
    )


def newest_first(events: Sequence[Event]) -> tuple[Event, ...]:
    """Events as they are told: the newest first, secrets in their messages masked."""
    masked = [msgspec.structs.replace(each, message=redact.mask(each.message)) for each in events]
    return tuple(sorted(masked, key=lambda each: each.last_seen or _OLDEST, reverse=True))


def _lost(volume: Volume) -> bool:
    return volume.empty_dir is not None or volume.host_path is not None or volume.ephemeral is not None


def _failing(condition: PodCondition) -> bool:
    if condition.type == "DisruptionTarget":
        return condition.status == "True"
    return condition.status != "True" and condition.reason != "PodCompleted"


def _said_by_ready(condition: PodCondition, pod: Pod) -> bool:
    """Whether it only repeats what the Ready condition says."""
    ready = pod.condition("Ready")
    return (
        condition.type == "ContainersReady"
        and ready is not None
        and (ready.status, ready.message) == (condition.status, condition.message)
    )


def _masked(state: ContainerState) -> ContainerState:
    """With secrets masked: a termination message may be the end of the container's log."""
    waiting, terminated = state.waiting, state.terminated
    return ContainerState(
        waiting=waiting and msgspec.structs.replace(waiting, message=redact.mask(waiting.message)),
        running=state.running,
        terminated=terminated
        and msgspec.structs.replace(terminated, message=redact.mask(terminated.message)),
    )


def _container(
    container: Container,
    kind: ContainerKind,
    status: ContainerStatus | None,
    usage: ContainerUsage | None,
) -> ContainerSummary:
    status = status or ContainerStatus(name=container.name)
    probes = (
        ("startup", container.startup_probe),
        ("readiness", container.readiness_probe),
        ("liveness", container.liveness_probe),
    )
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
        probes=tuple((purpose, probe) for purpose, probe in probes if probe is not None),
        usage=usage,
    )
