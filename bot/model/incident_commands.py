"""What a person can ask for about incidents, typed: buttons carry them, the grammar makes them from text.

They are part of `commands.Command`, in a file of their own because incidents have a service of their own.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TypeAlias

import msgspec

from bot.model.incidents import IncidentId, SilenceId
from bot.model.pods import PodUid
from bot.model.silences import SilenceScope


class IncidentRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """Base of what is asked about incidents: a tagged struct, so that a button can carry one."""


class AcknowledgeIncident(IncidentRequest, frozen=True, kw_only=True, tag="ack"):
    """`ack ID`: the asker has it."""

    incident: IncidentId
    lasting: timedelta | None = None
    """None: as long as the plan of its route says."""


class UnacknowledgeIncident(IncidentRequest, frozen=True, kw_only=True, tag="unack"):
    """`unack ID`: it is nobody's again."""

    incident: IncidentId


class SilenceIncident(IncidentRequest, frozen=True, kw_only=True, tag="silence-incident"):
    """Silence what this incident tells of. With neither `lasting` nor `until_resolved`, a window asks."""

    incident: IncidentId
    lasting: timedelta | None = None
    until_resolved: bool = False
    reason: str = ""

    @property
    def asks(self) -> bool:
        """Whether it is still to be asked how long."""
        return self.lasting is None and not self.until_resolved


class ResolveIncident(IncidentRequest, frozen=True, kw_only=True, tag="resolve"):
    """`resolve ID`: call it over. What still fails is closed only with `force`, and says so ever after."""

    incident: IncidentId
    reason: str = ""
    force: bool = False


class DeleteDeadPod(IncidentRequest, frozen=True, kw_only=True, tag="delete-dead"):
    """Delete the pod that died last, of the incident as the asker saw it; asks as `delete` does."""

    incident: IncidentId
    uid: PodUid
    """Which pod that was: if another has died since, the asker is told so first."""


class ShowRestarts(IncidentRequest, frozen=True, kw_only=True, tag="restarts"):
    """The restarts of the workloads of an incident, as the ledger has them."""

    incident: IncidentId


class ShowIncident(IncidentRequest, frozen=True, kw_only=True, tag="incident"):
    """`incident ID`: what it is, and its whole story."""

    incident: IncidentId


class Among(Enum):
    """Which incidents a list is about."""

    OPEN = "open"
    RECENT = "recent"


class ListIncidents(IncidentRequest, frozen=True, kw_only=True, tag="incidents"):
    """`incidents`: those that are open, or the recent ones; of a namespace or workload where one is named."""

    among: Among = Among.OPEN
    namespace: str = ""
    owner: str = ""
    """A workload, as `web` or `deployment/web`."""
    since: timedelta | None = None
    page: int = 0


class ExportForm(Enum):
    """What an incident is exported as."""

    MARKDOWN = "markdown"
    JSON = "json"


class ExportIncident(IncidentRequest, frozen=True, kw_only=True, tag="export-incident"):
    """`incident ID --export`: the whole of it as a file."""

    incident: IncidentId
    form: ExportForm = ExportForm.MARKDOWN


class ShowStats(IncidentRequest, frozen=True, kw_only=True, tag="stats"):
    """`stats`: deaths by hour and cause, the worst workloads, times to acknowledge and to recover."""

    namespace: str = ""
    since: timedelta | None = None


class RoutePod(IncidentRequest, frozen=True, kw_only=True, tag="route"):
    """`route POD`: where an alert about this pod would go, and why."""

    namespace: str
    pod: str


class ListSilences(IncidentRequest, frozen=True, kw_only=True, tag="silences"):
    """`silences`: those that hold, and what they have kept back so far."""


class CreateSilence(IncidentRequest, frozen=True, kw_only=True, tag="silence"):
    """`silence …`: do not announce what the scope takes in, for so long."""

    scope: SilenceScope
    lasting: timedelta
    reason: str = ""


class EditSilence(IncidentRequest, frozen=True, kw_only=True, tag="edit-silence"):
    """Give a silence that holds another end, counted from now, or another reason; a field left out stays."""

    silence: SilenceId
    lasting: timedelta | None = None
    reason: str = ""


class EndSilence(IncidentRequest, frozen=True, kw_only=True, tag="end-silence"):
    """`unsilence ID`: end a silence before its time."""

    silence: SilenceId


IncidentCommand: TypeAlias = (
    AcknowledgeIncident
    | UnacknowledgeIncident
    | SilenceIncident
    | ResolveIncident
    | DeleteDeadPod
    | ShowRestarts
    | ShowIncident
    | ListIncidents
    | ExportIncident
    | ShowStats
    | RoutePod
    | ListSilences
    | CreateSilence
    | EditSilence
    | EndSilence
)
