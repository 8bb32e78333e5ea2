"""The keeper: takes deaths, keeps the incidents they make, and has them announced.

State is in memory. Deaths wait in a bounded queue, so that a storm slows the watch down instead of
filling the memory.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime

from bot import logs
from bot.clock import Clock
from bot.incidents import announce, circumstances, engine, recovery
from bot.incidents.evidence import gather
from bot.incidents.followup import FollowUp, Held
from bot.incidents.ports import Announcer, LogSource, Masker, PodLookup, Surroundings
from bot.incidents.recovery import Judgement, Verdict
from bot.model.deaths import Death
from bot.model.events import Event
from bot.model.incidents import Ending, Evidence, Incident, IncidentId, IncidentKey
from bot.model.people import ChannelId
from bot.model.probes import may_be_probe_kill
from bot.model.surroundings import JobEnd

QUEUE = 10_000
"""Deaths that may wait to be taken in."""

EVIDENCE_AT_ONCE = 8
"""Deaths whose evidence is read at the same time; requests to the API server stay few in a storm."""

PROMPTLY = 1.0
"""Seconds that a first alert waits for its evidence before it goes out without."""

REFINED_WITHIN = 1.0
"""Seconds that a death waits for the events that may tell its cause; without them it is told as it looks, and
corrected when they come."""

REFINING_AT_ONCE = 32
"""Deaths that may wait so; in a storm more of them are told as they look, and ask for nothing."""

MOST_INCIDENTS = 5_000
"""Incidents kept in memory; the one that was quiet for longest goes first."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letters that look like digits."""

log = logs.get(__name__)


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
        surroundings: Surroundings | None = None,
        pods: PodLookup | None = None,
    ) -> None:
        """Without `surroundings` a death is told by its pod's status and log alone; without `pods` as well no
        incident is followed to its end.
        """
        self._channel = channel
        self._announcer = announcer
        self._source = source
        self._mask = mask
        self._clock = clock
        self._new_id = new_id
        self._queue: asyncio.Queue[Death] = asyncio.Queue(QUEUE)
        self._held: dict[IncidentKey, Held] = {}
        self._readers = asyncio.Semaphore(EVIDENCE_AT_ONCE)
        self._gatherers: set[asyncio.Task[None]] = set()
        self._refiners: set[asyncio.Task[None]] = set()
        self._surroundings = surroundings
        self._followup: FollowUp | None = None
        if surroundings is not None and pods is not None:
            self._followup = FollowUp(
                lambda: tuple(self._held.values()),
                self._conclude,
                pods=pods,
                surroundings=surroundings,
                clock=clock,
            )

    def incident(self, identity: IncidentId) -> Incident | None:
        """The incident of this id as it stands now; None where it is no longer kept."""
        held = (each.incident for each in self._held.values())
        return next((incident for incident in held if incident.id == identity), None)

    async def record(self, death: Death) -> None:
        """Take one death; each is to be handed in once. Waits while the queue is full."""
        masked, _ = self._mask([death.message])
        await self._queue.put(replace(death, message=masked[0]))

    async def run(self) -> None:
        """Work the queue off, and follow what is open, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            if self._followup is not None:
                tasks.create_task(self._followup.run(), name="follow-up of incidents")
            while True:
                death = await self._queue.get()
                if self._is_to_be_refined(death):
                    self._start(tasks, self._refiners, self._refine(death, tasks), f"cause of {death.pod}")
                else:
                    await self._take(death, None, tasks)
                self._queue.task_done()

    def _is_to_be_refined(self, death: Death) -> bool:
        return (
            self._surroundings is not None
            and may_be_probe_kill(death)
            and len(self._refiners) < REFINING_AT_ONCE
        )

    async def _refine(self, death: Death, tasks: asyncio.TaskGroup) -> None:
        """Take the death with the cause that its pod's events tell: it decides which incident that is."""
        events = None
        if self._surroundings is not None:
            events = await circumstances.events_within(self._surroundings, death, REFINED_WITHIN)
        await self._take(circumstances.refined(self._mask, death, events or ()), events, tasks)

    async def _take(self, death: Death, events: Sequence[Event] | None, tasks: asyncio.TaskGroup) -> None:
        held = self._fold(death)
        incident = held.incident
        if events is not None:
            held.events = (death, events)
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
            self._start(tasks, self._gatherers, self._complete(held), f"evidence {incident.id}")

    @staticmethod
    def _start(
        tasks: asyncio.TaskGroup, among: set[asyncio.Task[None]], work: Coroutine[None, None, None], name: str
    ) -> None:
        task = tasks.create_task(work, name=name)
        among.add(task)
        task.add_done_callback(among.discard)

    async def settle(self, seconds: float) -> None:
        """Return when every death taken so far is announced with its evidence, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._queue.join()
                while under_way := self._refiners | self._gatherers:
                    await asyncio.wait(under_way)
        except TimeoutError:
            log.warning("deaths_left_without_evidence", incidents=len(self._gatherers))

    def _fold(self, death: Death) -> Held:
        key = engine.key_of(death)
        held = self._held.pop(key, None)
        if held is not None and engine.folds(held.incident, death):
            held.incident = engine.with_death(held.incident, death)
        else:
            if held is not None:
                self._announcer.forget(held.incident.id)
            held = Held(incident=engine.opened(self._free_id(), death))
        if self._followup is not None:
            held.following = recovery.followed(held.following, death)
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

    async def _complete(self, held: Held) -> None:
        """Read the evidence of the latest death, and again if there is a newer one by then; announce each."""
        try:
            while True:
                death = held.incident.latest
                evidence = await self._evidence(held, death)
                self._complete_with(held, evidence)
                await self._announce(held)
                if held.incident.latest.id == death.id:
                    return
        finally:
            held.gathering = False

    def _complete_with(self, held: Held, evidence: Evidence) -> None:
        before = held.incident.key
        incident = engine.corrected(engine.with_evidence(held.incident, evidence), evidence.death)
        moves = incident.key != before
        if moves and (incident.key in self._held or self._held.get(before) is not held):
            # Its right cause has an incident already, and two are not made one; or it is no longer held.
            incident, moves = replace(incident, key=before), False
        around = evidence.circumstances
        if around is not None and around.owner is not None and around.owner.job_end is JobEnd.FAILED:
            incident = engine.escalated(incident, around.owner.job_reason)
        held.incident = incident
        if moves:
            self._held[incident.key] = self._held.pop(before)

    async def _conclude(self, held: Held, judgement: Judgement, since: datetime) -> None:
        """Carry out what the follow-up found; nothing more is expected of the incident then."""
        before = held.incident
        ending = Ending(since=since, words=judgement.words)
        match judgement.verdict:
            case Verdict.RECOVERED:
                held.incident = engine.recovered(before, ending)
            case Verdict.GONE:
                held.incident = engine.gone(before, ending)
            case Verdict.ESCALATE:
                held.incident = engine.escalated(before, judgement.words)
            case Verdict.WAIT | Verdict.ASK_OWNER:
                return
        held.following = None
        if held.incident is not before:
            log.info("incident", incident=before.id, verdict=judgement.verdict.value, why=judgement.words)
            await self._announce(held)

    async def _evidence(self, held: Held, death: Death) -> Evidence:
        """The evidence; what has not been told at all yet is told without when it is slow."""
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._read(held, death), name="evidence: reading")
            patience = tasks.create_task(self._clock.sleep(PROMPTLY), name="evidence: patience")
            await asyncio.wait({reading, patience}, return_when=asyncio.FIRST_COMPLETED)
            patience.cancel()
            if not reading.done() and not held.told:
                await self._announce(held)
        return reading.result()

    async def _read(self, held: Held, death: Death) -> Evidence:
        async with self._readers:
            try:
                return await self._gather(held, death)
            except Exception:
                # Whatever a log or its server did to us: the alert goes out without it, and the next pod's
                # evidence is read as if nothing had been.
                log.exception("evidence_failed", namespace=death.namespace, pod=death.pod)
                return Evidence(death=death, missing="podbot stumbled over it; its own log says how.")

    async def _gather(self, held: Held, death: Death) -> Evidence:
        """The log and the circumstances, side by side."""
        if self._surroundings is None:
            return await gather(self._source, self._mask, death)
        known = held.incident.evidence.circumstances if held.incident.evidence else None
        of, events = held.events or (None, None)
        held.events = None
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(gather(self._source, self._mask, death), name="evidence: log")
            around = circumstances.read(
                self._surroundings,
                self._mask,
                death,
                self._clock.now(),
                events=events if of == death else None,
                known=known,
            )
            told, found = await around
        return replace(reading.result(), death=told, circumstances=found)

    async def _announce(self, held: Held) -> None:
        held.told = True
        incident = held.incident
        try:
            message = announce.message(incident)
        except Exception:
            # A death that we cannot put into words must not silence those that come after it.
            log.exception("incident_without_words", incident=incident.id)
            message = announce.bare(incident)
        await self._announcer.announce(incident.id, self._channel, message)
