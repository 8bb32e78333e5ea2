"""What the pod service answers, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from bot.model.commands import GetLogs, ListPods, Verb
from bot.model.people import Person
from bot.model.pods import ClusterName, ContainerKind, ContainerState, Event, Owner, PodCondition, PodUid


class Health(Enum):
    """What a row means for someone on call; the order is worst first."""

    FAILING = "failing"
    PENDING = "pending"
    HEALTHY = "healthy"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRow:
    """One pod as `kubectl get pods -o wide` prints it, each field as text of exactly that shape."""

    namespace: str
    name: str
    ready: str
    status: str
    restarts: str
    age: str
    ip: str
    node: str
    nominated_node: str
    readiness_gates: str
    health: Health


@dataclass(frozen=True, slots=True, kw_only=True)
class PodList:
    """The pods that a `list` found, in the order in which they are to be shown."""

    cluster: ClusterName
    asked: ListPods
    rows: tuple[PodRow, ...]
    """Those to show: all that matched, or with `broken` those not healthy."""
    counts: dict[Health, int]
    """Of all that matched, whether shown or not."""
    namespaces_left_out: bool = False
    """Asked for all namespaces; those in which the asker may not list are not among the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodCard:
    """One pod's row, to be shown with what can be done about it."""

    row: PodRow
    uid: PodUid


@dataclass(frozen=True, slots=True, kw_only=True)
class LogExcerpt:
    """A container's log, or the part of it that was asked for."""

    asked: GetLogs
    pod: str
    uid: PodUid
    container: str
    other_containers: tuple[str, ...]
    previous: bool
    previous_by_itself: bool
    """The previous run was chosen because the current one has not started."""
    has_previous: bool
    lines: tuple[str, ...]
    masked: int
    """How many secrets were replaced by a mask."""
    cut: bool
    """The reading stopped at the size limit: there is more than is shown."""
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSummary:
    """One container of a described pod."""

    name: str
    kind: ContainerKind
    image: str
    ready: bool
    restarts: int
    state: ContainerState
    last_state: ContainerState
    limits: dict[str, str]
    requests: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSummary:
    """All that `describe` tells of a pod."""

    cluster: ClusterName
    row: PodRow
    uid: PodUid
    owner: Owner
    replaced_by_itself: bool
    """Something will start another one when this pod goes."""
    terminating: bool
    reason: str
    message: str
    containers: tuple[ContainerSummary, ...]
    failing_conditions: tuple[PodCondition, ...]
    events: tuple[Event, ...] | None
    """Newest first; None where the asker may not read events."""
    events_problem: str = ""
    """Why the events could not be read, where the cluster did not give them."""
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionPlan:
    """What a deletion will do, shown before it is confirmed. `uid` binds the confirmation to this pod."""

    cluster: ClusterName
    namespace: str
    pod: str
    uid: PodUid
    owner: Owner
    replaced_by_itself: bool
    status: str
    ready: str
    age: str
    node: str
    terminating: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A pressed "Delete": for one pod of one UID, as seen in a plan."""

    namespace: str
    pod: str
    uid: PodUid
    reason: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """The API server took the deletion."""

    by: Person
    namespace: str
    pod: str
    owner: Owner
    replaced_by_itself: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where a decision comes from: a rule of the policy file, or the lack of one."""

    role: str
    line: str
    """In words: `role on-call: list, logs in *, except kube-system`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """May this person do this here. `why` is a full sentence fit for the person."""

    allowed: bool
    verb: Verb
    namespace: str
    rule: Rule | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`whoami`: who the bot takes someone for, and the rules that hold for them here."""

    person: Person
    rules: tuple[Rule, ...]
    policy_problem: str = ""
    """Set while the policy file has mistakes or is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """`help`: about one topic, or about all."""

    topic: str


Answer: TypeAlias = (
    PodList | PodCard | LogExcerpt | PodSummary | DeletionPlan | Deleted | Decision | Identity | Guidance
)
