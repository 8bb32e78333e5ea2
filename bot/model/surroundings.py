"""What surrounds a death: the workload that owns the pod, its revisions, the node."""

from __future__ import annotations

from dataclasses import dataclass
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
    images: tuple[Image, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    """`container/NAME` and a digest of the value or of where it comes from."""
    annotations: tuple[tuple[str, str], ...] = ()
    """Annotations of the pod template with digests of their values: charts put a ConfigMap's hash there."""
    rest: str = ""
    """A digest of all else that the template says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionChange:
    """The newest revision beside the one before it."""

    number: int
    replica_set: str = ""
    """Whose pods are of the newest revision."""
    at: datetime
    """When it was rolled out, as far as the API tells: for a new one exactly, for a rollback not at all."""
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


def change_between(revisions: tuple[Revision, ...]) -> RevisionChange | None:
    """What the newest revision changed against the one before; None where there is nothing to compare."""
    if len(revisions) < 2:
        return None
    before, after = sorted(revisions, key=lambda each: each.number)[-2:]
    images_before = {each.container: each for each in before.images}
    return RevisionChange(
        number=after.number,
        replica_set=after.replica_set,
        at=after.created_at,
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
