"""The keeper: takes what the watch finds, has it change incidents, and has those written and announced.

All incidents that live are in memory (`live`); what changes goes to the store first, in one transaction with
the letters that tell it, and then to the outbox (`journal`). A death that the ledger has already is no news.
First alerts wait for their evidence for a moment; what comes later edits the same message. A death whose
cause its pod's events may still tell is refined before it is folded, because the cause decides which
incident it belongs to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot import logs
from bot.clock import Clock
from bot.incidents.acts import Act, ActResult
from bot.incidents.doing import do
from bot.incidents.effects import Effect, Tell
from bot.incidents.followup import FollowUp
from bot.incidents.held import Held
from bot.incidents.ids import IdStock, random_id
from bot.incidents.inputs import Input
from bot.incidents.journal import Journal
from bot.incidents.live import Live
from bot.incidents.ports import (
    IncidentStore,
    LogSource,
    Masker,
    Outbox,
    PodLookup,
    Router,
    SilenceStore,
    Surroundings,
)
from bot.incidents.reading import EvidenceReader
from bot.incidents.records import RecordedDeath
from bot.incidents.silence_watch import SilenceWatch
from bot.incidents.wording import call_at_opening, letters_of, own_letters
from bot.model.deaths import Death, DeathId
from bot.model.events import Event
from bot.model.incidents import Evidence, Incident, IncidentId
from bot.model.letters import Letter
from bot.model.memory import Checkpoint, Findings
from bot.model.pods import ClusterName, Pod
from bot.model.probes import may_be_probe_kill

QUEUE = 10_000
"""Findings that may wait to be taken in; the watch waits beyond that."""

AT_ONCE = 200
"""Findings that go into one transaction, where so many wait."""

PROMPTLY = 1.0
"""Seconds that a first alert waits for its evidence before it goes out without."""

REFINING_AT_ONCE = 32
"""Findings that may wait for their events; in a storm more are told as they look, and ask for nothing."""

TICK_EVERY = 1.0
"""Seconds between two looks for what goes by time: steps of the escalation, silences, folds of a thread."""

SWEEP_EVERY = 60.0
"""Seconds between two looks for incidents that are over for good."""

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class _Refined:
    """Findings whose deaths have the causes that the events tell."""

    findings: Findings
    events: Sequence[Event] | None


class Keeper:
    """Of one cluster's incidents, for one term of its leader. Implements `ports.LiveIncidents`."""

    def __init__(
        self,
        *,
        cluster: ClusterName,
        router: Router,
        store: IncidentStore,
        outbox: Outbox,
        source: LogSource,
        mask: Masker,
        clock: Clock,
        new_id: Callable[[], IncidentId] = random_id,
        surroundings: Surroundings | None = None,
        pods: PodLookup | None = None,
        every_pod: Callable[[], Iterable[Pod]] = tuple,
        silences: SilenceStore | None = None,
    ) -> None:
        """Without `surroundings` a death is told by its pod's status and log alone; without `pods` as well no
        incident is followed to its end. Without `silences` nothing is silenced.
        """
        self._router = router
        self._store = store
        self._mask = mask
        self._clock = clock
        self._journal = Journal(store, outbox, clock, worded=self._worded)
        self._ids = IdStock(store, new_id)
        self._live = Live(self._turned, self._ids.take, router.plan)
        self._queue: asyncio.Queue[Findings | Checkpoint | _Refined] = asyncio.Queue(QUEUE)
        self._gatherers: set[asyncio.Task[None]] = set()
        self._refiners: set[asyncio.Task[None]] = set()
        self._refines = surroundings is not None
        self._reader = EvidenceReader(source, mask, clock, surroundings)
        self._silences: SilenceWatch | None = None
        if silences is not None:
            self._silences = SilenceWatch(
                silences, self._live, self._journal, clock, cluster=cluster, otherwise=router.otherwise
            )
        self._followup: FollowUp | None = None
        if surroundings is not None and pods is not None:
            self._followup = FollowUp(
                lambda: self._live,
                self._found,
                pods=pods,
                surroundings=surroundings,
                clock=clock,
                every_pod=every_pod,
            )

    @property
    def trouble(self) -> str:
        """Why nothing can be saved at the moment; empty while all is well."""
        return self._journal.trouble

    def incident(self, identity: IncidentId) -> Incident | None:
        """The incident of this id as it stands now; None where it is no longer kept."""
        held = self._live.get(identity)
        return held.incident if held is not None else None

    async def begin(self) -> None:
        """Take up the incidents that the store has, before anything is recorded.

        Raises `StoreUnavailable`: without them, all that still fails would be told anew.
        """
        self._live.restore(await self._store.live())

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

    async def act(self, act: Act) -> ActResult:
        """Do what a person asks for, and say what came of it."""
        result = do(act, self._live, self._router.plan, self._clock.now())
        await self._journal.save()
        return result

    async def run(self) -> None:
        """Work the queue off, and follow what is open, until cancelled. Raises `Deposed`."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._journal.run(), name="journal of incidents")
            tasks.create_task(self._tick(), name="clock of incidents")
            tasks.create_task(self._sweep(), name="sweep of incidents")
            if self._silences is not None:
                tasks.create_task(self._silences.run(), name="silences")
            if self._followup is not None:
                tasks.create_task(self._followup.run(), name="follow-up of incidents")
            for held in self._live:
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

    # What comes in

    async def _take(
        self, waiting: Sequence[Findings | Checkpoint | _Refined], tasks: asyncio.TaskGroup
    ) -> None:
        deaths = [death for each in waiting for death in _deaths(each)]
        known = set(await self._journal.known([each.id for each in deaths if not each.cause.is_stuck]))
        await self._ids.fill(2 * len(deaths))  # one for each, and one for a storm's digest
        await self._router.prepare([each for each in deaths if self._live.tells(each) is None])
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
        self,
        findings: Findings,
        events: Sequence[Event] | None,
        changed: dict[IncidentId, Held],
    ) -> None:
        """Fold the deaths into their incidents, and note all that is to be written of these findings."""
        for death in findings.deaths:
            held = self._live.died(death, self._router.at_once(death), self._clock.now())
            if held is None:
                continue
            if events is not None:
                held.events = (death, events)
            changed[held.incident.id] = held
            self._journal.death(self._recorded(death, held))
            _log(death, held.incident)
        self._journal.remembered(findings.uid, findings.memory)

    def _recorded(self, death: Death, held: Held) -> RecordedDeath:
        """The line of the ledger; a member of a storm is told by the digest."""
        storm = held.incident.storm
        teller = self._live.get(storm) if storm is not None and not held.incident.shown else None
        by = (teller or held).incident
        return RecordedDeath(death=death, incident=held.incident.id, told_by=by.id, revision=by.revision)

    # What becomes of incidents

    def _turned(self, held: Held, effects: tuple[Effect, ...]) -> None:
        """Note what is to be written and said because an incident has changed."""
        now = self._clock.now()
        self._journal.incident(held)
        for effect in effects:
            if isinstance(effect, Tell):
                self._journal.story(held.incident.id, effect.entry)
                if effect.entry.number == 1:
                    for letter in call_at_opening(held, now):
                        self._journal.letter(letter, held)
            for letter in letters_of(held, effect, now):
                self._journal.letter(letter, held)

    def _worded(self, held: Held, unsaved: bool) -> Sequence[Letter]:
        return own_letters(held, self._clock.now(), unsaved=unsaved)

    async def _found(self, held: Held, given: Input) -> None:
        """Take in what the follow-up found."""
        if self._live.apply(held, given, self._clock.now()):
            await self._journal.save()

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(TICK_EVERY)
            self._live.tick(self._clock.now())
            await self._journal.save()

    async def _sweep(self) -> None:
        while True:
            await self._clock.sleep(SWEEP_EVERY)
            self._live.sweep(self._clock.now())
            await self._journal.save()

    # Evidence

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
                self._live.learned(held, evidence, self._clock.now())
                await self._announce(held)
                if held.incident.latest.id == death.id:
                    return
        finally:
            held.gathering = False

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

    async def _announce(self, held: Held) -> None:
        if held.final and held.told:
            return
        held.told = True
        self._journal.incident(held)
        await self._journal.save()


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


def _log(death: Death, incident: Incident) -> None:
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
