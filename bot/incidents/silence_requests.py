"""Silences that people ask for, edit, end and look at.

A silence is a row of the store before anything else: whoever keeps the incidents of its cluster reads it
within a second or so, now or after a restart, and is told of it at once where that is this replica.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot import logs
from bot.clock import Clock
from bot.errors import UserError
from bot.incidents import silencing
from bot.incidents.access import Access, named
from bot.incidents.acting import Acting, done, how_it_ended
from bot.incidents.acts import ActRefusal
from bot.incidents.ids import random_id
from bot.incidents.ports import Gate
from bot.incidents.store_ports import Incidents, SilenceStore
from bot.model.answers import Decision
from bot.model.incident_answers import SilenceChange, SilenceChanged, SilenceList
from bot.model.incident_commands import CreateSilence, EditSilence, EndSilence, SilenceIncident
from bot.model.incident_problems import (
    HowLong,
    IncidentMerged,
    IncidentOver,
    NoSuchScope,
    NoSuchSilence,
    NothingChanged,
    NothingToEdit,
    SilenceOver,
    StoreAway,
)
from bot.model.incidents import IncidentId, SilenceId
from bot.model.people import Asker
from bot.model.pods import ClusterName, Pod
from bot.model.silences import Silence, SilenceScope

MARK = "S"
"""With this a silence's id begins, and has one sign more than an incident's: the two are never mixed up."""

_ATTEMPTS = 5

log = logs.get(__name__)


class SilenceRequests:
    """Does what people ask of one cluster's silences.

    A silence never reaches beyond the cluster on which it was asked for.
    """

    def __init__(
        self,
        cluster: ClusterName,
        gate: Gate,
        acting: Acting,
        clock: Clock,
        *,
        incidents: Incidents,
        silences: SilenceStore,
        pods: Callable[[], Sequence[Pod]],
    ) -> None:
        self._cluster = cluster
        self._gate = gate
        self._access = Access(gate)
        self._acting = acting
        self._incidents = incidents
        self._silences = silences
        self._clock = clock
        self._pods = pods

    async def of_incident(self, asker: Asker, command: SilenceIncident) -> SilenceChanged:
        """Silence what an incident tells of."""
        if command.asks:
            raise HowLong(command.incident)
        incident, decision = await self._acting.allowed(asker, command.incident)
        with self._gate.audited(asker, decision, named(incident), _because("silence", command.reason)):
            if incident.part_of is not None:
                raise IncidentMerged(incident.id, incident.part_of)
            if incident.state.is_over:
                raise IncidentOver(incident.id, how_it_ended(incident))
            silence = silencing.of_incident(
                await self._new_id(),
                incident,
                None if command.until_resolved else command.lasting,
                asker.person.id,
                self._clock.now(),
                reason=command.reason,
            )
            await self._silences.put(silence)
            return await self._applied(asker, command, silence)

    async def create(self, asker: Asker, command: CreateSilence) -> SilenceChanged:
        """A silence over more than one incident, or over what is not there yet."""
        scope = replace(command.scope, cluster=silencing.exactly(self._cluster))
        decision = self._access.to_silence(asker, scope)
        with self._gate.audited(asker, decision, _object(scope), _because("silence", command.reason)):
            self._check_pod(scope)
            silence = silencing.created(
                await self._new_id(),
                scope,
                command.lasting,
                asker.person.id,
                self._clock.now(),
                reason=command.reason,
                open_ones=await self._incidents.open_ones(),
            )
            await self._silences.put(silence)
            await self._acting.silence_changed(silence.id)
            return SilenceChanged(change=SilenceChange.BEGUN, silence=silence, by=asker.person.id)

    async def edit(self, asker: Asker, command: EditSilence) -> SilenceChanged:
        """Another end, counted from now, or another reason."""
        if command.lasting is None and not command.reason:
            raise NothingToEdit(command.silence)
        if command.lasting is None:
            silence, _ = await self._allowed(asker, command.silence)
            if command.reason == silence.reason:
                raise NothingChanged(silence.id)
        now = self._clock.now()
        return await self._change(
            asker,
            command.silence,
            SilenceChange.EDITED,
            lambda each: silencing.edited(each, now, lasting=command.lasting, reason=command.reason),
        )

    async def end(self, asker: Asker, command: EndSilence) -> SilenceChanged:
        """End it before its time; it may be named by the incident that it silences."""
        now, person = self._clock.now(), asker.person.id
        return await self._change(
            asker,
            command.silence,
            SilenceChange.ENDED,
            lambda each: silencing.ended(each, now, person) if each.lasts(now) else each,
        )

    async def list(self, asker: Asker) -> SilenceList:
        """Those that hold."""
        now = self._clock.now()
        holding = [
            each
            for each in await self._silences.not_ended()
            if each.lasts(now) and silencing.concerns(each, self._cluster)
        ]
        shown = [each for each in holding if self._access.may_see(asker, each.scope)]
        shown.sort(key=lambda each: each.until)
        return SilenceList(cluster=self._cluster, silences=tuple(shown), hidden=len(holding) - len(shown))

    async def found(self, asker: Asker, identity: SilenceId) -> Silence:
        """A silence that holds and that the asker may change."""
        silence, _ = await self._allowed(asker, identity)
        return silence

    async def _change(
        self, asker: Asker, identity: SilenceId, change: SilenceChange, edit: Callable[[Silence], Silence]
    ) -> SilenceChanged:
        silence, decision = await self._allowed(asker, identity)
        with self._gate.audited(asker, decision, f"silence/{silence.id}", change.value):
            changed = await self._silences.change(silence.id, edit)
            if changed is None:
                raise NoSuchSilence(silence.id)
            await self._acting.silence_changed(silence.id)
            return SilenceChanged(change=change, silence=changed, by=asker.person.id)

    async def _allowed(self, asker: Asker, identity: SilenceId) -> tuple[Silence, Decision]:
        silence = await self._silences.get(identity) or await self._of_its_incident(identity)
        if silence is None or not silencing.concerns(silence, self._cluster):
            raise NoSuchSilence(identity)
        decision = await self._decision(asker, silence)
        if not silence.lasts(self._clock.now()):
            raise SilenceOver(silence.id)
        return silence, decision

    async def _decision(self, asker: Asker, silence: Silence) -> Decision:
        """Who may act on an incident may end its silence, however wide the incident is."""
        bound = await self._incidents.find(silence.incident) if silence.incident is not None else None
        if bound is not None:
            return self._access.to_act(asker, bound)
        return self._access.to_silence(asker, silence.scope)

    async def _of_its_incident(self, identity: SilenceId) -> Silence | None:
        incident = await self._incidents.find(IncidentId(identity))
        if incident is None or incident.silenced is None:
            return None
        return await self._silences.get(incident.silenced.silence)

    async def _applied(self, asker: Asker, command: SilenceIncident, silence: Silence) -> SilenceChanged:
        """Have the incident fall silent at once. Where that cannot be, its keeper reads the row soon."""
        try:
            result = await self._acting.apply(asker, command, silence)
        except UserError as error:
            log.info("silence_applied_later", silence=silence.id, problem=str(error))
            return SilenceChanged(change=SilenceChange.BEGUN, silence=silence, by=asker.person.id)
        if result.refusal is ActRefusal.TOO_LATE:
            return SilenceChanged(change=SilenceChange.BEGUN, silence=silence, by=asker.person.id)
        try:
            incident = done(command.incident, result)
        except UserError:
            now = self._clock.now()
            await self._silences.change(silence.id, lambda each: silencing.ended(each, now, asker.person.id))
            raise
        return SilenceChanged(
            change=SilenceChange.BEGUN, silence=silence, by=asker.person.id, incident=incident
        )

    def _check_pod(self, scope: SilenceScope) -> None:
        """A whole name that no pod has is a slip: a silence of it would keep nothing back."""
        pod, namespace = scope.pod, scope.namespace
        if not pod or any(sign in pod + namespace for sign in "*?") or not namespace:
            return
        if all(each.name != pod or each.namespace != namespace for each in self._pods()):
            raise NoSuchScope(pod, namespace)

    async def _new_id(self) -> SilenceId:
        for _ in range(_ATTEMPTS):
            identity = SilenceId(f"{MARK}{random_id()}")
            if await self._silences.get(identity) is None:
                return identity
        raise StoreAway


def _object(scope: SilenceScope) -> str:
    return f"silence of {scope}"


def _because(what: str, reason: str) -> str:
    return f"{what}: {reason}" if reason else what
