"""Incidents: deaths that one cause explains, told as one message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NewType

from bot.model.deaths import Cause, Death
from bot.model.people import ChannelId, UserId
from bot.model.pods import ClusterName, Owner, PodUid
from bot.model.revisions import KnownRevision, RevisionChange
from bot.model.situations import Situation
from bot.model.surroundings import NodeState, OwnerState

IncidentId = NewType("IncidentId", str)
"""Short enough to be said aloud: four characters of Crockford's base 32."""

SilenceId = NewType("SilenceId", str)
"""As short as an incident's."""


class IncidentState(Enum):
    """Where an incident stands."""

    FIRING = "firing"
    RECOVERED = "recovered"
    GONE = "gone"
    """What was broken is not there any more, and nothing took its place: neither broken nor well. Or nobody
    sees it any more: then `Ending.unwatched` says so."""
    CLOSED = "closed"
    """A person called it over, whether or not all was well: `Ending` says which."""
    MERGED = "merged"
    """Another incident tells of it from now on; its deaths are counted there."""

    @property
    def is_over(self) -> bool:
        """Nothing more is expected of it; a further death reopens it, or opens another."""
        return self is not IncidentState.FIRING


class Severity(Enum):
    """How much it matters."""

    PAGE = "page"
    MINOR = "minor"
    """Something that mends itself by design: a Job that has tries left."""

    def worse_than(self, other: Severity) -> bool:
        """Whether it matters more."""
        return self is Severity.PAGE and other is Severity.MINOR


class Scope(Enum):
    """What the deaths of one incident have in common, beside their cause."""

    WORKLOAD = "workload"
    NODE = "node"
    """Workloads that died on one node: the key's owner is the node, its namespace empty."""
    IMAGE = "image"
    """Workloads that wait for one image: the key's owner is the image, its namespace empty."""
    STORM = "storm"
    """Incidents that came too fast to be told one by one; only their time is the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentKey:
    """What groups deaths: the workload and the cause. Another cause in the same place is another incident."""

    cluster: ClusterName
    namespace: str
    owner: Owner
    cause: Cause
    scope: Scope = Scope.WORKLOAD


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadPart:
    """One workload of an incident, and what it has lost."""

    namespace: str
    owner: Owner
    cause: Cause
    deaths: int
    """0: it is only named here, and counted by an incident with a message of its own."""
    pods: int
    """How many different ones died."""
    told_in: IncidentId | None = None
    """The incident that tells of it at length, where there is one beside this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitCount:
    """How often a container of one incident ended in one way."""

    container: str
    exit_code: int
    reason: str
    """The kubelet's word for the last of them."""
    deaths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What was the case around a death, as far as the cluster told in time; each part may be missing."""

    read_at: datetime
    owner: OwnerState | None = None
    change: RevisionChange | None = None
    """The newest revision of the Deployment, where there was another before it."""
    newest: KnownRevision | None = None
    """The newest revision in any case: what has a higher number was rolled out since."""
    node: NodeState | None = None
    memory_in_use: str = ""
    """What the container last used, by metrics.k8s.io."""
    note: str = ""
    """The event that says most; text from the cluster, secrets masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found out about a death after it was told apart."""

    death: Death
    log_tail: tuple[str, ...] = ()
    """The last lines that the run which died has written, secrets masked."""
    log_times: tuple[datetime | None, ...] = ()
    """When each of them was written, by the kubelet's clock; empty where that is not known."""
    missing: str = ""
    """Why there is no log, where one was to be expected."""
    circumstances: Circumstances | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an incident ended."""

    since: datetime
    """Since when all has been well, or when it was gone."""
    words: str
    """What that rests on: `5 of 5 Ready`, `scaled to zero before it recovered`; a person's own reason."""
    by: UserId | None = None
    """The person who called it over."""
    still_failing: bool = False
    """It was called over although it was not."""
    unwatched: bool = False
    """It was called over as it is not watched any more: how it went on, nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody has it."""

    by: UserId
    at: datetime
    until: datetime
    """Then it lapses, and the incident is nobody's again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencedBy:
    """The silence that an incident is under."""

    silence: SilenceId
    by: UserId
    since: datetime
    until: datetime
    until_resolved: bool = False
    """It also ends with the incident; `until` is then only its cap."""
    reason: str = ""
    severity: Severity = Severity.PAGE
    """The worst that it covers."""
    deaths: int = 0
    """How many of this incident it has kept back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathsUnwatched:
    """Deaths that happened while podbot was not watching, and when that was."""

    deaths: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacements:
    """How the pods are that took the place of those that died: never more than were lost."""

    ready: int
    starting: int = 0
    unschedulable: int = 0
    complete: int = 0
    """Of Jobs: they have done their work already."""
    awaited: int = 0
    """Lost pods for which nothing has come up yet."""
    gone: tuple[str, ...] = ()
    """Bare pods, as `name (namespace)`, which nothing recreates and nobody has."""
    why: str = ""
    """What the unschedulable ones wait for, in a word: `memory`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Whether anybody has been called, and since when nobody has had it."""

    unattended_since: datetime | None = None
    """The escalation's clock: opened, reopened, let go, or heard of again. None: it has never been shown."""
    spell: int = 1
    """Which time of being broken this is: a return that is not one of many begins another."""
    steps: frozenset[str] = frozenset()
    """The steps of the plan that are done in this spell. None is done twice, whatever becomes of it."""
    returns: tuple[datetime, ...] = ()
    """When it came back, the last few times."""
    channels: tuple[ChannelId, ...] = ()
    """The second channels that were told of it."""
    paged: frozenset[str] = frozenset()
    """The webhooks that were called because of it."""
    reached: frozenset[str] = frozenset()
    """Those of them that have taken what they were told last."""
    unreached: frozenset[str] = frozenset()
    """Those that have not, which was said."""
    standing: bool = False
    """It is over, and the webhooks have not been told: it may well be back in a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """Further deaths that wait to be told in the thread as one line."""

    level: int
    """How long the next fold lasts (`turn.FOLDS`): the longer it goes on, the fewer lines."""
    closes_at: datetime | None = None
    """None: nothing waits."""
    first_at: datetime | None = None
    last_at: datetime | None = None
    deaths: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident, from its first death on."""

    id: IncidentId
    key: IncidentKey
    state: IncidentState
    severity: Severity = Severity.PAGE
    deaths: int
    pods: frozenset[PodUid]
    nodes: tuple[str, ...]
    """Nodes on which they died, in the order of the first death on each."""
    first_at: datetime
    last_at: datetime
    latest: Death
    exits: tuple[ExitCount, ...] = ()
    """How its containers ended that ran and ended, in the order of the first of each kind."""
    evidence: Evidence | None = None
    ending: Ending | None = None
    """Set while the state is one that is over."""
    escalated_for: str = ""
    """Why it pages, where it did not at first: the Job's own reason for having failed."""
    reopened: int = 0
    """How often it was over and came back."""
    revision: int = 1
    """Grows with every change of what its message says; an announcement of a lower one is out of date."""
    workloads: tuple[WorkloadPart, ...] = ()
    """Every workload in it, in the order of the first death of each."""
    acknowledged: Acknowledgement | None = None
    silenced: SilencedBy | None = None
    chapters: tuple[RevisionChange, ...] = ()
    """Revisions that were rolled out while it was open, oldest first."""
    unwatched: DeathsUnwatched | None = None
    replacements: Replacements | None = None
    recovering_since: datetime | None = None
    """Since when all of it has been Ready, while that has not held for long enough yet."""
    recovered_after: timedelta | None = None
    """With it: how long that has to hold."""
    situation: Situation | None = None
    """None: it has not been looked at since the last death, or is over."""
    part_of: IncidentId | None = None
    """Set while the state is `MERGED`."""
    storm: IncidentId | None = None
    """The digest that tells of it in its stead."""
    shown: bool = True
    """It has a message of its own: not so what was silenced, or part of a storm, from its first death on."""
    noticed_at: datetime | None = None
    """When the channel last got a new message about it, which an edit is not."""
    attention: Attention = Attention()
    folding: Folding = Folding(level=0)
    told: int = 0
    """How many entries its story has."""
