"""Acts of people on live incidents, carried out by the keeper: `acts` are on their way to it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.incidents import silencing
from bot.incidents.acts import Act, ActRefusal, ActResult, DrawAnew, NotePodsDeleted
from bot.incidents.held import Held
from bot.incidents.inputs import Acknowledged, PodsDeleted, Resolved, Silenced, Unacknowledged
from bot.incidents.live import Live
from bot.model.escalations import EscalationPlan
from bot.model.incident_commands import (
    AcknowledgeIncident,
    ResolveIncident,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.incidents import IncidentState


def carry_out(  # noqa: PLR0912 - a case for each act
    act: Act, live: Live, plan: Callable[[str], EscalationPlan], now: datetime
) -> ActResult:
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
                if silencing.outlived(act.silence, held.incident):
                    words = "it was over meanwhile, and has come back"
                    return ActResult(incident=held.incident, refusal=ActRefusal.OVER, words=words)
                live.silences.heard(act.silence, now)
                under = held.incident.silenced
                held_by_it = under is not None and under.silence == act.silence.id
                if not held_by_it and not silencing.outlasted(act.silence, under):
                    live.apply(held, Silenced(silence=silencing.as_held(act.silence)), now)
        case ResolveIncident(reason=reason, force=force):
            failing = _fails(held)
            if failing and not force:
                return ActResult(
                    incident=held.incident, refusal=ActRefusal.STILL_FAILING, words=_how_it_is(held)
                )
            live.apply(held, Resolved(by=act.by, reason=reason, failing=failing, force=force), now)
        case NotePodsDeleted(names=names, reason=reason):
            live.apply(held, PodsDeleted(by=act.by, names=names, reason=reason), now)
        case DrawAnew():
            live.draw_anew(held, now)
    return ActResult(incident=held.incident)


def _fails(held: Held) -> bool:
    """Whether something of it is broken as far as is known: all of it has to be Ready again, as its message
    says. That nothing is seen to be broken is not enough: a pod that is gone looks calm, too.
    """
    return held.incident.recovering_since is None


def _how_it_is(held: Held) -> str:
    """In words, where there is more to say than that it is not well."""
    unready = sum(each.ready_since is None for each in held.followings)
    if len(held.followings) > 1 and unready:
        return f"{unready} of {len(held.followings)} workloads are not Ready"
    seen = held.incident.situation
    counted = seen.headcount if seen is not None else None
    if counted is not None and counted.ready < counted.desired:
        return f"{counted.ready} of {counted.desired} Ready"
    return "in CrashLoopBackOff" if seen is not None and seen.back_off is not None else ""
