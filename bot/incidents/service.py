"""The incident service: every request about incidents comes in here, whoever asks and however they asked.

The counterpart of the pod service: each call is authorised and audited. What is live is changed by its keeper
(`ports.Board`), wherever that runs; silences are rows of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.incidents.acting import Acting
from bot.incidents.ports import Board, Gate, PodHistory, Readings, Routing
from bot.incidents.restart_history import RestartHistories
from bot.incidents.route_explaining import RouteExplaining
from bot.incidents.silence_requests import SilenceRequests
from bot.incidents.store_ports import Incidents, Restarts, SilenceStore
from bot.model.answers import Answer
from bot.model.commands import DeletePod
from bot.model.home import HomeAlerts
from bot.model.incident_commands import (
    AcknowledgeIncident,
    CreateSilence,
    DeleteDeadPod,
    EditSilence,
    EndSilence,
    ExportIncident,
    IncidentCommand,
    ListIncidents,
    ListSilences,
    ResolveIncident,
    RoutePod,
    ShowIncident,
    ShowRestarts,
    ShowStats,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.incident_problems import AnotherDied, NotRecorded, StoreAway
from bot.model.incidents import Incident, IncidentId, SilenceId
from bot.model.people import Asker
from bot.model.pods import ClusterName, Pod
from bot.model.silences import Silence


class IncidentService:
    """What people may ask of one cluster's incidents.

    Raises `UserError`s: refusals, misses, why nothing was changed.
    """

    def __init__(
        self,
        cluster: ClusterName,
        gate: Gate,
        clock: Clock,
        *,
        board: Board,
        incidents: Incidents,
        silences: SilenceStore,
        chronicle: Restarts,
        pods: Callable[[], Sequence[Pod]],
        history: PodHistory,
        routing: Routing | None = None,
        readings: Readings | None = None,
    ) -> None:
        """`pods` are those of the mirror; without `routing` nobody is told where alerts go, without
        `readings` nothing is listed, told or exported.
        """
        self._acting = Acting(gate, board, incidents, clock)
        self._silences = SilenceRequests(
            cluster, gate, self._acting, clock, incidents=incidents, silences=silences, pods=pods
        )
        self._routes = RouteExplaining(gate, routing, clock, pods=pods)
        self._restarts = RestartHistories(gate, chronicle, clock, pods=pods, history=history)
        self._readings = readings

    async def run(self, asker: Asker, command: IncidentCommand) -> Answer:
        """Do what was asked, if the asker may. Takes some seconds where another replica has to do it."""
        try:
            return await self._run(asker, command)
        except StoreUnavailable as error:
            raise StoreAway from error

    async def dead_pod(self, asker: Asker, command: DeleteDeadPod) -> DeletePod:
        """The deletion that is meant, to be asked for and confirmed as any other."""
        try:
            return await self._acting.dead_pod(asker, command)
        except StoreUnavailable as error:
            raise StoreAway from error

    async def at_home(self, asker: Asker) -> HomeAlerts | None:
        """What is open and silenced, for the Home tab; None where nothing is. Raises `StoreUnavailable`."""
        return None if self._readings is None else await self._readings.at_home(asker)

    async def to_act_on(self, asker: Asker, identity: IncidentId) -> Incident:
        """An incident on which the asker may act: for a dialog that asks them how."""
        try:
            incident, _ = await self._acting.allowed(asker, identity)
        except StoreUnavailable as error:
            raise StoreAway from error
        return incident

    async def draw_anew(self, asker: Asker, identity: IncidentId) -> None:
        """Have the incident's message forget what was chosen in its menus, where that changed nothing."""
        try:
            await self._acting.draw_anew(asker, identity)
        except StoreUnavailable as error:
            raise StoreAway from error

    async def to_edit(self, asker: Asker, identity: SilenceId) -> Silence:
        """A silence that the asker may edit: for a dialog that asks them how."""
        try:
            return await self._silences.found(asker, identity)
        except StoreUnavailable as error:
            raise StoreAway from error

    async def _run(self, asker: Asker, command: IncidentCommand) -> Answer:
        match command:
            case AcknowledgeIncident() | UnacknowledgeIncident() | ResolveIncident():
                return await self._acting.act(asker, command)
            case SilenceIncident():
                return await self._silences.of_incident(asker, command)
            case CreateSilence():
                return await self._silences.create(asker, command)
            case EditSilence():
                return await self._silences.edit(asker, command)
            case EndSilence():
                return await self._silences.end(asker, command)
            case ListSilences():
                return await self._silences.list(asker)
            case RoutePod():
                return await self._routes.explain(asker, command)
            case ShowRestarts():
                return await self._restarts.of(asker, await self._acting.found(command.incident))
            case DeleteDeadPod():
                # Where nobody can be asked to confirm, what may be deleted is said.
                death = (await self._acting.found(command.incident)).latest
                raise AnotherDied(command.incident, death.pod, death.id.uid)
            case ShowIncident() | ListIncidents() | ExportIncident() | ShowStats():
                if self._readings is None:
                    raise NotRecorded
                return await self._readings.read(asker, command)
