"""Acknowledging, letting go, closing: what is asked of the one who keeps the live incidents."""

from __future__ import annotations

from bot.clock import Clock
from bot.incidents.access import Access, named
from bot.incidents.acts import Act, ActCommand, ActRefusal, ActResult, DrawAnew
from bot.incidents.ports import Board, Gate
from bot.incidents.store_ports import Incidents
from bot.model.answers import Decision
from bot.model.commands import DeletePod
from bot.model.incident_answers import Acted
from bot.model.incident_commands import (
    AcknowledgeIncident,
    DeleteDeadPod,
    ResolveIncident,
    UnacknowledgeIncident,
)
from bot.model.incident_problems import (
    AnotherDied,
    IncidentMerged,
    IncidentOver,
    NobodyHasIt,
    NoSuchIncident,
    NotTakenInTime,
    StillFailing,
)
from bot.model.incidents import Incident, IncidentId, IncidentState, SilenceId
from bot.model.people import Asker
from bot.model.silences import Silence

_DETAILS = {
    AcknowledgeIncident: "acknowledge",
    UnacknowledgeIncident: "let go",
    ResolveIncident: "resolve",
}


class Acting:
    """Does what people ask of one cluster's live incidents, where they may."""

    def __init__(self, gate: Gate, board: Board, incidents: Incidents, clock: Clock) -> None:
        self._gate = gate
        self._access = Access(gate)
        self._board = board
        self._incidents = incidents
        self._clock = clock

    async def act(
        self, asker: Asker, command: AcknowledgeIncident | UnacknowledgeIncident | ResolveIncident
    ) -> Acted:
        """Do it, once, and say how the incident is then."""
        incident, decision = await self.allowed(asker, command.incident)
        with self._gate.audited(asker, decision, named(incident), _detail(command)):
            result = await self._board.act(Act(command=command, by=asker.person.id, at=self._clock.now()))
            return Acted(command=command, incident=done(command.incident, result) or incident)

    async def apply(self, asker: Asker, command: ActCommand, silence: Silence) -> ActResult:
        """Have a silence that is written take hold of its incident at once."""
        act = Act(command=command, by=asker.person.id, at=self._clock.now(), silence=silence)
        return await self._board.act(act)

    async def silence_changed(self, identity: SilenceId) -> None:
        """Have what is written of a silence hold at once, where its cluster is led from here."""
        await self._board.silence_changed(identity)

    async def draw_anew(self, asker: Asker, identity: IncidentId) -> None:
        """Have its message drawn once more; whoever sees it may ask for that."""
        command = DrawAnew(incident=identity)
        await self._board.act(Act(command=command, by=asker.person.id, at=self._clock.now()))

    async def dead_pod(self, asker: Asker, command: DeleteDeadPod) -> DeletePod:
        """The deletion of the pod that died last, if that is the one that the asker saw."""
        incident = await self.found(command.incident)
        decision = self._access.to_read(asker, incident)
        with self._gate.audited(asker, decision, named(incident), "delete the pod that died"):
            death = incident.latest
            if death.id.uid != command.uid:
                raise AnotherDied(incident.id, death.pod, death.id.uid)
        return DeletePod(namespace=death.namespace, pod=death.pod, uid=command.uid)

    async def allowed(self, asker: Asker, identity: IncidentId) -> tuple[Incident, Decision]:
        """An incident on which the asker may act."""
        incident = await self.found(identity)
        return incident, self._access.to_act(asker, incident)

    async def found(self, identity: IncidentId) -> Incident:
        """An incident; raises `NoSuchIncident`."""
        incident = await self._incidents.find(identity)
        if incident is None:
            raise NoSuchIncident(identity)
        return incident


def done(identity: IncidentId, result: ActResult) -> Incident | None:
    """The incident after an act, where it is known; raises why nothing was changed."""
    incident = result.incident
    match result.refusal:
        case None:
            return incident
        case ActRefusal.OVER if incident is not None and incident.part_of is not None:
            raise IncidentMerged(identity, incident.part_of)
        case ActRefusal.OVER:
            raise IncidentOver(identity, result.words or how_it_ended(incident))
        case ActRefusal.UNKNOWN:
            raise IncidentOver(identity, "it ended a while ago")
        case ActRefusal.NOBODYS:
            raise NobodyHasIt(identity)
        case ActRefusal.STILL_FAILING:
            raise StillFailing(identity, result.words)
        case ActRefusal.TOO_LATE:
            raise NotTakenInTime


def how_it_ended(incident: Incident | None) -> str:
    """Of one that is over, as far as that is known. Who closed it need not have said why."""
    ending = incident.ending if incident is not None else None
    if ending is None:
        return "it ended"
    if incident is not None and incident.state is IncidentState.CLOSED:
        return f"closed by a person{f': {ending.words}' if ending.words else ''}"
    return ending.words or "it ended"


def _detail(command: AcknowledgeIncident | UnacknowledgeIncident | ResolveIncident) -> str:
    words = _DETAILS[type(command)]
    if isinstance(command, ResolveIncident):
        forced = " although it still fails" if command.force else ""
        return f"{words}{forced}{f': {command.reason}' if command.reason else ''}"
    return words
