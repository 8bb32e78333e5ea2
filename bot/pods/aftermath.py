"""What came of a deletion: from the pods that are there by now to what the channel is told. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.model.deletions import Aftermath, DeletedPod, Deletion, Fate, Replacement, Successor
from bot.model.pods import Pod, PodUid
from bot.pods import rows

USUAL_STOP = timedelta(seconds=60)
"""A pod that is there for longer than this after its deletion is worth a word."""


def successors(deletion: Deletion, pods: Sequence[Pod]) -> tuple[Pod, ...]:
    """The pods that came after deleted ones: of their workloads, and not there before; oldest first.

    Never more of a workload than were deleted of it: the rest is somebody's scaling.
    """
    if deletion.before is None:
        return ()
    found: list[Pod] = []
    deleted = [pod for pod in deletion.of(Fate.DELETED) if _has_successor(pod)]
    for owner in dict.fromkeys(pod.owner for pod in deleted):
        room = sum(pod.owner == owner for pod in deleted)
        new = [pod for pod in pods if pod.owner == owner and pod.uid not in deletion.before]
        found += sorted(new, key=_born)[:room]
    return tuple(found)


def aftermath(
    deletion: Deletion, pods: Sequence[Pod], ready_at: Mapping[PodUid, datetime], now: datetime
) -> Aftermath:
    """How things stand.

    `pods` are those there now, as far as the deletion touches them; `ready_at` says when successors were
    first seen Ready.
    """
    deleted = deletion.of(Fate.DELETED)
    present = {pod.uid: pod for pod in pods}
    after = now - deletion.at
    replacements = tuple(
        _replacement(pod, ready_at.get(pod.uid), deletion.at, now) for pod in successors(deletion, pods)
    )
    expected = sum(map(_has_successor, deleted))
    awaited = 0 if deletion.before is None else expected - len(replacements)
    leaving = [present[pod.uid] for pod in deleted if pod.uid in present]
    return Aftermath(
        replacements=replacements,
        awaited=awaited,
        unseen=expected if deletion.before is None else 0,
        still_there=tuple(
            (pod.name, pod.metadata.deletion_timestamp) for pod in leaving if after >= USUAL_STOP
        ),
        gone=_gone(deleted, present, Successor.NOTHING),
        replaced_before=_gone(deleted, present, Successor.ALREADY),
        after=after,
        over=not leaving and not awaited and all(map(_decided, replacements)),
    )


def _has_successor(pod: DeletedPod) -> bool:
    """Whether something is still to come after it."""
    return pod.successor not in {Successor.NOTHING, Successor.ALREADY}


def _gone(
    deleted: Sequence[DeletedPod], present: Mapping[PodUid, Pod], successor: Successor
) -> tuple[str, ...]:
    return tuple(pod.name for pod in deleted if pod.successor is successor and pod.uid not in present)


def _decided(replacement: Replacement) -> bool:
    return replacement.ready_after is not None or bool(replacement.crash)


def _replacement(pod: Pod, ready_at: datetime | None, since: datetime, now: datetime) -> Replacement:
    return Replacement(
        name=pod.name,
        status=rows.row(pod, now).status,
        ready_after=ready_at - since if ready_at is not None else None,
        crash=_crash(pod),
    )


def _crash(pod: Pod) -> str:
    """How the first container of the pod ended that ended badly."""
    for status in pod.statuses():
        for ended in (status.state.terminated, status.last_state.terminated):
            if ended is not None and ended.exit_code != 0:
                why = f", {ended.reason}" if ended.reason not in {"", "Error"} else ""
                return f"{status.name}: exit {ended.exit_code}{why}"
    return pod.status.reason or "it failed" if pod.status.phase == "Failed" else ""


def _born(pod: Pod) -> str:
    created = pod.metadata.creation_timestamp
    return f"{created.isoformat() if created else ''} {pod.name}"
