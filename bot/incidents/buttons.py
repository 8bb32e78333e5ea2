"""What can be done about an open incident with one press. Pure.

At most five elements: what one does first are buttons, the rest is in the menu at the end.
"""

from __future__ import annotations

from datetime import timedelta

from bot.model.commands import DescribePod, GetLogs
from bot.model.deaths import Cause, Death
from bot.model.incident_commands import (
    AcknowledgeIncident,
    DeleteDeadPod,
    EndSilence,
    ResolveIncident,
    ShowIncident,
    ShowRestarts,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.incidents import Incident, Scope
from bot.model.messages import Actions, Button, Choice, Menu

_SILENCES = (("30 min", timedelta(minutes=30)), ("1 h", timedelta(hours=1)), ("4 h", timedelta(hours=4)))

_NOTHING_LEFT = frozenset({Cause.DELETED})
"""There is no pod to look at any more."""

_GOING = frozenset(
    {Cause.DELETED, Cause.NODE_LOST, Cause.PREEMPTED, Cause.TAINT_EVICTION, Cause.STUCK_TERMINATING}
)
"""The pod is on its way out already, or its node does not answer: there is nothing to delete by hand."""


def row(incident: Incident) -> Actions:
    """The buttons of an open incident."""
    return Actions(
        elements=(acknowledge(incident), _silence(incident), *_looks(incident), _more(incident)),
        edition=incident.revision,
    )


def acknowledge(incident: Incident) -> Button:
    """Take it, or let go of it."""
    if incident.acknowledged is None:
        return Button("Acknowledge", AcknowledgeIncident(incident=incident.id))
    return Button("Release", UnacknowledgeIncident(incident=incident.id))


def _silence(incident: Incident) -> Button | Menu:
    if incident.silenced is not None:
        return Button("End silence", EndSilence(silence=incident.silenced.silence))
    choices = [
        Choice(words, SilenceIncident(incident=incident.id, lasting=lasting)) for words, lasting in _SILENCES
    ]
    choices += [
        Choice("Until resolved", SilenceIncident(incident=incident.id, until_resolved=True)),
        Choice("Other …", SilenceIncident(incident=incident.id)),
    ]
    return Menu("Silence", tuple(choices))


def _looks(incident: Incident) -> tuple[Button, ...]:
    death = incident.latest
    if incident.key.scope is not Scope.WORKLOAD:
        return (Button("Show all", ShowIncident(incident=incident.id)),)
    if death.cause in _NOTHING_LEFT:
        return ()
    describe = Button("Describe", DescribePod(namespace=death.namespace, pod=death.pod))
    has_written = death.cause.is_container_exit or death.cause is Cause.NOT_READY
    return (Button("Logs", _logs(death)), describe) if has_written else (describe,)


def _logs(death: Death) -> GetLogs:
    return GetLogs(
        namespace=death.namespace,
        pod=death.pod,
        container=death.id.container,
        previous=death.restarts > death.id.restart,
        ended_at=death.finished_at,
    )


def _more(incident: Incident) -> Menu:
    choices: list[Choice] = []
    if incident.key.scope is Scope.WORKLOAD and incident.latest.cause not in _GOING:
        delete = DeleteDeadPod(incident=incident.id, uid=incident.latest.id.uid)
        choices.append(Choice("Delete pod …", delete))
    choices += [
        Choice("Restart history", ShowRestarts(incident=incident.id)),
        Choice("Resolve …", ResolveIncident(incident=incident.id)),
    ]
    return Menu("⋯", tuple(choices), folded=True)
