"""What the incident service stands on, in memory: live incidents under the real reducer, and silences."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.errors import StoreUnavailable
from bot.incidents import reducer, silencing
from bot.incidents.acts import Act, ActRefusal, ActResult, DrawAnew, NotePodsDeleted
from bot.incidents.inputs import Acknowledged, Input, PodsDeleted, Resolved, Silenced, Unacknowledged
from bot.model.incident_commands import (
    AcknowledgeIncident,
    ResolveIncident,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.incidents import Incident, IncidentId, SilenceId
from bot.model.past import RestartsListed
from bot.model.pods import ClusterName, Owner, PodUid
from bot.model.silences import Silence
from tests.support.clock import HeldClock

HOURS = timedelta(hours=4)


@dataclass(kw_only=True)
class MemoryBoard:
    """Implements `incidents.ports.LiveIncidents` and `Incidents`."""

    clock: HeldClock
    held: dict[IncidentId, Incident] = field(default_factory=dict)
    failing: str = ""
    """How what is broken is: `2 of 5 Ready`; empty where all is well."""
    acts: list[Act] = field(default_factory=list)
    silences_changed: list[SilenceId] = field(default_factory=list)
    """Of which it was told."""
    on_act: Callable[[], ActResult | None] = lambda: None
    """Answers in place of the board, where it answers."""

    def hold(self, *incidents: Incident) -> None:
        self.held |= {each.id: each for each in incidents}

    async def act(self, act: Act) -> ActResult:
        self.acts.append(act)
        await asyncio.sleep(0)
        instead = self.on_act()
        if instead is not None:
            return instead
        now = self.clock.now()
        incident = self.held.get(act.command.incident)
        given = self._refused(act, incident) or self._input(act, incident, now)
        if isinstance(given, ActResult):
            return given
        after = reducer.reduce(incident, given, now).incident
        assert after is not None
        self.hold(after)
        return ActResult(incident=after)

    async def silence_changed(self, identity: SilenceId) -> None:
        self.silences_changed.append(identity)

    def _refused(self, act: Act, incident: Incident | None) -> ActResult | None:
        match act.command:
            case _ if incident is None:
                return ActResult(refusal=ActRefusal.UNKNOWN)
            case _ if incident.state.is_over:
                return ActResult(incident=incident, refusal=ActRefusal.OVER)
            case UnacknowledgeIncident() if incident.acknowledged is None:
                return ActResult(incident=incident, refusal=ActRefusal.NOBODYS)
            case ResolveIncident(force=False) if self.failing:
                return ActResult(incident=incident, refusal=ActRefusal.STILL_FAILING, words=self.failing)
        return None

    def _input(self, act: Act, incident: Incident | None, now: datetime) -> Input | ActResult:
        match act.command:
            case AcknowledgeIncident(lasting=lasting):
                return Acknowledged(by=act.by, until=now + (lasting or HOURS))
            case UnacknowledgeIncident():
                return Unacknowledged(by=act.by)
            case SilenceIncident():
                assert act.silence is not None
                return Silenced(silence=silencing.as_held(act.silence))
            case ResolveIncident(reason=reason, force=force):
                return Resolved(by=act.by, reason=reason, failing=bool(self.failing), force=force)
            case NotePodsDeleted(names=names, reason=reason):
                return PodsDeleted(by=act.by, names=names, reason=reason)
            case DrawAnew():
                assert incident is not None
                again = replace(incident, revision=incident.revision + 1)
                self.hold(again)
                return ActResult(incident=again)

    def incident(self, identity: IncidentId) -> Incident | None:
        return self.held.get(identity)

    async def find(self, identity: IncidentId) -> Incident | None:
        return self.held.get(identity)

    async def open_ones(self) -> Sequence[Incident]:
        return [each for each in self.held.values() if not each.state.is_over]


@dataclass(kw_only=True)
class MemorySilences:
    """Implements `incidents.store_ports.SilenceStore`."""

    rows: dict[SilenceId, Silence] = field(default_factory=dict)
    away: bool = False

    async def put(self, *changed: Silence) -> None:
        self._answers()
        self.rows |= {each.id: each for each in changed}

    async def get(self, identity: SilenceId) -> Silence | None:
        self._answers()
        return self.rows.get(identity)

    async def change(self, identity: SilenceId, change: Callable[[Silence], Silence]) -> Silence | None:
        self._answers()
        if identity in self.rows:
            self.rows[identity] = change(self.rows[identity])
        return self.rows.get(identity)

    async def not_ended(self) -> Sequence[Silence]:
        self._answers()
        return [each for each in self.rows.values() if each.ended_at is None]

    def _answers(self) -> None:
        if self.away:
            raise StoreUnavailable("the disk is full")


@dataclass(slots=True)
class _Row:
    act: Act
    taken: bool = False
    result: ActResult | None = None


@dataclass(frozen=True, slots=True)
class MemoryErrand:
    id: str
    act: Act


@dataclass(kw_only=True)
class MemoryErrands:
    """Implements `incidents.store_ports.ErrandStore`."""

    rows: dict[str, _Row] = field(default_factory=dict)
    away: bool = False

    async def put(self, errand: str, act: Act) -> None:
        self._answers()
        self.rows[errand] = _Row(act)

    async def waiting(self) -> Sequence[MemoryErrand]:
        self._answers()
        return [MemoryErrand(name, row.act) for name, row in self.rows.items() if not row.taken]

    async def take(self, errand: str, at: datetime) -> bool:
        self._answers()
        row = self.rows[errand]
        first, row.taken = not row.taken, True
        return first

    async def answer(self, errand: str, result: ActResult, at: datetime) -> None:
        self._answers()
        self.rows[errand].result = result

    async def result(self, errand: str) -> ActResult | None:
        self._answers()
        return self.rows[errand].result

    def _answers(self) -> None:
        if self.away:
            raise StoreUnavailable("the disk is full")


@dataclass(kw_only=True)
class FewRestarts:
    """Implements `incidents.store_ports.Restarts`."""

    listed: RestartsListed = field(default_factory=lambda: RestartsListed(deaths=(), total=0))

    async def restarts(
        self, cluster: ClusterName, namespace: str, owner: Owner, since: datetime
    ) -> RestartsListed:
        return self.listed


@dataclass(kw_only=True)
class FewCounts:
    """Implements `incidents.ports.PodHistory`."""

    in_the_last_hour: int = 0

    def restarts(self, uid: PodUid, after: datetime) -> int:
        return self.in_the_last_hour
