"""Which run of a container is meant: the one that is, the one before, or the one that died. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.commands import GetLogs
from bot.model.containers import Container, ContainerKind, ContainerState, ContainerStatus, Terminated
from bot.model.pods import Pod

BEFORE_DEATH = timedelta(minutes=1)
"""What `--around-death` shows of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRun:
    """One run of a container, and from when on it is to be read."""

    previous: bool
    previous_by_itself: bool = False
    """The run before was chosen because the present one has not started."""
    has_previous: bool
    since_time: datetime | None = None
    death: Terminated | None = None
    """With `around_death`: the end that is looked at."""


def choose(pod: Pod, container: str, command: GetLogs) -> LogRun | None:
    """The run that is meant; None where a death is asked for and there was none, or its run is gone."""
    status = pod.status_of(container)
    state = status.state if status else ContainerState()
    ended_before = status is not None and status.last_state.terminated is not None
    if command.ended_at is not None:
        return _that_ended(status, command.ended_at) if status else None
    if command.around_death:
        return _that_died(status) if status else None
    not_started = state.running is None and state.terminated is None
    by_itself = not command.previous and ended_before and not_started
    return LogRun(
        previous=command.previous or by_itself,
        previous_by_itself=by_itself,
        has_previous=ended_before,
        since_time=command.since_time,
    )


def runs_again(pod: Pod, container: str) -> bool:
    """Whether a container runs now or may yet: False where it ended and nothing will start it again."""
    if pod.over:
        return False
    status = pod.status_of(container)
    ended = status.state.terminated if status else None
    if ended is None:
        return True
    kinds = {each.name: (each, kind) for each, kind in pod.containers()}
    found, kind = kinds.get(container, (Container(name=container), ContainerKind.APP))
    if kind is ContainerKind.EPHEMERAL:
        return False  # the kubelet starts them once
    policy = found.restart_policy or pod.spec.restart_policy
    if kind is ContainerKind.INIT and policy == "Always":
        policy = "OnFailure"  # an init container that did its work is done
    return policy == "Always" or (policy == "OnFailure" and ended.exit_code != 0)


def _that_ended(status: ContainerStatus, at: datetime) -> LogRun | None:
    """The run that ended at this moment: the API keeps those of two runs, and the kubelet their logs."""
    present, last = status.state.terminated, status.last_state.terminated
    if present is not None and present.finished_at == at:
        return LogRun(previous=False, has_previous=last is not None)
    if last is not None and last.finished_at == at:
        return LogRun(previous=True, has_previous=True)
    return None


def _that_died(status: ContainerStatus) -> LogRun | None:
    last = status.last_state.terminated
    death = status.state.terminated or last
    if death is None:
        return None
    return LogRun(
        previous=status.state.terminated is None,
        has_previous=last is not None,
        since_time=death.finished_at and death.finished_at - BEFORE_DEATH,
        death=death,
    )
