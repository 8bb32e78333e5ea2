"""What may be told of an incident that is not over: that all of it is Ready again, and since when. Pure.

Nothing less than the rule of recovery: the owner is seen to have every pod that it wants, Ready, or a bare
pod is there again. That nothing is seen to be broken is no more than that: what is gone looks calm, too. With
it the hold-down of `recovery` begins anew: what takes a pod's place has to be Ready for as long as any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.incidents.recovery import Following, PodsByUid, Standing, anew, hold_down, standing
from bot.model.deaths import Cause
from bot.model.incidents import IncidentKey
from bot.model.pods import Owner, Pod
from bot.model.surroundings import OWNER_KINDS, OwnerState
from bot.model.tuning import Timings

TOLD_AFTER = timedelta(seconds=10)
"""It is told no sooner: what crashes as soon as it runs was Ready for a moment, too."""

_ENDING_KINDS = frozenset({"Job", "CronJob"})
"""Kinds of owner whose pods are to end, not to be Ready."""


def is_counted(owner: Owner) -> bool:
    """Whether an owner wants a number of its pods to be Ready."""
    return owner.kind in OWNER_KINDS and owner.kind not in _ENDING_KINDS


def ready_among(pods: Iterable[Pod]) -> int:
    """How many of an owner's pods are Ready, as its controller counts: without those that are to go."""
    return sum(standing(each) is Standing.WELL for each in pods)


def is_complete(owner: OwnerState, ready: int) -> bool:
    """Whether it has what it wants, with so many pods Ready. One that wants none has nothing to show."""
    return owner.up_to_date and not owner.terminating and ready >= owner.desired > 0


def with_readiness(
    key: IncidentKey, following: Following, pods: PodsByUid, now: datetime, *, complete: bool
) -> Following:
    """What is followed, after a look at its pods, by whether all of it is Ready.

    `complete`: its owner is seen to have all that it wants (`is_complete`).
    """
    if following.calm_since is None or not _is_ready(key, following, pods, complete=complete):
        if following.ready_since is None:
            return replace(following, doubted=False) if following.doubted else following
        calm_since = now if following.calm_since is not None else None
        return anew(following, following.subjects, calm_since)
    if following.ready_since is not None or following.doubted:
        return following
    return replace(anew(following, following.subjects, now), ready_since=now)


def contradicted(following: Following) -> Following:
    """What is followed after an owner was asked and did not confirm that it has all."""
    return replace(
        following, ready_since=None, doubted=following.doubted or following.ready_since is not None
    )


def told_ready(key: IncidentKey, following: Following, now: datetime, timings: Timings) -> datetime | None:
    """Since when it has been Ready, where that has held for long enough to be told.

    What crashed has to run for longer than the run that ended so: until then it is between two restarts.
    """
    since = following.ready_since
    if since is None:
        return None
    settled = min(max(TOLD_AFTER, following.ran), hold_down(key, timings))
    return since if now - since >= settled else None


def _is_ready(key: IncidentKey, following: Following, pods: PodsByUid, *, complete: bool) -> bool:
    """Whether the rule of recovery can be fulfilled by what is there now.

    An owner that wants a number of pods is judged by it, a bare pod or one of an operator's kind by itself.
    """
    if key.cause is Cause.STUCK_TERMINATING or key.owner.kind in _ENDING_KINDS:
        return False  # they are not to be Ready: the one is to be gone, the other to end
    standings = [standing(pods.get(uid)) for uid in following.subjects]
    if is_counted(key.owner):
        return complete and Standing.UNWELL not in standings
    return all(each is Standing.WELL for each in standings)
