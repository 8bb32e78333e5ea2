"""What people do about live incidents, carried out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.incidents import recovery_of_many, silencing
from bot.incidents.acts import Act, ActRefusal, ActResult
from bot.incidents.held import Held
from bot.incidents.inputs import Acknowledged, Resolved, Silenced, Unacknowledged
from bot.incidents.live import Live
from bot.model.escalations import EscalationPlan
from bot.model.incident_commands import (
    AcknowledgeIncident,
    ResolveIncident,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.incidents import IncidentState


def do(act: Act, live: Live, plan: Callable[[str], EscalationPlan], now: datetime) -> ActResult:
    """Carry it out now, if it may be."""
    held = live.get(act.command.incident)
    if held is None:
        return ActResult(refusal=ActRefusal.UNKNOWN)
    if held.incident.state is not IncidentState.FIRING:
        return ActResult(incident=held.incident, refusal=ActRefusal.OVER)
    match act.command:
        case AcknowledgeIncident(lasting=lasting):
            until = now + (lasting or plan(held.route.escalation).acknowledged_for)
            live.apply(held, Acknowledged(by=act.by, until=until), now)
        case UnacknowledgeIncident():
            if held.incident.acknowledged is None:
                return ActResult(incident=held.incident, refusal=ActRefusal.NOBODYS)
            live.apply(held, Unacknowledged(by=act.by), now)
        case SilenceIncident():
            if act.silence is not None:
                live.silenced(act.silence, now)
                under = held.incident.silenced
                if under is None or under.silence != act.silence.id:
                    live.apply(held, Silenced(silence=silencing.as_held(act.silence)), now)
        case ResolveIncident(reason=reason, force=force):
            failing = _fails(held)
            if failing and not force:
                return ActResult(
                    incident=held.incident, refusal=ActRefusal.STILL_FAILING, words=_how_it_is(held)
                )
            live.apply(held, Resolved(by=act.by, reason=reason, failing=failing, force=force), now)
    return ActResult(incident=held.incident)


def _fails(held: Held) -> bool:
    """Whether something of it is broken as far as is known: all of it has to have been seen well."""
    return recovery_of_many.calm_since(held.followings) is None


def _how_it_is(held: Held) -> str:
    """In words, where there is more to say than that it is not well."""
    unwell = sum(each.calm_since is None for each in held.followings)
    if len(held.followings) > 1:
        return f"{unwell} of {len(held.followings)} workloads are not well"
    return ""
