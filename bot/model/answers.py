"""What the pod service answers, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from bot.model.commands import ExportPods, FindAddress, ListEvents, ListPods, TopPods, Verb
from bot.model.containers import ContainerKind, ContainerState, Probe
from bot.model.debugging import DebugOutput, DebugStarted, RawAnswer
from bot.model.deletions import DeletionPlan, DryRun
from bot.model.events import Event
from bot.model.history import FormerPod
from bot.model.incident_answers import IncidentAnswer
from bot.model.log_answers import FollowStopped, LogExcerpt, MergedLogs
from bot.model.people import Person, UsergroupId, UserId
from bot.model.pods import ClusterName, Owner, PodCondition, PodUid, Volume
from bot.model.usage import ContainerUsage


class Health(Enum):
    """How a pod is, for someone on call; the order is worst first."""

    FAILING = "failing"
    PENDING = "pending"
    HEALTHY = "healthy"
    FINISHED = "finished"


UNWELL = (Health.FAILING, Health.PENDING)
"""What somebody on call may have to look at, worst first."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What a pod that is not healthy went through lately."""

    last_exit: str
    """How its last run ended, in short: `137 OOMKilled (app)`; empty where none has."""
    restarts: int
    """In the last hour, as far as podbot has watched."""


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
    troubles: tuple[Trouble, ...] = ()
    """One for each row where `broken` was asked for, else none."""
    watched_since: datetime | None = None
    """From when restarts were counted, where that is less than an hour."""
    missing: tuple[str, ...] = ()
    """Of the names asked for, those that no pod has, or that several begin with."""
    namespaces_alike: tuple[str, ...] = ()
    """Where nothing was found: namespaces with a name like the one asked for, in which the asker may list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodExport:
    """Pods in another form than a table."""

    cluster: ClusterName
    asked: ExportPods
    rows: tuple[PodRow, ...]
    content: bytes = b""
    """The JSON or YAML, where that is the form."""
    masked: int = 0
    """How many secrets were replaced by a mask."""
    namespaces_left_out: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressHolders:
    """Who has an address, and who had it."""

    cluster: ClusterName
    asked: FindAddress
    rows: tuple[PodRow, ...]
    former: tuple[FormerPod, ...]
    """Last gone first."""
    watched_since: datetime | None
    """From when dead pods are remembered; None where none ever are."""
    namespaces_left_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventList:
    """The events that an `events` found, newest first."""

    cluster: ClusterName
    asked: ListEvents
    events: tuple[Event, ...]
    namespaces_left_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """What a pod, or one container of it, uses at the moment."""

    namespace: str
    pod: str
    container: str = ""
    cpu: Decimal
    """Cores."""
    memory: Decimal
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageList:
    """What `top` found, in the order in which it is to be shown."""

    cluster: ClusterName
    asked: TopPods
    rows: tuple[UsageRow, ...]
    namespaces_left_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PodCard:
    """One pod's row, to be shown with what can be done about it."""

    row: PodRow
    uid: PodUid


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
    probes: tuple[tuple[str, Probe], ...] = ()
    """With what each is for: `readiness`."""
    usage: ContainerUsage | None = None
    """What it uses now, where the cluster says."""


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
    revision: str = ""
    """The revision of the Deployment that the pod is of."""
    replica_set: str = ""
    """Between the pod and its Deployment."""
    qos: str = ""
    volumes_lost: tuple[Volume, ...] = ()
    """Those whose data goes with the pod, or stays behind on its node."""
    usage_problem: str = ""
    """Why it is not told what the containers use."""
    seen_at: datetime


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
    groups: tuple[UsergroupId, ...] = ()
    """Of a refusal: the user groups whose members may do it,"""
    people: tuple[UserId, ...] = ()
    """and the people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`whoami`: who the bot takes someone for, and the rules that hold for them here."""

    person: Person
    rules: tuple[Rule, ...]
    policy_problem: str = ""
    """Set while the policy file has mistakes or is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterState:
    """One cluster that is served, as far as the asker may know of it."""

    cluster: ClusterName
    watch_problem: str
    """Why what is known of it may be old, in words; empty while the watch is in step."""
    pods: int
    """In the namespaces that the asker may list."""
    namespaces: int
    """How many such namespaces have pods."""
    broken: int
    """How many of the pods are not healthy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterList:
    """`clusters`: all that are served, the default one first."""

    clusters: tuple[ClusterState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """`help`: about one topic, or about all."""

    topic: str


Answer: TypeAlias = (
    PodList
    | PodExport
    | AddressHolders
    | EventList
    | UsageList
    | PodCard
    | LogExcerpt
    | MergedLogs
    | FollowStopped
    | PodSummary
    | DeletionPlan
    | DryRun
    | DebugStarted
    | DebugOutput
    | RawAnswer
    | Decision
    | Identity
    | ClusterList
    | Guidance
    | IncidentAnswer
)
