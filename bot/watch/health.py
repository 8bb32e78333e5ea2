"""How a pod is, for whoever looks at a list: by what alerts go by, so that both call the same broken. Pure.

`stuck` says what there is to complain about, and `model.tuning` for how long that may last. A list has one
look at a pod and remembers none before, as `complaints` does: what no status dates is counted from the last
step before it, and may be called failing some seconds before it is told.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.model.answers import Health
from bot.model.containers import ContainerStatus
from bot.model.deaths import Cause
from bot.model.pods import Pod
from bot.model.tuning import Timings
from bot.watch import stuck
from bot.watch.pod_causes import pod_cause


def health(pod: Pod, now: datetime, timings: Timings) -> Health:
    """What the pod's state means at this moment.

    It is failing where a container has ended and is not back, where its node is lost, and where something has
    been wrong for as long as `timings` have an alert wait. Debug containers do not count: they end as their
    user leaves them. Neither do restarts that the pod has got over; RESTARTS tells of those.
    """
    phase = pod.status.phase
    if phase == "Succeeded":
        return Health.FINISHED
    if phase == "Failed":
        return Health.FAILING
    if not pod.terminating:
        if phase == "Unknown" or any(map(_is_down, pod.own_statuses())):
            return Health.FAILING
        if phase == "Running" and _is_well(pod):
            return Health.HEALTHY
    return Health.FAILING if _is_stuck(pod, now, timings) else Health.PENDING


def _is_well(pod: Pod) -> bool:
    """Whether a running pod is Ready; where nobody says, whether none of its containers waits."""
    ready = pod.condition("Ready")
    if ready is not None:
        return ready.status == "True"
    return all(each.state.waiting is None for each in pod.own_statuses())


def _is_down(container: ContainerStatus) -> bool:
    """Whether it ended, and has not begun again; one that never began is judged by the time it takes."""
    state = container.state
    if state.terminated is not None:
        return state.terminated.exit_code != 0
    if state.waiting is None or state.waiting.reason in {"", *stuck.STARTING_REASONS}:
        return False
    return state.waiting.reason not in stuck.NOT_BEGUN_REASONS or container.last_state.terminated is not None


def _is_stuck(pod: Pod, now: datetime, timings: Timings) -> bool:
    if pod_cause(pod) is Cause.NODE_LOST:
        return True
    for complaint in stuck.complaints(pod):
        since = complaint.since or _last_step(pod) or now
        if now - since >= stuck.patience(complaint, timings):
            return True
    # One that crashes runs only since its last start, which is all that its complaint counts.
    unready = _not_ready_for(pod, now)
    return not pod.terminating and unready is not None and unready >= timings.not_ready


def _not_ready_for(pod: Pod, now: datetime) -> timedelta | None:
    """For how long a running pod has not been Ready; None where it is, or says nothing of it."""
    ready = pod.condition("Ready")
    if pod.status.phase != "Running" or ready is None or ready.status == "True":
        return None
    return now - ready.last_transition_time if ready.last_transition_time is not None else timedelta()


def _last_step(pod: Pod) -> datetime | None:
    """What went well last before a container of the pod began to wait for its own first start."""
    scheduled = pod.condition("PodScheduled")
    ended = (each.state.terminated for each in pod.status.init_container_statuses or ())
    moments = [
        scheduled.last_transition_time if scheduled is not None else pod.metadata.creation_timestamp,
        *(each.finished_at for each in ended if each is not None),
    ]
    return max((moment for moment in moments if moment is not None), default=None)
