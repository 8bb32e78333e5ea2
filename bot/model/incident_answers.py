"""What is answered to who acts on incidents, silences them, or asks where alerts go; before it is words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from bot.model.deaths import Cause
from bot.model.incident_commands import AcknowledgeIncident, ResolveIncident, UnacknowledgeIncident
from bot.model.incidents import Incident
from bot.model.messages import Message
from bot.model.past import PastDeath
from bot.model.people import UserId
from bot.model.pods import ClusterName, Owner
from bot.model.routes import Route
from bot.model.silences import Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """Something was done to an incident."""

    command: AcknowledgeIncident | UnacknowledgeIncident | ResolveIncident
    incident: Incident
    """As it is now."""


class SilenceChange(Enum):
    """What became of a silence."""

    BEGUN = "begun"
    EDITED = "edited"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceChanged:
    """A silence was begun, edited or ended."""

    change: SilenceChange
    silence: Silence
    """As it is now."""
    by: UserId
    """Who has just done it."""
    incident: Incident | None = None
    """The one from whose message it was asked for."""

    @property
    def is_news(self) -> bool:
        """Whether the channel has to be told: no message of an incident shows what is silent from now on.

        The end of a silence is told by whoever keeps the incidents, with what it kept back.
        """
        return self.incident is None and self.change is not SilenceChange.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceList:
    """The silences that hold in a cluster, the one that ends first before the others."""

    cluster: ClusterName
    silences: tuple[Silence, ...]
    hidden: int = 0
    """Further ones, over namespaces in which the asker may not look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteVariant:
    """Where alerts about a pod go for some causes."""

    causes: tuple[Cause, ...]
    route: Route


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteExplanation:
    """Where an alert about a pod would go now, and why."""

    namespace: str
    pod: str
    owner: Owner
    usual: RouteVariant
    """For most causes."""
    others: tuple[RouteVariant, ...] = ()
    """None where the cause makes no difference."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRestarts:
    """How often the containers of a pod that is there have been restarted."""

    namespace: str
    pod: str
    restarts: int
    """In its life, by its own count."""
    in_the_last_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartHistory:
    """The restarts of an incident's workloads."""

    incident: Incident
    deaths: tuple[PastDeath, ...]
    """In this incident and in others, newest first."""
    total: int
    """How many there were in all."""
    since: datetime
    pods: tuple[PodRestarts, ...]
    """Those that are there now, most restarts first."""
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was asked of incidents as they were, in the words that their messages have, too."""

    message: Message


IncidentAnswer: TypeAlias = Acted | SilenceChanged | SilenceList | RouteExplanation | RestartHistory | Reading
