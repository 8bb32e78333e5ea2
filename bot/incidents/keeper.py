"""The keeper: takes what the watch finds, folds deaths into incidents, and has them written and announced.

All incidents that live are in memory; what changes goes to the store first, in one transaction with the
letter that tells it, and then to the outbox (`journal`). A death that the ledger has already is no news.
First alerts wait for their evidence for a moment; what comes later edits the same message. A death whose
cause its pod's events may still tell is refined before it is folded, because the cause decides which
incident it belongs to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot import logs
from bot.clock import Clock
from bot.incidents import engine, recovery
from bot.incidents.followup import FollowUp
from bot.incidents.held import Held
from bot.incidents.ids import IdStock, random_id
from bot.incidents.journal import Journal
from bot.incidents.ports import IncidentStore, LogSource, Masker, Outbox, PodLookup, Surroundings
from bot.incidents.reading import EvidenceReader
from bot.incidents.records import RecordedDeath
from bot.incidents.recovery import Judgement, Verdict
from bot.incidents.wording import letter_of
from bot.model.deaths import Death, DeathId
from bot.model.events import Event
from bot.model.incidents import Ending, Evidence, Incident, IncidentId, IncidentKey, IncidentState
from bot.model.letters import Letter
from bot.model.memory import Checkpoint, Findings
from bot.model.people import ChannelId
from bot.model.probes import may_be_probe_kill
from bot.model.surroundings import JobEnd

QUEUE = 10_000
"""Findings that may wait to be taken in; the watch waits beyond that."""

AT_ONCE = 200
"""Findings that go into one transaction, where so many wait."""

PROMPTLY = 1.0
"""Seconds that a first alert waits for its evidence before it goes out without."""

REFINING_AT_ONCE = 32
"""Findings that may wait for their events; in a storm more are told as they look, and ask for nothing."""

MOST_INCIDENTS = 5_000
"""Incidents kept in memory; the one that was quiet for longest goes first."""

SWEEP_EVERY = 60.0
"""Seconds between two looks for incidents that are over for good."""

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class _Refined:
    """Findings whose deaths have the causes that the events tell."""

    findings: Findings
    events: Sequence[Event] | None


class Keeper:
    """Of one cluster's incidents, for one term of its leader."""

    def __init__(
        self,
        *,
        channel: ChannelId,
        store: IncidentStore,
        outbox: Outbox,
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
        self._store = store
        self._mask = mask
        self._clock = clock
        self._journal = Journal(store, outbox, clock, worded=self._worded)
        self._ids = IdStock(store, new_id)
        self._queue: asyncio.Queue[Findings | Checkpoint | _Refined] = asyncio.Queue(QUEUE)
        self._held: dict[IncidentKey, Held] = {}
        self._gatherers: set[asyncio.Task[None]] = set()
        self._refiners: set[asyncio.Task[None]] = set()
        self._refines = surroundings is not None
        self._reader = EvidenceReader(source, mask, clock, surroundings)
        self._followup: FollowUp | None = None
        if surroundings is not None and pods is not None:
            self._followup = FollowUp(
                lambda: tuple(self._held.values()),
                self._conclude,
                pods=pods,
                surroundings=surroundings,
                clock=clock,
            )

    @property
    def trouble(self) -> str:
        """Why nothing can be saved at the moment; empty while all is well."""
        return self._journal.trouble

    def incident(self, identity: IncidentId) -> Incident | None:
        """The incident of this id as it stands now; None where it is no longer kept."""
        held = (each.incident for each in self._held.values())
        return next((incident for incident in held if incident.id == identity), None)

    async def begin(self) -> None:
        """Take up the incidents that the store has, before anything is recorded.

        Raises `StoreUnavailable`: without them, all that still fails would be told anew.
        """
        for kept in sorted(await self._store.live(), key=lambda each: each.incident.last_at):
            # Its letter was written together with it, and is the outbox's to deliver.
            self._held[kept.incident.key] = Held(incident=kept.incident, following=kept.following, told=True)

    async def record(self, findings: Findings) -> None:
        """Take what one look at a pod brought. Waits while the queue is full."""
        if findings.deaths:
            masked, _ = self._mask([each.message for each in findings.deaths])
            deaths = zip(findings.deaths, masked, strict=True)
            findings = replace(
                findings, deaths=tuple(replace(death, message=message) for death, message in deaths)
            )
        await self._queue.put(findings)

    async def reached(self, checkpoint: Checkpoint) -> None:
        """Remember how far the watch has come, once all that was recorded before is written."""
        await self._queue.put(checkpoint)

    async def run(self) -> None:
        """Work the queue off, and follow what is open, until cancelled. Raises `Deposed`."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._journal.run(), name="journal of incidents")
            tasks.create_task(self._sweep(), name="sweep of incidents")
            if self._followup is not None:
                tasks.create_task(self._followup.run(), name="follow-up of incidents")
            for held in tuple(self._held.values()):
                self._gather(tasks, held)
            while True:
                waiting = [await self._queue.get()]
                while len(waiting) < AT_ONCE and not self._queue.empty():
                    waiting.append(self._queue.get_nowait())
                await self._take(waiting, tasks)
                for _ in waiting:
                    self._queue.task_done()

    async def settle(self, seconds: float) -> None:
        """Return when every death taken so far is announced with its evidence, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._queue.join()
                while under_way := self._refiners | self._gatherers:
                    await asyncio.wait(under_way)
                    await self._queue.join()
        except TimeoutError:
            log.warning("deaths_left_without_evidence", incidents=len(self._gatherers))

    async def _take(
        self, waiting: Iterable[Findings | Checkpoint | _Refined], tasks: asyncio.TaskGroup
    ) -> None:
        waiting = tuple(waiting)
        ends = [death.id for each in waiting for death in _deaths(each) if not death.cause.is_stuck]
        known = set(await self._journal.known(ends))
        await self._ids.fill(len(ends) + len(waiting))
        changed: dict[IncidentId, Held] = {}
        for each in waiting:
            match each:
                case Checkpoint():
                    self._reach(each, tasks)
                case Findings():
                    news = replace(each, deaths=tuple(_new(each.deaths, known)))
                    if self._is_to_be_refined(news):
                        self._start(tasks, self._refiners, self._refine(news), f"cause of {each.uid}")
                    else:
                        self._fold(news, None, changed)
                case _Refined(findings, events):
                    news = replace(findings, deaths=tuple(_new(findings.deaths, known)))
                    self._fold(news, events, changed)
        await self._journal.save()
        for held in changed.values():
            self._gather(tasks, held)

    def _reach(self, checkpoint: Checkpoint, tasks: asyncio.TaskGroup) -> None:
        """Note the checkpoint; a death that is still being refined was found before it, and comes first."""
        before = set(self._refiners)
        if not before:
            self._journal.checkpoint(checkpoint)
            return

        async def wait() -> None:
            await asyncio.wait(before)
            await self._queue.put(checkpoint)

        tasks.create_task(wait(), name="checkpoint of the watch")

    def _is_to_be_refined(self, findings: Findings) -> bool:
        return (
            self._refines
            and any(may_be_probe_kill(death) for death in findings.deaths)
            and len(self._refiners) < REFINING_AT_ONCE
        )

    async def _refine(self, findings: Findings) -> None:
        """Bring the deaths back with the causes that their pod's events tell."""
        told, read = [], None
        for death in findings.deaths:
            refined, read = await self._reader.refined(death)
            told.append(refined)
        await self._queue.put(_Refined(replace(findings, deaths=tuple(told)), read))

    def _fold(
        self, findings: Findings, events: Sequence[Event] | None, changed: dict[IncidentId, Held]
    ) -> None:
        """Fold the deaths into their incidents, and note all that is to be written of these findings."""
        for death in findings.deaths:
            held = self._folded(death)
            if held is None:
                continue
            if events is not None:
                held.events = (death, events)
            incident = held.incident
            self._journal.death(RecordedDeath(death=death, incident=incident.id, revision=incident.revision))
            self._journal.incident(held)
            changed[incident.id] = held
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
        self._journal.remembered(findings.uid, findings.memory)

    def _folded(self, death: Death) -> Held | None:
        """The incident with the death in it; None where what is stuck is told already."""
        key = engine.key_of(death)
        held = self._held.get(key)
        if held is not None and death.cause.is_stuck and _tells(held.incident, death):
            return None
        if held is not None and engine.folds(held.incident, death):
            del self._held[key]
            held.incident = engine.with_death(held.incident, death)
        else:
            if held is not None:
                self._let_go(held)
            held = Held(incident=engine.opened(self._ids.take(), death))
        if self._followup is not None:
            held.following = recovery.followed(held.following, death)
        self._held[key] = held  # last in the dict: the first one is the one quiet for longest
        while len(self._held) > MOST_INCIDENTS:
            self._let_go(next(iter(self._held.values())))
        return held

    def _let_go(self, held: Held) -> None:
        """Nothing more will be said of it."""
        if self._held.get(held.incident.key) is held:
            del self._held[held.incident.key]
        held.final = True
        self._journal.incident(held)

    async def _sweep(self) -> None:
        """Let go what is over and will not be reopened any more."""
        while True:
            await self._clock.sleep(SWEEP_EVERY)
            now = self._clock.now()
            for held in tuple(self._held.values()):
                if engine.is_closed(held.incident, now) and not held.gathering:
                    self._let_go(held)
            await self._journal.save()

    def _gather(self, tasks: asyncio.TaskGroup, held: Held) -> None:
        """Have the evidence of the latest death read, unless it is there or on its way."""
        evidence = held.incident.evidence
        if held.gathering or (evidence is not None and evidence.death.id == held.incident.latest.id):
            return
        held.gathering = True
        self._start(tasks, self._gatherers, self._complete(held), f"evidence {held.incident.id}")

    @staticmethod
    def _start(
        tasks: asyncio.TaskGroup, among: set[asyncio.Task[None]], work: Coroutine[None, None, None], name: str
    ) -> None:
        task = tasks.create_task(work, name=name)
        among.add(task)
        task.add_done_callback(among.discard)

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

    async def _evidence(self, held: Held, death: Death) -> Evidence:
        """The evidence; what has not been told at all yet is told without when it is slow."""
        known = held.incident.evidence.circumstances if held.incident.evidence else None
        of, events = held.events or (None, None)
        held.events = None
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(
                self._reader.read(death, events if of == death else None, known), name="evidence: reading"
            )
            patience = tasks.create_task(self._clock.sleep(PROMPTLY), name="evidence: patience")
            await asyncio.wait({reading, patience}, return_when=asyncio.FIRST_COMPLETED)
            patience.cancel()
            if not reading.done() and not held.told:
                await self._announce(held)
        return reading.result()

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

    async def _announce(self, held: Held) -> None:
        held.told = True
        self._journal.incident(held)
        await self._journal.save()

    def _worded(self, held: Held, unsaved: bool) -> Letter:
        return letter_of(held.incident, self._channel, self._clock.now(), unsaved=unsaved, final=held.final)


def _deaths(waiting: Findings | Checkpoint | _Refined) -> tuple[Death, ...]:
    match waiting:
        case Findings():
            return waiting.deaths
        case _Refined():
            return waiting.findings.deaths
        case Checkpoint():
            return ()


def _new(deaths: Iterable[Death], known: set[DeathId]) -> Iterator[Death]:
    """Those that are not known; they are, from then on."""
    for death in deaths:
        if death.cause.is_stuck:
            yield death
        elif death.id not in known:
            known.add(death.id)
            yield death


def _tells(incident: Incident, death: Death) -> bool:
    """Whether an incident says already that this pod is stuck, which a restarted podbot finds out once more.

    What began after it was last told is another time.
    """
    began = death.started_at or death.seen_at
    told = incident.state is IncidentState.FIRING and death.id.uid in incident.pods
    return told and began <= incident.last_at
