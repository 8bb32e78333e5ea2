"""Incidents: deaths that one cause explains, told as one message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType

from bot.model.deaths import Cause, Death
from bot.model.pods import ClusterName, Owner, PodUid
from bot.model.surroundings import NodeState, OwnerState, RevisionChange

IncidentId = NewType("IncidentId", str)
"""Short enough to be said aloud: four characters of Crockford's base 32."""


class IncidentState(Enum):
    """Where an incident stands."""

    FIRING = "firing"
    RECOVERED = "recovered"
    GONE = "gone"
    """What was broken is not there any more, and nothing took its place: neither broken nor well."""

    @property
    def is_over(self) -> bool:
        """Nothing more is expected of it; a further death reopens it, or opens another."""
        return self is not IncidentState.FIRING


class Severity(Enum):
    """How much it matters."""

    PAGE = "page"
    MINOR = "minor"
    """Something that mends itself by design: a Job that has tries left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentKey:
    """What groups deaths: the workload and the cause. Another cause in the same place is another incident."""

    cluster: ClusterName
    namespace: str
    owner: Owner
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What was the case around a death, as far as the cluster told in time; each part may be missing."""

    read_at: datetime
    owner: OwnerState | None = None
    change: RevisionChange | None = None
    """The newest revision of the Deployment."""
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
    missing: str = ""
    """Why there is no log, where one was to be expected."""
    circumstances: Circumstances | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an incident ended."""

    since: datetime
    """Since when all has been well, or when it was gone."""
    words: str
    """What that rests on: `5 of 5 Ready`, `scaled to zero before it recovered`."""


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
    evidence: Evidence | None = None
    ending: Ending | None = None
    """Set while the state is one that is over."""
    escalated_for: str = ""
    """Why it pages, where it did not at first: the Job's own reason for having failed."""
    reopened: int = 0
    """How often it was over and came back."""
    revision: int = 1
    """Grows with every change; an announcement of a lower one is out of date."""
