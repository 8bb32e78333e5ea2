"""Why a whole pod ended, or was lost, as its own status and conditions tell. Pure.

`classifier` puts it together with what the pod's containers tell.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.model.deaths import Cause
from bot.model.pods import Pod, PodCondition

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

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def pod_cause(pod: Pod) -> Cause | None:
    """Why the whole pod ended, where its own status says so and nobody did it on purpose."""
    status = pod.status
    if status.phase == "Failed" and status.reason:
        cause = POD_REASONS.get(status.reason)
        if cause is None and (status.reason.startswith("OutOf") or not pod.statuses()):
            cause = Cause.REJECTED  # whatever the kubelet's word for it: nothing of it ever ran
        if cause is not None:
            return cause
    if status.reason == "NodeLost" or _is_cut_off(pod):
        return Cause.NODE_LOST
    mark = disruption(pod)
    if mark is None or _asked_to_go_before(pod, mark.last_transition_time):
        return None
    if mark.reason == "DeletionByPodGC" and pod.owner.kind == "DaemonSet":
        return None  # its node was taken out of the cluster: a daemon has nothing to do where there is none
    return DISRUPTIONS.get(mark.reason)


def _is_cut_off(pod: Pod) -> bool:
    """The node controller has not heard of the pod's node for too long, and nobody knows what it does.

    It marks the pods of such a node as not Ready and leaves their other conditions as they were, giving no
    reason (`MarkPodsNotReady` in pkg/controller/util/node). The kubelet never writes a pod like that: without
    readiness gates it takes Ready from ContainersReady. A daemon is not missed where its node is taken away.
    Some minutes later the taint manager deletes the pod, before 1.26 without a word: it then stays as it is.
    """
    ready = pod.condition("Ready")
    if ready is None or ready.status != "False" or pod.status.phase != "Running":
        return False
    containers = pod.condition("ContainersReady")
    marked = containers is not None and containers.status == "True" and not pod.spec.readiness_gates
    lost_while_wanted = not _asked_to_go_before(pod, ready.last_transition_time)
    return marked and lost_while_wanted and pod.owner.kind != "DaemonSet"


def disruption(pod: Pod) -> PodCondition | None:
    """The condition that says who is about to end the pod, while it holds."""
    condition = pod.condition("DisruptionTarget")
    return condition if condition is not None and condition.status == "True" else None


def asked_to_go(pod: Pod) -> datetime | None:
    """When somebody (or a rollout, or a drain) asked for the pod's removal."""
    deletion = pod.metadata.deletion_timestamp
    if deletion is not None:  # it lies a grace period after the request
        return deletion - timedelta(seconds=pod.metadata.deletion_grace_period_seconds or 0)
    drain = disruption(pod)
    if drain is not None and drain.reason == DRAIN:
        return drain.last_transition_time or _LONG_AGO
    return None


def _asked_to_go_before(pod: Pod, moment: datetime | None) -> bool:
    asked_at = asked_to_go(pod)
    return asked_at is not None and moment is not None and asked_at < moment


def ended_at(pod: Pod) -> datetime | None:
    """When the pod ended as a whole, as far as its conditions tell."""
    mark = disruption(pod)
    if mark is not None:
        return mark.last_transition_time
    ready = pod.condition("Ready")
    return ready.last_transition_time if ready is not None and ready.status != "True" else None
