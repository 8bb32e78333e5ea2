"""Pods as a kubelet writes them, in few words: `a_pod(crashed("app", 137, reason="OOMKilled"))`.

A container is said by its state (`running`, `crashed`, `waiting`), with what the kubelet still knows of the
run before in `last`. Times are seconds after `START`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.model.containers import (
    Container,
    ContainerState,
    ContainerStatus,
    Resources,
    Running,
    Terminated,
    Waiting,
)
from bot.model.pods import ObjectMeta, OwnerReference, Pod, PodCondition, PodSpec, PodStatus, PodUid
from tests.support.clock import START

IMAGE = "registry.example/web:1.5.0"
DEPLOYMENT = OwnerReference(kind="ReplicaSet", name="web-7d4b9c", uid="rs-1", controller=True)
STATEFUL_SET = OwnerReference(kind="StatefulSet", name="db", uid="ss-1", controller=True)
DAEMON_SET = OwnerReference(kind="DaemonSet", name="agent", uid="ds-1", controller=True)
JOB = OwnerReference(kind="Job", name="report", uid="job-1", controller=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A container of a pod: what was asked for, and what the kubelet says of it."""

    spec: Container
    status: ContainerStatus


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def ended(
    exit_code: int, *, at: float = 10, ran: float = 5, reason: str = "", message: str = "", run: str = ""
) -> Terminated:
    """The end of a run; `run` is the runtime's id of it."""
    return Terminated(
        exit_code=exit_code,
        reason=reason or ("Completed" if exit_code == 0 else "Error"),
        message=message,
        started_at=START + timedelta(seconds=at - ran),
        finished_at=START + timedelta(seconds=at),
        container_id=run and f"containerd://{run}",
    )


def lost() -> Terminated:
    """What the kubelet writes where it does not know how (or when) a run ended."""
    return Terminated(exit_code=137, reason="ContainerStatusUnknown", message="could not be located")


def running(
    name: str = "app",
    *,
    restarts: int = 0,
    last: Terminated | None = None,
    since: float = 0,
    ready: bool = True,
) -> Built:
    state = ContainerState(running=Running(started_at=at(since)))
    return _built(name, state, restarts=restarts, last=last, ready=ready)


def terminated(name: str, how: Terminated, *, restarts: int = 0, last: Terminated | None = None) -> Built:
    return _built(name, ContainerState(terminated=how), restarts=restarts, last=last)


def crashed(
    name: str = "app",
    exit_code: int = 1,
    *,
    at: float = 10,
    reason: str = "",
    run: str = "",
    restarts: int = 0,
    last: Terminated | None = None,
) -> Built:
    return terminated(name, ended(exit_code, at=at, reason=reason, run=run), restarts=restarts, last=last)


def waiting(
    name: str = "app",
    reason: str = "CrashLoopBackOff",
    *,
    message: str = "",
    restarts: int = 0,
    last: Terminated | None = None,
) -> Built:
    state = ContainerState(waiting=Waiting(reason=reason, message=message))
    return _built(name, state, restarts=restarts, last=last)


def sidecar(built: Built) -> Built:
    """Make an init container one that runs as long as its pod."""
    return with_policy(built, "Always")


def with_policy(built: Built, policy: str) -> Built:
    return Built(spec=replace(built.spec, restart_policy=policy), status=built.status)


def with_limits(built: Built, **limits: str) -> Built:
    spec = replace(built.spec, resources=Resources(limits=dict(limits)))
    return Built(spec=spec, status=built.status)


def condition(
    kind: str, status: str = "True", *, reason: str = "", message: str = "", since: float = 0
) -> PodCondition:
    return PodCondition(
        type=kind, status=status, reason=reason, message=message, last_transition_time=at(since)
    )


def disrupted(reason: str, *, since: float = 10) -> PodCondition:
    return condition("DisruptionTarget", reason=reason, since=since)


SCHEDULED = condition("PodScheduled")
READY = condition("Ready")


def a_pod(
    *containers: Built,
    name: str = "web-7d4b9c-x2x9q",
    uid: str = "uid-1",
    owner: OwnerReference | None = DEPLOYMENT,
    node: str = "node-1",
    restart_policy: str = "Always",
    phase: str = "Running",
    reason: str = "",
    message: str = "",
    conditions: Sequence[PodCondition] = (SCHEDULED,),
    init: Sequence[Built] = (),
    debug: Sequence[Built] = (),
    deleted: float | None = None,
    grace: int = 30,
    version: str = "1",
) -> Pod:
    """A pod in namespace shop. `deleted` is when its removal was asked for."""
    gone_at = None if deleted is None else at(deleted + grace)
    return Pod(
        metadata=ObjectMeta(
            name=name,
            namespace="shop",
            uid=PodUid(uid),
            resource_version=version,
            creation_timestamp=START,
            deletion_timestamp=gone_at,
            deletion_grace_period_seconds=None if deleted is None else grace,
            labels={"pod-template-hash": "7d4b9c"} if owner is DEPLOYMENT else {},
            owner_references=(owner,) if owner else None,
        ),
        spec=PodSpec(
            node_name=node,
            restart_policy=restart_policy,
            containers=tuple(each.spec for each in containers),
            init_containers=tuple(each.spec for each in init),
            ephemeral_containers=tuple(each.spec for each in debug),
        ),
        status=PodStatus(
            phase=phase,
            reason=reason,
            message=message,
            conditions=tuple(conditions),
            container_statuses=tuple(each.status for each in containers),
            init_container_statuses=tuple(each.status for each in init),
            ephemeral_container_statuses=tuple(each.status for each in debug),
        ),
    )


def _built(
    name: str, state: ContainerState, *, restarts: int, last: Terminated | None, ready: bool = False
) -> Built:
    return Built(
        spec=Container(name=name, image=IMAGE),
        status=ContainerStatus(
            name=name,
            ready=ready and state.running is not None,
            restart_count=restarts,
            image=IMAGE,
            state=state,
            last_state=ContainerState(terminated=last),
        ),
    )
