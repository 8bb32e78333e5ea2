"""What a pod's status tells of deaths, and of what they died. Pure.

A pod and what was counted before go in, deaths come out. Which ends of runs are news is `transitions`' to
say; this module knows the causes, and what stays silent because somebody wanted it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.model.deaths import Cause, Death, DeathId
from bot.model.pods import (
    ClusterName,
    ContainerKind,
    Pod,
    PodCondition,
    Terminated,
)
from bot.watch.transitions import (
    STATUS_UNKNOWN,
    Counted,
    Termination,
    counted_as,
    fresh_restart,
    terminations,
)

START_ERROR_REASONS = frozenset({"ContainerCannotRun", "StartError", "RunContainerError"})
START_ERROR_CODES = range(126, 129)
"""126 and 127 are the shell's (not executable, not found), 128 is the container runtime's."""

CRASH_LOOP = "CrashLoopBackOff"

WHOLE_POD = ""
"""The container name of a death that took the whole pod."""

POD_REASONS = {
    "Evicted": Cause.EVICTED,
    "DeadlineExceeded": Cause.DEADLINE_EXCEEDED,
    "Preempting": Cause.PREEMPTED,
    "NodeLost": Cause.NODE_LOST,
    "NodeShutdown": Cause.NODE_SHUTDOWN,
    "Shutdown": Cause.NODE_SHUTDOWN,
    "Terminated": Cause.NODE_SHUTDOWN,
    "UnexpectedAdmissionError": Cause.REJECTED,
    "NodeAffinity": Cause.REJECTED,
}
"""`status.reason` of a pod that is over, where it names a cause. `OutOf…` is matched by its beginning."""

DISRUPTIONS = {
    "PreemptionByScheduler": Cause.PREEMPTED,
    "TerminationByKubelet": Cause.NODE_SHUTDOWN,
    "DeletionByPodGC": Cause.NODE_LOST,
    "DeletionByTaintManager": Cause.TAINT_EVICTION,
}
"""Reasons of the condition `DisruptionTarget` that nobody asked for."""

DRAIN = "EvictionByEvictionAPI"
"""The reason that is somebody's wish."""

OVER = frozenset({"Succeeded", "Failed"})
"""The phases that a pod does not leave again."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


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
    if whole is not None and WHOLE_POD not in after:
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
    if pod.status.phase in OVER:
        return False
    ready = pod.condition("Ready")
    return ready is not None and ready.status == "False" and ready.reason in {"PodFailed", "PodCompleted"}


def _went_with_pod(seen: Termination) -> bool:
    """The run ended because the pod did; one that had been replaced before, or was waited on, did not."""
    return seen.current or seen.ended.reason == STATUS_UNKNOWN


def pod_cause(pod: Pod) -> Cause | None:
    """Why the whole pod ended, where its own status says so and nobody did it on purpose."""
    status = pod.status
    if status.phase == "Failed" and status.reason:
        cause = POD_REASONS.get(status.reason)
        if cause is None and (status.reason.startswith("OutOf") or not pod.statuses()):
            cause = Cause.REJECTED  # whatever the kubelet's word for it: nothing of it ever ran
        if cause is not None:
            return cause
    if status.reason == "NodeLost":
        return Cause.NODE_LOST
    disruption = _disruption(pod)
    if disruption is None or _asked_to_go_before(pod, disruption.last_transition_time):
        return None
    if disruption.reason == "DeletionByPodGC" and pod.owner.kind == "DaemonSet":
        return (
            None  # its node was taken out of the cluster, and a daemon has nothing to do where there is none
        )
    return DISRUPTIONS.get(disruption.reason)


def _disruption(pod: Pod) -> PodCondition | None:
    condition = pod.condition("DisruptionTarget")
    return condition if condition is not None and condition.status == "True" else None


def _asked_to_go(pod: Pod) -> datetime | None:
    """When somebody (or a rollout, or a drain) asked for the pod's removal."""
    deletion = pod.metadata.deletion_timestamp
    if deletion is not None:  # it lies a grace period after the request
        return deletion - timedelta(seconds=pod.metadata.deletion_grace_period_seconds or 0)
    drain = _disruption(pod)
    if drain is not None and drain.reason == DRAIN:
        return drain.last_transition_time or _LONG_AGO
    return None


def _asked_to_go_before(pod: Pod, moment: datetime | None) -> bool:
    asked_at = _asked_to_go(pod)
    return asked_at is not None and moment is not None and asked_at < moment


def container_cause(pod: Pod, seen: Termination) -> Cause | None:
    """Why this run ended, or None where it was meant to."""
    if _ended_on_purpose(pod, seen.ended):
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


def _ended_on_purpose(pod: Pod, ended: Terminated) -> bool:
    """Whatever its exit code: it ended after somebody had asked for the pod's removal."""
    asked_at = _asked_to_go(pod)
    if asked_at is None:
        return False
    return ended.finished_at is None or ended.finished_at >= asked_at - CLOCKS_APART


def _meant_to_run_on(pod: Pod, seen: Termination) -> bool:
    if seen.kind is ContainerKind.SIDECAR:
        return not _work_is_done(pod)
    policy = seen.container.restart_policy or pod.spec.restart_policy
    return seen.kind is ContainerKind.APP and policy == "Always"


def _work_is_done(pod: Pod) -> bool:
    """Every app container has ended and will not come back, so the sidecars are being stopped."""
    if pod.status.phase in OVER:
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
    )


def _pod_death(cluster: ClusterName, pod: Pod, cause: Cause, now: datetime) -> Death:
    disruption = _disruption(pod)
    return Death(
        id=DeathId(cluster=cluster, uid=pod.uid, container=WHOLE_POD, restart=0),
        cause=cause,
        namespace=pod.namespace,
        pod=pod.name,
        owner=pod.owner,
        node=pod.spec.node_name,
        kind=None,
        reason=pod.status.reason or (disruption.reason if disruption else ""),
        message=pod.status.message or (disruption.message if disruption else ""),
        finished_at=_pod_ended_at(pod),
        seen_at=now,
    )


def _pod_ended_at(pod: Pod) -> datetime | None:
    disruption = _disruption(pod)
    if disruption is not None:
        return disruption.last_transition_time
    ready = pod.condition("Ready")
    return ready.last_transition_time if ready is not None and ready.status != "True" else None
