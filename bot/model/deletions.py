"""A deletion from plan to aftermath: what will happen, what was confirmed, what came of it.

Made by `pods`, put into words by `commands`. Nothing here is remembered by the bot: a plan's confirmation
travels in the dialog, and a deletion carries what following it up needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import msgspec

from bot.model.commands import DeletePod, DeletePods, Manner
from bot.model.people import Person, UserId
from bot.model.pods import ClusterName, Owner, PodUid, Volume


class Successor(Enum):
    """What comes after a pod that is deleted."""

    AT_ONCE = "at once"
    """Its controller starts another as soon as this one is asked to go."""
    ALREADY = "already"
    """It is being deleted already, and its controller has started another since."""
    SAME_NAME = "same name"
    """Its StatefulSet starts it again under the same name, once this one is gone."""
    PERHAPS = "perhaps"
    """Its owner may start another: a Job with retries left, or a kind that podbot does not know."""
    STATIC = "static"
    """The kubelet shows it again: a static pod is not stopped by deleting what the API server shows of it."""
    NOTHING = "nothing"
    """Nothing will recreate it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPod:
    """One pod that is to be deleted."""

    name: str
    uid: PodUid
    owner: Owner
    """The workload as people call it."""
    controller: Owner | None
    """What starts the next one: the ReplicaSet, not its Deployment. None for a bare pod."""
    successor: Successor
    in_order: bool
    """Its StatefulSet starts pods one after another: those behind this one wait for its successor."""
    status: str
    ready: str
    """Containers as the table counts them: `1/2`."""
    age: str
    node: str
    terminating_until: datetime | None
    """It is being deleted already; its grace period ends then."""
    grace: timedelta
    """How long it may take to stop."""
    lost: tuple[Volume, ...]
    """Volumes whose data goes with it or stays behind on its node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """How a workload stands, and will stand right after the deletion."""

    owner: Owner
    wanted: int
    ready: int
    ready_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRoom:
    """A PodDisruptionBudget over pods that are to be deleted; an eviction would ask it, this does not."""

    name: str
    allowed: int
    """How many Ready pods may go at the moment."""
    going: int
    """How many of those are to be deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionPlan:
    """What a deletion will do, shown before it is confirmed. The UIDs bind the confirmation to these pods."""

    cluster: ClusterName
    asked: DeletePod | DeletePods
    pods: tuple[PlannedPod, ...]
    replicas: tuple[Replicas, ...]
    budgets: tuple[BudgetRoom, ...]
    unknown: tuple[str, ...] = ()
    """What could not be found out, a clause each: `PodDisruptionBudgets could not be read (…)`."""
    seen_at: datetime

    @property
    def namespace(self) -> str:
        """Where the pods are."""
        return self.asked.namespace

    @property
    def manner(self) -> Manner:
        """How they are to be deleted."""
        return self.asked.manner

    @property
    def counted(self) -> bool:
        """Whether the number of pods has to be typed to confirm it."""
        return isinstance(self.asked, DeletePods)


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What the server said when it was asked to delete the pods of a plan without doing it."""

    plan: DeletionPlan
    refusals: dict[str, str]
    """By pod, what the server said against it; the others it would delete."""


class SeenPod(msgspec.Struct, frozen=True, array_like=True):
    """A pod as a plan showed it; an array in a dialog's JSON, where room is scarce."""

    name: str
    uid: PodUid


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A pressed "Delete": for the pods of a plan, of these UIDs."""

    asked_by: UserId
    """To whom the plan was shown: nobody else may confirm it."""
    namespace: str
    pods: tuple[SeenPod, ...]
    manner: Manner
    asked_at: datetime


class Fate(Enum):
    """What became of one pod that was confirmed."""

    DELETED = "deleted"
    """The API server took the deletion."""
    KEPT = "kept"
    """It was not deleted, or was not there any more."""
    UNKNOWN = "unknown"
    """The API server did not answer: it may be deleted or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedPod:
    """One pod of a deletion that was carried out, or tried."""

    name: str
    uid: PodUid
    fate: Fate
    problem: str = ""
    """Why it was not deleted, or why that is not known."""
    owner: Owner | None = None
    """Its workload; None for a pod that was not there any more."""
    successor: Successor = Successor.NOTHING
    selector: str = ""
    """In which pods to look for its successor; empty where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What a confirmed deletion came to, and what is needed to follow it up."""

    by: Person
    namespace: str
    pods: tuple[DeletedPod, ...]
    manner: Manner
    at: datetime
    before: frozenset[PodUid] | None = None
    """The pods that were there already, and hence are nobody's successor; None where that is not known."""

    def of(self, fate: Fate) -> tuple[DeletedPod, ...]:
        """The pods that had this fate."""
        return tuple(pod for pod in self.pods if pod.fate is fate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A pod that came after a deleted one."""

    name: str
    status: str
    """As the table says it: `ContainerCreating`."""
    ready_after: timedelta | None
    """From the deletion until it was seen Ready."""
    crash: str = ""
    """How a container of it ended: `app: exit 1`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """How things stand some time after a deletion."""

    replacements: tuple[Replacement, ...] = ()
    awaited: int = 0
    """How many replacements have not shown up."""
    unseen: int = 0
    """How many replacements could not be looked for, because it is not known which pods were there before."""
    still_there: tuple[tuple[str, datetime | None], ...] = ()
    """Deleted pods that have not gone for longer than is usual, with the end of their grace period."""
    gone: tuple[str, ...] = ()
    """Deleted pods that are gone and that nothing recreates."""
    replaced_before: tuple[str, ...] = ()
    """Deleted pods that are gone and whose successors had been started before."""
    after: timedelta
    """How long after the deletion this was seen."""
    over: bool = False
    """Nothing more is to come, or it is not waited for any longer."""
    problem: str = ""
    """Why the cluster could not be asked, where it could not."""
