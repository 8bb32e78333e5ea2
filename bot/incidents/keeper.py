"""The keeper: takes what the watch finds, has it change incidents, and has those written and announced.

All incidents that live are in memory (`live`); what changes goes to the store first, in one transaction with
the letters that tell it, and then to the outbox (`journal`). A death that the ledger has already is no news.
What is still to be found out about a death is left to `refining`, before it is folded, and to `gathering`.
A mistake of ours about one incident is `contained`: the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from bot import logs
from bot.clock import Clock
from bot.incidents.acts import Act, ActResult
from bot.incidents.doing import do
from bot.incidents.effects import Effect, Tell
from bot.incidents.followup import FollowUp
from bot.incidents.gathering import Gathering
from bot.incidents.held import Held
from bot.incidents.ids import IdStock, random_id
from bot.incidents.inputs import Input
from bot.incidents.journal import Journal
from bot.incidents.live import Live
from bot.incidents.mistakes import contained
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
from bot.incidents.refining import Refined, Refining
from bot.incidents.silence_watch import SilenceWatch
from bot.incidents.wording import call_at_opening, letters_of, own_letters
from bot.model.deaths import Death, DeathId
from bot.model.events import Event
from bot.model.incidents import Incident, IncidentId
from bot.model.letters import Letter
from bot.model.memory import Checkpoint, Findings
from bot.model.pods import ClusterName, Pod

QUEUE = 10_000
"""Findings that may wait to be taken in; the watch waits beyond that."""

AT_ONCE = 200
"""Findings that go into one transaction, where so many wait."""

TICK_EVERY = 1.0
"""Seconds between two looks for what goes by time: steps of the escalation, silences, folds of a thread."""

SWEEP_EVERY = 60.0
"""Seconds between two looks for incidents that are over for good."""

log = logs.get(__name__)


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
        self._queue: asyncio.Queue[Findings | Checkpoint | Refined] = asyncio.Queue(QUEUE)
        reader = EvidenceReader(source, mask, clock, surroundings)
        self._gathering = Gathering(self._live, self._journal, reader, clock)
        self._refining = Refining(reader, self._queue.put) if surroundings is not None else None
        self._acts: set[asyncio.Task[None]] = set()
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
        """Take up the incidents and the silences that the store has, before anything is recorded.

        Raises `StoreUnavailable`: without them, all that still fails would be told anew, and what is silent
        would be heard.
        """
        kept = await self._store.live()
        silences = await self._silences.running() if self._silences is not None else ()
        self._live.restore(kept)
        for silence in silences:
            self._live.silenced(silence, self._clock.now())

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
        """Do what a person asks for, and say what came of it.

        Who asked may go away meanwhile: what is being written then belongs to all.
        """
        result = do(act, self._live, self._router.plan, self._clock.now())
        saving = asyncio.create_task(self._journal.save(), name=f"act on {act.command.incident}")
        self._acts.add(saving)
        saving.add_done_callback(self._acted)
        await asyncio.shield(saving)
        return result

    async def run(self) -> None:
        """Work the queue off, and follow what is open, until cancelled. Raises `Deposed`."""
        try:
            await self._work()
        finally:
            for saving in self._acts:
                saving.cancel()
            await asyncio.gather(*self._acts, return_exceptions=True)

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._journal.run(), name="journal of incidents")
            tasks.create_task(self._tick(), name="clock of incidents")
            tasks.create_task(self._sweep(), name="sweep of incidents")
            if self._silences is not None:
                tasks.create_task(self._silences.run(), name="silences")
            if self._followup is not None:
                tasks.create_task(self._followup.run(), name="follow-up of incidents")
            self._gathering.take_up(tasks)
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
                while under_way := self._gathering.under_way | self._refined_now():
                    await asyncio.wait(under_way)
                    await self._queue.join()
        except TimeoutError:
            log.warning("deaths_left_without_evidence", incidents=len(self._gathering.under_way))

    def _refined_now(self) -> set[asyncio.Task[None]]:
        return self._refining.under_way if self._refining is not None else set()

    def _acted(self, saving: asyncio.Task[None]) -> None:
        self._acts.discard(saving)
        if not saving.cancelled():
            saving.exception()  # whoever asked may be gone, and this be the only look at it

    # What comes in

    async def _take(
        self, waiting: Sequence[Findings | Checkpoint | Refined], tasks: asyncio.TaskGroup
    ) -> None:
        deaths = [death for each in waiting for death in _deaths(each)]
        known = set(await self._journal.known([each.id for each in deaths if not each.cause.is_stuck]))
        await self._ids.fill(2 * len(deaths))  # one for each, and one for a storm's digest
        with contained("routes"):
            await self._router.prepare([each for each in deaths if self._live.tells(each) is None])
        changed: dict[IncidentId, Held] = {}
        for each in waiting:
            with contained("findings"):
                self._take_one(each, known, changed, tasks)
        await self._journal.save()
        for held in changed.values():
            self._gathering.start(tasks, held)

    def _take_one(
        self,
        each: Findings | Checkpoint | Refined,
        known: set[DeathId],
        changed: dict[IncidentId, Held],
        tasks: asyncio.TaskGroup,
    ) -> None:
        match each:
            case Checkpoint():
                if self._refining is None or not self._refining.hold_back(tasks, each):
                    self._journal.checkpoint(each)
            case Findings():
                news = replace(each, deaths=tuple(_new(each.deaths, known)))
                if self._refining is not None and self._refining.takes(news):
                    self._refining.start(tasks, news)
                else:
                    self._fold(news, None, changed)
            case Refined(findings, events):
                news = replace(findings, deaths=tuple(_new(findings.deaths, known)))
                self._fold(news, events, changed)

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
            with contained("words", incident=held.incident.id):
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


def _deaths(waiting: Findings | Checkpoint | Refined) -> tuple[Death, ...]:
    match waiting:
        case Findings():
            return waiting.deaths
        case Refined():
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
