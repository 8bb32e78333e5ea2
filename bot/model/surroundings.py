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
    uid: str = ""
    """Of the very object: one of the same name that is made anew has another."""
    created_at: datetime | None = None
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
