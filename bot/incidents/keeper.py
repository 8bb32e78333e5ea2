"""The keeper: takes deaths, keeps the incidents they make, and has them announced.

State is in memory. Deaths wait in a bounded queue, so that a storm slows the watch down instead of
filling the memory.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot import logs
from bot.clock import Clock
from bot.incidents import announce, engine
from bot.incidents.evidence import gather
from bot.incidents.ports import Announcer, LogSource, Masker
from bot.model.deaths import Death
from bot.model.incidents import Evidence, Incident, IncidentId, IncidentKey
from bot.model.people import ChannelId

QUEUE = 10_000
"""Deaths that may wait to be taken in."""

EVIDENCE_AT_ONCE = 8
"""Deaths whose evidence is read at the same time; requests to the API server stay few in a storm."""

PROMPTLY = 1.0
"""Seconds that a first alert waits for its evidence before it goes out without."""

MOST_INCIDENTS = 5_000
"""Incidents kept in memory; the one that was quiet for longest goes first."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letters that look like digits."""

log = logs.get(__name__)


@dataclass(slots=True)
class _Held:
    incident: Incident
    gathering: bool = False
    """Its evidence is being read."""
    told: bool = False
    """It has been announced at least once."""


def random_id() -> IncidentId:
    """A new incident's id."""
    return IncidentId("".join(secrets.choice(ALPHABET) for _ in range(4)))


class Keeper:
    """Of all incidents of the clusters it gets deaths from."""

    def __init__(
        self,
        *,
        channel: ChannelId,
        announcer: Announcer,
        source: LogSource,
        mask: Masker,
        clock: Clock,
        new_id: Callable[[], IncidentId] = random_id,
    ) -> None:
        self._channel = channel
        self._announcer = announcer
        self._source = source
        self._mask = mask
        self._clock = clock
        self._new_id = new_id
        self._queue: asyncio.Queue[Death] = asyncio.Queue(QUEUE)
        self._held: dict[IncidentKey, _Held] = {}
        self._readers = asyncio.Semaphore(EVIDENCE_AT_ONCE)

    async def record(self, death: Death) -> None:
        """Take one death; each is to be handed in once. Waits while the queue is full."""
        masked, _ = self._mask([death.message])
        await self._queue.put(replace(death, message=masked[0]))

    async def run(self) -> None:
        """Work the queue off until cancelled."""
        async with asyncio.TaskGroup() as gatherers:
            while True:
                death = await self._queue.get()
                held = self._fold(death)
                incident = held.incident
                log.info(
                    "death",
                    incident=incident.id,
                    cause=death.cause.value,
                    namespace=death.namespace,
                    pod=death.pod,
                    container=death.id.container,
                    restart=death.id.restart,
                    exit_code=death.exit_code,
                    uid=death.id.uid,
                )
                if held.told:
                    await self._announce(held)
                if not held.gathering:
                    held.gathering = True
                    gatherers.create_task(self._complete(held), name=f"evidence {incident.id}")

    def _fold(self, death: Death) -> _Held:
        key = engine.key_of(death)
        held = self._held.pop(key, None)
        if held is not None and engine.folds(held.incident, death):
            held.incident = engine.with_death(held.incident, death)
        else:
            if held is not None:
                self._announcer.forget(held.incident.id)
            held = _Held(incident=engine.opened(self._free_id(), death))
        self._held[key] = held  # last in the dict: the first one is the one quiet for longest
        while len(self._held) > MOST_INCIDENTS:
            oldest = self._held.pop(next(iter(self._held)))
            self._announcer.forget(oldest.incident.id)
        return held

    def _free_id(self) -> IncidentId:
        """An id that no other incident has: it is also the key under which the message is updated."""
        taken = {held.incident.id for held in self._held.values()}
        while (identity := self._new_id()) in taken:
            pass
        return identity

    async def _complete(self, held: _Held) -> None:
        """Read the evidence of the latest death, and again if there is a newer one by then; announce each."""
        try:
            while True:
                death = held.incident.latest
                evidence = await self._evidence(held, death)
                held.incident = engine.with_evidence(held.incident, evidence)
                await self._announce(held)
                if held.incident.latest is death:
                    return
        finally:
            held.gathering = False

    async def _evidence(self, held: _Held, death: Death) -> Evidence:
        """The evidence; what has not been told at all yet is told without when it is slow."""
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._read(death), name="evidence: reading")
            patience = tasks.create_task(self._clock.sleep(PROMPTLY), name="evidence: patience")
            await asyncio.wait({reading, patience}, return_when=asyncio.FIRST_COMPLETED)
            patience.cancel()
            if not reading.done() and not held.told:
                await self._announce(held)
        return reading.result()

    async def _read(self, death: Death) -> Evidence:
        async with self._readers:
            try:
                return await gather(self._source, self._mask, death)
            except Exception:
                # Whatever a log or its server did to us: the alert goes out without it, and the next pod's
                # evidence is read as if nothing had been.
                log.exception("evidence_failed", namespace=death.namespace, pod=death.pod)
                return Evidence(death=death, missing="podbot stumbled over it; its own log says how.")

    async def _announce(self, held: _Held) -> None:
        held.told = True
        incident = held.incident
        try:
            message = announce.message(incident)
        except Exception:
            # A death that we cannot put into words must not silence those that come after it.
            log.exception("incident_without_words", incident=incident.id)
            message = announce.bare(incident)
        await self._announcer.announce(incident.id, self._channel, message)
