"""What an act means to the reducer, or why it changes nothing. Pure; the keeper does the rest."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incidents import silencing
from bot.incidents.acts import Act, ActRefusal, ActResult
from bot.incidents.inputs import Acknowledged, Input, Resolved, Silenced, Unacknowledged
from bot.model.incident_commands import (
    AcknowledgeIncident,
    ResolveIncident,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.incidents import Incident
from bot.model.silences import LONGEST


def input_of(
    act: Act,
    incident: Incident | None,
    now: datetime,
    *,
    acknowledged_for: timedelta,
    failing: bool,
    standing: str = "",
) -> Input | ActResult:
    """The input to give to the incident; a result where nothing is to be changed.

    `acknowledged_for` is how long an acknowledgement holds by the plan of its route. `failing`: something of
    the incident is still broken, or nobody knows; `standing` says how it is: `2 of 5 Ready`.
    """
    if incident is None:
        return ActResult(refusal=ActRefusal.UNKNOWN)
    if incident.state.is_over:
        return ActResult(incident=incident, refusal=ActRefusal.OVER)
    match act.command:
        case AcknowledgeIncident(lasting=lasting):
            return Acknowledged(by=act.by, until=now + min(lasting or acknowledged_for, LONGEST))
        case UnacknowledgeIncident():
            if incident.acknowledged is None:
                return ActResult(incident=incident, refusal=ActRefusal.NOBODYS)
            return Unacknowledged(by=act.by)
        case SilenceIncident():
            if act.silence is None or not silencing.covers_incident(act.silence, incident, now):
                # What it does not cover by now goes on; the silence holds for what comes.
                return ActResult(incident=incident)
            return Silenced(silence=silencing.as_held(act.silence))
        case ResolveIncident(reason=reason, force=force):
            if failing and not force:
                return ActResult(incident=incident, refusal=ActRefusal.STILL_FAILING, words=standing)
            return Resolved(by=act.by, reason=reason, failing=failing, force=force)
