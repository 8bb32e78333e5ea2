"""What does not come up, or does not go away: judged by the clock, because no update may ever come. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.containers import ContainerKind
from bot.model.deaths import Cause, Death, DeathId
from bot.model.pods import ClusterName, Pod
from bot.model.scheduling import NO_SCHEDULER
from bot.model.tuning import Timings
from bot.watch.pod_causes import WHOLE_POD, pod_cause

PULL_REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "RegistryUnavailable",
        "InvalidImageName",
        "ImageInspectError",
        "SignatureValidationFailed",
    }
)
"""`pkg/kubelet/images/types.go`."""

HOPELESS_REASONS = frozenset({"InvalidImageName"})
"""Waiting cannot mend these."""

CONFIG_REASONS = frozenset({"CreateContainerConfigError", "CreateContainerError", "PreCreateHookError"})
RUN_REASONS = frozenset({"RunContainerError", "PreStartHookError"})
"""Most runtimes leave a termination behind when a start fails, which is a death; this is for the others."""

NOT_BEGUN_REASONS = PULL_REASONS | CONFIG_REASONS | RUN_REASONS
"""What a container waits for that has yet to run; one that ran before is down meanwhile."""

STARTING_REASONS = frozenset({"ContainerCreating", "PodInitializing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Something that is wrong with a pod for as long as it stays as it is."""

    cause: Cause
    container: str
    reason: str
    message: str
    since: datetime | None
    """Since when, where the status tells; None means since it was first seen."""

    @property
    def key(self) -> tuple[str, Cause]:
        """What makes it the same complaint at the next look."""
        return (self.container, self.cause)


def complaints(pod: Pod) -> tuple[Complaint, ...]:
    """All there is to complain about in this state; empty for a healthy pod."""
    if pod.over:
        return ()
    if pod.terminating:
        # Where its node is lost, nobody is left who could end it: that is told as the loss of the node.
        return () if pod_cause(pod) is Cause.NODE_LOST else (_terminating(pod),)
    scheduled = pod.condition("PodScheduled")
    if scheduled is None and not pod.spec.node_name and not pod.spec.scheduling_gates:
        # The scheduler that the pod asks for writes the condition, whatever it finds; none has looked yet.
        since = pod.metadata.creation_timestamp
        return (_complaint(Cause.UNSCHEDULABLE, WHOLE_POD, "", reason=NO_SCHEDULER, since=since),)
    if scheduled is not None and scheduled.status == "False":
        if scheduled.reason != "Unschedulable":
            return ()  # held back by a scheduling gate: somebody wants it so
        return (
            _complaint(
                Cause.UNSCHEDULABLE, WHOLE_POD, scheduled.message, since=scheduled.last_transition_time
            ),
        )
    return tuple(_waiting(pod)) or tuple(_creating(pod)) or tuple(_not_ready(pod))


def patience(complaint: Complaint, timings: Timings) -> timedelta:
    """How long it may last before it is worth a word."""
    return timedelta() if complaint.reason in HOPELESS_REASONS else timings.patience(complaint.cause)


def death(cluster: ClusterName, pod: Pod, complaint: Complaint, since: datetime, now: datetime) -> Death:
    """The complaint as a death, for the incident it opens."""
    containers = {container.name: (container, kind) for container, kind in pod.containers()}
    container, kind = containers.get(complaint.container, (None, None))
    status = pod.status_of(complaint.container)
    return Death(
        id=DeathId(
            cluster=cluster,
            uid=pod.uid,
            container=complaint.container,
            restart=status.restart_count if status else 0,
        ),
        cause=complaint.cause,
        namespace=pod.namespace,
        pod=pod.name,
        owner=pod.owner,
        node=pod.spec.node_name,
        kind=kind,
        image=container.image if container else "",
        reason=complaint.reason,
        message=complaint.message,
        started_at=since,
        seen_at=now,
        restarts=status.restart_count if status else 0,
        controller=pod.controller,
        labels=pod.labels,
        annotations=pod.annotations,
    )


def _terminating(pod: Pod) -> Complaint:
    # The timestamp already holds the grace period: it is when the pod should be gone.
    return _complaint(Cause.STUCK_TERMINATING, WHOLE_POD, "", since=pod.metadata.deletion_timestamp)


def _waiting(pod: Pod) -> Iterator[Complaint]:
    for status in pod.own_statuses():
        waiting = status.state.waiting
        if waiting is None:
            continue
        if waiting.reason in PULL_REASONS:
            yield _complaint(Cause.IMAGE_PULL, status.name, waiting.message, reason=waiting.reason)
        elif waiting.reason in CONFIG_REASONS or (
            waiting.reason in RUN_REASONS and status.last_state.terminated is None
        ):
            yield _complaint(Cause.CONFIG_ERROR, status.name, waiting.message, reason=waiting.reason)


def _creating(pod: Pod) -> Iterator[Complaint]:
    """The first container that is still to come, where nothing that runs or fails explains the waiting."""
    starting: str | None = None
    working = {container.name for container, kind in pod.containers() if kind is ContainerKind.INIT}
    scheduled = pod.condition("PodScheduled")
    progress = [scheduled.last_transition_time if scheduled else None]
    for status in pod.own_statuses():
        state = status.state
        if state.running is not None:
            if status.name in working:
                return  # it takes as long as it takes
            progress.append(state.running.started_at)
        elif state.terminated is not None:
            progress.append(state.terminated.finished_at)
        elif state.waiting is None or state.waiting.reason not in STARTING_REASONS:
            return
        elif starting is None and status.last_state.terminated is None:
            starting = status.name
    if starting is not None:
        since = max((moment for moment in progress if moment is not None), default=None)
        yield _complaint(Cause.STUCK_CREATING, starting, "", since=since)


def _not_ready(pod: Pod) -> Iterator[Complaint]:
    ready = pod.condition("Ready")
    if pod.status.phase != "Running" or ready is None or ready.status == "True":
        return
    if pod_cause(pod) is not None:
        return  # lost with its node, and told as that
    app = pod.status.container_statuses or ()
    runs = [each.state.running for each in app if each.state.running is not None]
    if len(runs) == len(app):
        name = next((each.name for each in app if not each.ready), WHOLE_POD)
        # One that crashes has not been Ready since its first crash, but runs only since its last start.
        moments = [ready.last_transition_time, *(run.started_at for run in runs)]
        since = max((moment for moment in moments if moment is not None), default=None)
        yield _complaint(Cause.NOT_READY, name, ready.message, reason=ready.reason, since=since)


def _complaint(
    cause: Cause, container: str, message: str, *, reason: str = "", since: datetime | None = None
) -> Complaint:
    return Complaint(cause=cause, container=container, reason=reason, message=message, since=since)
