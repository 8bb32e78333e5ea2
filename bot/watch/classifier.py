"""What a pod's status tells of deaths, and of what they died. Pure.

A pod and what was counted before go in, deaths come out. Which ends of runs are news is `transitions`' to
say; this module knows the causes, and what stays silent because somebody wanted it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model.containers import ContainerKind
from bot.model.deaths import Cause, Death, DeathId
from bot.model.exits import START_ERROR_REASONS
from bot.model.memory import Counted
from bot.model.pods import ClusterName, Pod
from bot.watch.pod_causes import WHOLE_POD, asked_to_go, disruption, ended_at, pod_cause
from bot.watch.transitions import (
    STATUS_UNKNOWN,
    Termination,
    counted_as,
    fresh_restart,
    terminations,
)

START_ERROR_CODES = range(126, 129)
"""126 and 127 are the shell's (not executable, not found), 128 is the container runtime's."""

CRASH_LOOP = "CrashLoopBackOff"

CLOCKS_APART = timedelta(seconds=1)
"""How far a node's clock may be behind the API server's. Both write whole seconds."""


def baseline(pod: Pod, now: datetime) -> dict[str, Counted]:
    """What to take as counted for a pod that was there before the bot's first look."""
    counted = {
        each.name: Counted(each.restart_count - 1, now) for each in pod.statuses() if each.restart_count > 0
    }
    for seen in terminations(pod):
        counted[seen.status.name] = counted_as(seen, seen.restart, now)
    if pod_cause(pod) is not None:
        counted[WHOLE_POD] = Counted(0, now)
    return counted


def already_failing(cluster: ClusterName, pod: Pod, now: datetime) -> tuple[Death, ...]:
    """What is broken in a pod at the bot's first look: containers that died of something and do not run now.

    They are counted by `baseline`, so each is told once and as old. A pod that is over is history.
    """
    if pod.over or pod.terminating:
        return ()
    found: dict[str, Death] = {}
    for seen in terminations(pod):
        if seen.status.state.running is not None:
            continue
        cause = container_cause(pod, seen)
        found.pop(seen.status.name, None)
        if cause is not None:
            identity = DeathId(cluster=cluster, uid=pod.uid, container=seen.status.name, restart=seen.restart)
            death = _container_death(identity, pod, seen, cause, unseen=0, now=now)
            found[seen.status.name] = replace(death, since_before_first_look=True)
    return tuple(found.values())


def deaths(
    cluster: ClusterName, pod: Pod, counted: Mapping[str, Counted], now: datetime, *, gone: bool = False
) -> tuple[tuple[Death, ...], dict[str, Counted]]:
    """The deaths that `pod` shows and `counted` does not hold, and `counted` with them added.

    `counted` maps container names to the last death counted; it grows by what stays silent, too, so that
    nothing is looked at twice. `gone`: this is the pod's last state of all, no further word will come.
    """
    after = dict(counted)
    found: list[Death] = []
    whole = pod_cause(pod)
    if whole is None:
        if WHOLE_POD in after and pod.ready:
            del after[WHOLE_POD]  # it was lost with its node, and is back: another loss is news
    elif WHOLE_POD not in after:
        after[WHOLE_POD] = Counted(0, now)
        found.append(_pod_death(cluster, pod, whole, now))
    verdict_pending = not gone and _is_wound_up(pod)
    for seen in terminations(pod):
        if seen.current and verdict_pending:
            continue
        name = seen.status.name
        last = after.get(name)
        restart = fresh_restart(seen, last)
        if restart is None:
            continue
        after[name] = counted_as(seen, restart, now)
        cause = None if whole is not None and _went_with_pod(seen) else container_cause(pod, seen)
        if cause is not None:
            identity = DeathId(cluster=cluster, uid=pod.uid, container=name, restart=restart)
            unseen = restart - (last.restart if last else -1) - 1
            found.append(_container_death(identity, pod, seen, cause, unseen=unseen, now=now))
    return tuple(found), after


def _is_wound_up(pod: Pod) -> bool:
    """The kubelet has ended the whole pod and is about to say why; the ends of its containers wait for that.

    It writes a pod's end in two steps. First the containers' states, with the phase (and with it `Evicted`,
    `Terminated`, `DeadlineExceeded` and the condition `DisruptionTarget`) held back: `mergePodStatus` in
    pkg/kubelet/status. Then the phase. In between only the reason of the Ready condition tells.
    """
    if pod.over:
        return False
    ready = pod.condition("Ready")
    return ready is not None and ready.status == "False" and ready.reason in {"PodFailed", "PodCompleted"}


def _went_with_pod(seen: Termination) -> bool:
    """The run ended because the pod did; one that had been replaced before, or was waited on, did not."""
    if seen.current:
        return True
    state = seen.status.state
    return seen.ended.reason == STATUS_UNKNOWN and state.terminated is None and state.running is None


def container_cause(pod: Pod, seen: Termination) -> Cause | None:
    """Why this run ended, or None where it was meant to."""
    if _ended_on_purpose(pod, seen):
        return None
    cause = _own_cause(pod, seen)
    return Cause.INIT_FAILED if cause is not None and seen.kind is ContainerKind.INIT else cause


def _own_cause(pod: Pod, seen: Termination) -> Cause | None:
    ended, kind = seen.ended, seen.kind
    if ended.reason == "OOMKilled":
        return Cause.OOM_KILLED
    if kind is ContainerKind.EPHEMERAL:
        return None  # a person's own debugging session: how its shell exits is theirs to know
    if ended.exit_code == 0:
        return Cause.UNEXPECTED_EXIT if _meant_to_run_on(pod, seen) else None
    if ended.reason in START_ERROR_REASONS or ended.exit_code in START_ERROR_CODES:
        return Cause.START_ERROR
    if kind is ContainerKind.SIDECAR and _work_is_done(pod):
        return None
    return Cause.ERROR


def _ended_on_purpose(pod: Pod, seen: Termination) -> bool:
    """Whatever its exit code: it ended after somebody had asked for the pod's removal."""
    asked_at = asked_to_go(pod)
    if asked_at is None:
        return False
    ended_by = seen.ended.finished_at or _next_began(seen)
    return ended_by is None or ended_by >= asked_at - CLOCKS_APART


def _next_began(seen: Termination) -> datetime | None:
    """When the run after this one began: where the kubelet lost sight of an end, that bounds it."""
    if seen.current:
        return None
    run = seen.status.state.running or seen.status.state.terminated
    return run.started_at if run is not None else None


def _meant_to_run_on(pod: Pod, seen: Termination) -> bool:
    if seen.kind is ContainerKind.SIDECAR:
        return not _work_is_done(pod)
    policy = seen.container.restart_policy or pod.spec.restart_policy
    return seen.kind is ContainerKind.APP and policy == "Always"


def _work_is_done(pod: Pod) -> bool:
    """Every app container has ended and will not come back, so the sidecars are being stopped."""
    if pod.over:
        return True
    ends = [each.state.terminated for each in pod.status.container_statuses or ()]
    match pod.spec.restart_policy:
        case "Never":
            return bool(ends) and all(ended is not None for ended in ends)
        case "OnFailure":
            return bool(ends) and all(ended is not None and ended.exit_code == 0 for ended in ends)
        case _:
            return False


def _container_death(
    identity: DeathId, pod: Pod, seen: Termination, cause: Cause, *, unseen: int, now: datetime
) -> Death:
    limits = seen.container.resources.limits
    waiting = seen.status.state.waiting
    return Death(
        id=identity,
        cause=cause,
        namespace=pod.namespace,
        pod=pod.name,
        owner=pod.owner,
        node=pod.spec.node_name,
        kind=seen.kind,
        image=seen.container.image,
        exit_code=seen.ended.exit_code,
        reason=seen.ended.reason,
        message=seen.ended.message,
        started_at=seen.ended.started_at,
        finished_at=seen.ended.finished_at,
        seen_at=now,
        memory_limit=str(limits.get("memory", "")),
        cpu_limit=str(limits.get("cpu", "")),
        restarts=seen.status.restart_count,
        unseen_before=max(unseen, 0),
        crash_looping=waiting is not None and waiting.reason == CRASH_LOOP,
        controller=pod.controller,
        labels=pod.labels,
        annotations=pod.annotations,
    )


def _pod_death(cluster: ClusterName, pod: Pod, cause: Cause, now: datetime) -> Death:
    mark = disruption(pod)
    return Death(
        id=DeathId(cluster=cluster, uid=pod.uid, container=WHOLE_POD, restart=0),
        cause=cause,
        namespace=pod.namespace,
        pod=pod.name,
        owner=pod.owner,
        node=pod.spec.node_name,
        kind=None,
        reason=pod.status.reason or (mark.reason if mark else ""),
        message=pod.status.message or (mark.message if mark else ""),
        finished_at=ended_at(pod),
        seen_at=now,
        controller=pod.controller,
        labels=pod.labels,
        annotations=pod.annotations,
    )
