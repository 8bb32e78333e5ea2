"""What people do to an incident that is live, on its way to whoever keeps it, and what came of it.

Structs, so that another replica can be asked to do it (`errands`): both survive as JSON.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TypeAlias

import msgspec

from bot.model.incident_commands import (
    AcknowledgeIncident,
    ResolveIncident,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.incidents import Incident, IncidentId
from bot.model.people import UserId
from bot.model.silences import Silence


class NotePodsDeleted(msgspec.Struct, frozen=True, kw_only=True, tag="note-pods-deleted"):
    """Somebody had podbot delete pods of the incident: its story is to say so (`deletions`)."""

    incident: IncidentId
    names: tuple[str, ...]
    reason: str = ""


class DrawAnew(msgspec.Struct, frozen=True, kw_only=True, tag="draw-anew"):
    """Something was chosen in a menu of the incident's message that left the message as it was.

    Slack goes on showing the choice, as if it held, and does not take it a second time.
    """

    incident: IncidentId


ActCommand: TypeAlias = (
    AcknowledgeIncident
    | UnacknowledgeIncident
    | SilenceIncident
    | ResolveIncident
    | NotePodsDeleted
    | DrawAnew
)


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody does, who may."""

    command: ActCommand
    by: UserId
    at: datetime
    silence: Silence | None = None
    """With `SilenceIncident`: the silence, which the store has already; to be applied at once."""


class ActRefusal(Enum):
    """Why nothing was changed."""

    UNKNOWN = "unknown"
    """No live incident has this id."""
    OVER = "over"
    """It is over, or part of another by now: its state says which."""
    NOBODYS = "nobody's"
    """Nobody has it who could let go of it."""
    STILL_FAILING = "still failing"
    """It is not over, and closing was not insisted on; `words` say how it is: `2 of 5 Ready`."""
    TOO_LATE = "too late"
    """Nobody took it in time."""


class ActResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: it is done where there is no refusal."""

    incident: Incident | None = None
    """As it is then, where it is known."""
    refusal: ActRefusal | None = None
    words: str = ""
