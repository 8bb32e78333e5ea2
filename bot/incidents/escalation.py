"""Which steps of the escalation are due. Pure.

The clock is derived from what the incident itself remembers (`Attention`), so that a restart neither starts
it anew nor forgets a step.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.model.escalations import EscalationPlan, EscalationStep
from bot.model.incidents import Incident, IncidentState, Severity


def due(incident: Incident, plan: EscalationPlan, now: datetime) -> tuple[tuple[str, EscalationStep], ...]:
    """The steps to take now, by name, earliest first; each is due at most once in a spell of the incident."""
    return tuple((name, step) for name, step, at in _ahead(incident, plan) if at <= now)


def next_at(incident: Incident, plan: EscalationPlan) -> datetime | None:
    """When the next step is due, if nobody acknowledges until then; None where nobody will be called."""
    return min((at for _, _, at in _ahead(incident, plan)), default=None)


def runs(incident: Incident) -> bool:
    """Whether the clock runs: it is open, people can see it, and it is nobody's."""
    return (
        incident.state is IncidentState.FIRING
        and incident.shown
        and incident.silenced is None
        and incident.acknowledged is None
        and incident.attention.unattended_since is not None
    )


def name_of(severity: Severity, number: int, spell: int = 1) -> str:
    """A step's name within the incident; the plans of two severities have nothing in common.

    Nor have two spells of it: what is back calls as if it were new.
    """
    name = f"{severity.value}/{number}"
    return name if spell == 1 else f"{spell}/{name}"


def _ahead(incident: Incident, plan: EscalationPlan) -> Iterator[tuple[str, EscalationStep, datetime]]:
    since = incident.attention.unattended_since
    if since is None or not runs(incident):
        return
    steps = enumerate(plan.steps.get(incident.severity, ()))
    for number, step in sorted(steps, key=lambda each: each[1].after):
        name = name_of(incident.severity, number, incident.attention.spell)
        if name not in incident.attention.steps:
            yield name, step, since + step.after
