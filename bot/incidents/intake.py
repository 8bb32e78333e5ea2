"""Intake: has what the watch finds go into its incidents, with all that is to be written of it.

A death that the ledger has already is no news; where only it can tell, a death is `unanswered` until it does.
What is still to be found out about one is left to `refining`, before it is folded, and to `gathering`, after.
The keeper owns the tasks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum
from typing import TypeAlias

from bot import logs
from bot.clock import Clock
from bot.incidents.gathering import Gathering
from bot.incidents.held import Held
from bot.incidents.ids import IdStock
from bot.incidents.journal import RETRY_EVERY, Journal, LedgerAnswer
from bot.incidents.live import Live
from bot.incidents.mistakes import contained
from bot.incidents.ports import Masker, Router
from bot.incidents.reading import EvidenceReader
from bot.incidents.records import RecordedDeath
from bot.incidents.refining import Refined, Refining
from bot.incidents.unanswered import Unanswered
from bot.model.deaths import Death, DeathId
from bot.model.events import Event
from bot.model.incidents import Incident, IncidentId
from bot.model.memory import Checkpoint, Findings

QUEUE = 10_000
"""Findings that may wait to be taken in; the watch waits beyond that."""

AT_ONCE = 200
"""Findings that go into one transaction, where so many wait."""


class Due(Enum):
    """What is due by time."""

    LEDGER = "ledger"
    """It is asked again about what waits for its answer."""


Taken: TypeAlias = Findings | Checkpoint | Refined
Waiting: TypeAlias = Taken | Due

log = logs.get(__name__)


class Intake:
    """Takes in what is found of one cluster's pods."""

    def __init__(
        self,
        live: Live,
        journal: Journal,
        gathering: Gathering,
        *,
        ids: IdStock,
        router: Router,
        mask: Masker,
        clock: Clock,
        refines: EvidenceReader | None = None,
    ) -> None:
        """Without `refines` a death is told by its pod's status alone."""
        self._live = live
        self._journal = journal
        self._gathering = gathering
        self._ids = ids
        self._router = router
        self._mask = mask
        self._clock = clock
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue(QUEUE)
        self._unanswered = Unanswered()
        self._asks_again: asyncio.Task[None] | None = None
        self._refining = Refining(refines, self._queue.put) if refines is not None else None

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

    async def run(self, tasks: asyncio.TaskGroup) -> None:
        """Work the queue off until cancelled; what is read about deaths is read by tasks of this group."""
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

    async def _take(self, waiting: Sequence[Waiting], tasks: asyncio.TaskGroup) -> None:
        answer = await self._ledger_about(waiting)
        known = set(answer.known)
        ready = self._answered(waiting, answer)
        deaths = [death for each in ready for death in _deaths(each)]
        await self._ids.fill(2 * len(deaths))  # one for each, and one for a storm's digest
        with contained("routes"):
            await self._router.prepare([each for each in deaths if self._live.tells(each) is None])
        changed: dict[IncidentId, Held] = {}
        for each in ready:
            with contained("findings"):
                self._take_one(each, known, changed, tasks)
        await self._journal.save()
        for held in changed.values():
            self._gathering.start(tasks, held)
        if self._unanswered and self._asks_again is None:
            again = self._ask_again(at_once=answer.is_whole)
            self._asks_again = tasks.create_task(again, name="ledger to be asked again")

    async def _ledger_about(self, waiting: Sequence[Waiting]) -> LedgerAnswer:
        asked = [death for each in waiting for death in _deaths(each)]
        due = Due.LEDGER in waiting
        if due:
            asked += [death for each in self._unanswered.first(AT_ONCE) for death in each.deaths]
        ids = [each.id for each in asked if not each.cause.is_stuck]
        return await self._journal.known(ids, in_any_case=due)

    def _answered(self, waiting: Sequence[Waiting], answer: LedgerAnswer) -> Sequence[Taken]:
        """What need not wait for the ledger, and what has waited for this answer of it."""
        ready: list[Taken] = []
        if Due.LEDGER in waiting:
            self._asks_again = None
            if answer.is_whole:
                # First: what else came with it was found later, and its memory is the newer one.
                ready += self._unanswered.taken(AT_ONCE)
        for each in waiting:
            if isinstance(each, Due):
                continue
            if isinstance(each, Refined) or not self._unanswered.keeps(each, answer):
                ready.append(each)
        ready += self._unanswered.beyond_the_bound()
        return ready

    async def _ask_again(self, *, at_once: bool) -> None:
        if not at_once:
            await self._clock.sleep(RETRY_EVERY)
        await self._queue.put(Due.LEDGER)

    def _take_one(
        self,
        each: Taken,
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
                if self._refining is not None:
                    self._refining.folded(findings.uid)
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
        # What has waited itself comes in order, and brings what was known at its time.
        if findings.may_be_known or not self._unanswered.keeps_memory(findings.uid, findings.memory):
            self._journal.remembered(findings.uid, findings.memory)

    def _recorded(self, death: Death, held: Held) -> RecordedDeath:
        """The line of the ledger; a member of a storm is told by the digest."""
        storm = held.incident.storm
        teller = self._live.get(storm) if storm is not None and not held.incident.shown else None
        by = (teller or held).incident
        return RecordedDeath(death=death, incident=held.incident.id, told_by=by.id, revision=by.revision)


def _deaths(waiting: Waiting) -> tuple[Death, ...]:
    match waiting:
        case Findings():
            return waiting.deaths
        case Refined():
            return waiting.findings.deaths
        case Checkpoint() | Due():
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
