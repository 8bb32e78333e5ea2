"""What surrounds a death: the workload that owns the pod, its revisions, the node."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from bot.model.pods import Owner

OWNER_KINDS = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"})
"""The kinds of owner that say how many pods they want; a node or an operator's own kind cannot be asked."""


class JobEnd(Enum):
    """How a Job ended."""

    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerState:
    """The workload that owns pods, as the API server had it at one moment.

    Of a Job, `desired` are the pods that it wants at a time, and `present` those that are active.
    """

    owner: Owner
    desired: int
    present: int
    """Pods that exist, Ready or not."""
    ready: int
    terminating: bool = False
    up_to_date: bool = True
    """Its controller has seen its present specification; until then the numbers are of the one before."""
    suspended: bool = False
    job_end: JobEnd | None = None
    job_reason: str = ""
    """Why a Job failed: `BackoffLimitExceeded`, `DeadlineExceeded`."""
    failed_tries: int = 0
    tries_allowed: int = 0
    """Of a Job: how many failed pods it puts up with, plus one."""
    part_of: Owner | None = None
    """Its own controller: the CronJob that made a Job, the Deployment of a ReplicaSet."""
    succeeded_at: datetime | None = None
    """Of a CronJob: when a Job of it last succeeded."""
    annotations: tuple[tuple[str, str], ...] = ()
    """Its own, as far as they are podbot's; text from the cluster, hence hostile."""
    selector: tuple[tuple[str, str], ...] = ()
    """The labels by which it finds its pods, where it asks for nothing but equality."""

    @property
    def all_ready(self) -> bool:
        """It has what it wants."""
        return self.up_to_date and not self.terminating and self.ready >= self.desired


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The image of one container."""

    container: str
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision of a Deployment: what its ReplicaSet's pod template says.

    Of the environment only the names of variables and a digest of each are kept: values may be secrets.
    """

    number: int
    replica_set: str
    created_at: datetime
    earlier: tuple[int, ...] = ()
    """Numbers that it had before it was rolled back to: a rollback gives an old ReplicaSet a new number."""
    images: tuple[Image, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    """`container/NAME` and a digest of the value or of where it comes from."""
    annotations: tuple[tuple[str, str], ...] = ()
    """Annotations of the pod template with digests of their values: charts put a ConfigMap's hash there."""
    rest: str = ""
    """A digest of all else that the template says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRevision:
    """A revision by its number, and the ReplicaSet whose pods are of it."""

    number: int
    replica_set: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionChange:
    """A revision beside the one before it."""

    number: int
    replica_set: str = ""
    """Whose pods are of this revision."""
    at: datetime
    """When it was rolled out. Of a rollback the API tells only when its ReplicaSet was first made; as a
    chapter of an incident it has the time at which it was noticed."""
    rollback: bool = False
    """It is an earlier revision once more."""
    same_as: int | None = None
    """Of a rollback: the number that it had before, where the cluster still tells."""
    compared: bool = True
    """There was another to compare it with; otherwise nobody knows what it changed."""
    images: tuple[tuple[Image, Image], ...] = ()
    """Before and after, of each container whose image changed."""
    env: tuple[str, ...] = ()
    """`container/NAME` of the variables that were added, taken away or changed."""
    annotations: tuple[str, ...] = ()
    other: bool = False
    """Something else in the pod template changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCondition:
    """Something that is wrong with a node."""

    kind: str
    """`MemoryPressure`, or `NotReady` where it does not answer."""
    message: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeState:
    """A node's complaints; `there` is False where the API server does not have it any more."""

    name: str
    there: bool = True
    wrong: tuple[NodeCondition, ...] = ()
    unschedulable: bool = False


def newest_of(revisions: tuple[Revision, ...]) -> KnownRevision | None:
    """The newest revision; None where none is kept."""
    newest = max(revisions, key=lambda each: each.number, default=None)
    if newest is None:
        return None
    return KnownRevision(number=newest.number, replica_set=newest.replica_set)


def change_between(revisions: tuple[Revision, ...]) -> RevisionChange | None:
    """What the newest revision changed against the one before; None where there is nothing to compare."""
    newest = newest_of(revisions)
    changes = changes_since(revisions, newest.number - 1) if newest is not None else ()
    return changes[-1] if changes and changes[-1].compared else None


def changes_since(revisions: tuple[Revision, ...], number: int) -> tuple[RevisionChange, ...]:
    """What each revision after this number changed, oldest first, as far as they are kept."""
    by_number = {known: each for each in revisions for known in (*each.earlier, each.number)}
    return tuple(_change(by_number, each) for each in sorted(by_number) if each > number)


def _change(by_number: dict[int, Revision], number: int) -> RevisionChange:
    after = by_number[number]
    earlier = [each for each in sorted(by_number) if each < number]
    same = [each for each in earlier if by_number[each] is after]
    others = [each for each in earlier if by_number[each] is not after]
    before = by_number[others[-1]] if others else None
    change = RevisionChange(
        number=number,
        replica_set=after.replica_set,
        at=after.created_at,
        rollback=bool(same) or (before is not None and after.created_at < before.created_at),
        same_as=same[-1] if same else None,
    )
    if before is None:
        return replace(change, compared=False)
    images_before = {each.container: each for each in before.images}
    return replace(
        change,
        images=tuple(
            (images_before[each.container], each)
            for each in after.images
            if each.container in images_before and images_before[each.container] != each
        ),
        env=_names_that_differ(before.env, after.env),
        annotations=_names_that_differ(before.annotations, after.annotations),
        other=before.rest != after.rest or {each.container for each in after.images} != images_before.keys(),
    )


def _names_that_differ(
    before: tuple[tuple[str, str], ...], after: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    one, other = dict(before), dict(after)
    return tuple(sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)))
