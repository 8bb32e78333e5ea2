"""Which ends of runs a pod's status shows, and which of them are news. Pure.

One rule runs through it: `restartCount` numbers the runs of a container from 0, and a termination is counted
under the number of the run that ended. `state` and `lastState` show the same termination at different times,
so it is the number, and where it is known the runtime's id of the run, that says whether it is news. Why a
run ended is `classifier`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.model.containers import Container, ContainerKind, ContainerStatus, Terminated
from bot.model.memory import Counted
from bot.model.pods import Pod

STATUS_UNKNOWN = "ContainerStatusUnknown"
"""The kubelet lost sight of a container. With it, it counts the restart at once instead of at the start
(`convertToAPIContainerStatuses` in pkg/kubelet/kubelet_pods.go)."""


@dataclass(frozen=True, slots=True)
class Termination:
    """The end of a container's run, as the status shows it now."""

    status: ContainerStatus
    container: Container
    kind: ContainerKind
    restart: int
    ended: Terminated
    current: bool
    """It shows in `state`: nothing has been done about it yet."""


def terminations(pod: Pod) -> Iterator[Termination]:
    """The ends of runs that the status still shows, of each container the older one first."""
    for status, container, kind in _with_specs(pod):
        count, ended, before = status.restart_count, status.state.terminated, status.last_state.terminated
        newest = count
        if ended is not None:
            newest = count - 1 if ended.reason == STATUS_UNKNOWN else count
        if before is not None and not _is_written_twice(before, ended):
            moved_on = ended is not None or _is_next_run(status) or before.reason == STATUS_UNKNOWN
            older = max(newest - 1 if moved_on else newest, 0)
            yield Termination(status, container, kind, older, before, current=False)
        if ended is not None:
            yield Termination(status, container, kind, max(newest, 0), ended, current=True)


def _is_written_twice(before: Terminated, ended: Terminated | None) -> bool:
    """One loss of sight: written to `lastState` when it was noticed, and to `state` when the pod was over."""
    return ended is not None and ended.reason == before.reason == STATUS_UNKNOWN


def _is_next_run(status: ContainerStatus) -> bool:
    """Whether `restart_count` is already the number of a run that comes after the one in `lastState`.

    The number is that of the newest container the runtime has. It runs, or was created and is not started
    yet, which the kubelet writes as waiting for no reason. With a reason, it waits with the old container.
    """
    waiting = status.state.waiting
    return status.state.running is not None or (waiting is not None and not waiting.reason)


def counted_as(seen: Termination, restart: int, now: datetime) -> Counted:
    """The mark that this termination leaves, under the number `restart`."""
    return Counted(restart, seen.ended.finished_at or now, seen.ended.container_id)


def fresh_restart(seen: Termination, last: Counted | None) -> int | None:
    """The number under which this termination is news, or None where it was counted already."""
    if last is None:
        return seen.restart
    run, finished = seen.ended.container_id, seen.ended.finished_at
    if run and run == last.container_id:
        return None
    if seen.restart > last.restart:
        return seen.restart
    another = seen.restart < last.restart or (run and last.container_id)
    if another and finished is not None and finished > last.at:
        # The kubelet counts from what the runtime still holds, so its count can fall back. The death is
        # real, and the number it would have had keeps its identity apart from that of an earlier one.
        return last.restart + 1
    return None


def _with_specs(pod: Pod) -> Iterator[tuple[ContainerStatus, Container, ContainerKind]]:
    statuses = [each for each in pod.statuses() if each.state.terminated or each.last_state.terminated]
    if not statuses:
        return
    specs = {container.name: (container, kind) for container, kind in pod.containers()}
    for status in statuses:
        if status.name in specs:
            container, kind = specs[status.name]
            yield status, container, kind
