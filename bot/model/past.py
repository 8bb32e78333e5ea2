"""Incidents as the store tells them to whoever reads, open or over; nothing here is acted on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.deaths import Cause
from bot.model.incident_commands import Among
from bot.model.incidents import Incident, IncidentId, IncidentState, Severity
from bot.model.pods import ClusterName, Owner, PodUid
from bot.model.stories import StoryEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDeath:
    """A line of the ledger."""

    cluster: ClusterName
    namespace: str
    pod: str
    uid: PodUid
    container: str
    restart: int
    cause: Cause | None
    """None: nobody saw it, the restart count alone tells of it."""
    exit_code: int | None
    signal: int | None
    started_at: datetime | None
    finished_at: datetime | None
    seen_at: datetime
    announced_at: datetime | None
    """When Slack first had a message that counts it; None: not yet."""

    @property
    def moment(self) -> datetime:
        """When it died or, where nobody knows, when that was seen."""
        return self.finished_at or self.seen_at


@dataclass(frozen=True, slots=True, kw_only=True)
class PastIncident:
    """An incident and every death of it."""

    incident: IncidentId
    cluster: ClusterName
    namespace: str
    owner: Owner
    cause: Cause
    state: IncidentState
    severity: Severity
    first_at: datetime
    last_at: datetime
    ended_at: datetime | None
    revision: int
    counted: int
    """How many deaths the incident counts, which are as many as there are in `deaths`."""
    deaths: tuple[PastDeath, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which incidents of a cluster are asked for."""

    cluster: ClusterName
    among: Among
    namespaces: frozenset[str] | None = None
    """Only those of these namespaces; None takes all, and those of whole nodes and images, too."""
    owner: str = ""
    """A workload, as `web` or `deployment/web`; empty takes all."""
    since: datetime | None = None
    """Only those to which something happened since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentsListed:
    """One page of the incidents that a selection takes."""

    incidents: tuple[Incident, ...]
    page: int
    """From 0; the last one, where more were asked for than there are."""
    pages: int
    """0 where there is nothing."""
    total: int
    """On all pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """All that is known of one incident."""

    incident: Incident
    story: tuple[StoryEntry, ...]
    deaths: tuple[PastDeath, ...]
    """In the order in which they died: the first ones, where there are too many."""
    deaths_in_all: int
    """Lines that the ledger has of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartsListed:
    """The deaths of a workload, whichever incidents told of them; the newest first."""

    deaths: tuple[PastDeath, ...]
    total: int
    counted_since: datetime | None = None
    """When the first death of the cluster was written down that still is; None where none is."""
