"""Incidents: deaths that one cause explains, told as one message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType

from bot.model.deaths import Cause, Death
from bot.model.pods import ClusterName, Owner, PodUid

IncidentId = NewType("IncidentId", str)
"""Short enough to be said aloud: four characters of Crockford's base 32."""


class IncidentState(Enum):
    """Where an incident stands."""

    FIRING = "firing"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentKey:
    """What groups deaths: the workload and the cause. Another cause in the same place is another incident."""

    cluster: ClusterName
    namespace: str
    owner: Owner
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found out about a death after it was told apart."""

    death: Death
    log_tail: tuple[str, ...] = ()
    """The last lines that the run which died has written, secrets masked."""
    missing: str = ""
    """Why there is no log, where one was to be expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident, from its first death on."""

    id: IncidentId
    key: IncidentKey
    state: IncidentState
    deaths: int
    pods: frozenset[PodUid]
    nodes: tuple[str, ...]
    """Nodes on which they died, in the order of the first death on each."""
    first_at: datetime
    last_at: datetime
    latest: Death
    evidence: Evidence | None = None
    revision: int = 1
    """Grows with every change; an announcement of a lower one is out of date."""
