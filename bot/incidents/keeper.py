"""The keeper: has all that happens change incidents, and has those written and announced.

What happens comes from the watch (`intake`), from people (`live_acts`), from looking at what is open
(`followup`, `situation_watch`, `rollout_watch`), from silences (`silence_watch`) and from time. All incidents
that live are in memory (`live`); what changes goes to the store first, in one transaction with the letters
that tell it, and then to the outbox (`journal`). A mistake of ours about one incident is `contained`: the
others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from bot.clock import Clock
from bot.incidents.acts import Act, ActResult
from bot.incidents.effects import Effect, Tell
from bot.incidents.followup import FollowUp
from bot.incidents.gathering import Gathering
from bot.incidents.held import Held
from bot.incidents.ids import IdStock, random_id
from bot.incidents.inputs import Input, Looked, PageAnswered
from bot.incidents.intake import Intake
from bot.incidents.journal import Journal
from bot.incidents.live import Live
from bot.incidents.live_acts import carry_out
from bot.incidents.mistakes import contained
from bot.incidents.ports import LogSource, Masker, Outbox, PodLookup, Router, Surroundings
from bot.incidents.reading import EvidenceReader
from bot.incidents.records import Batch
from bot.incidents.recovery import Workload
from bot.incidents.rollout_watch import RolloutWatch
from bot.incidents.silence_watch import SilenceWatch
from bot.incidents.situation_watch import SituationWatch
from bot.incidents.store_ports import IncidentStore, SilenceStore
from bot.incidents.wording import call_at_opening, incident_of, letters_of, no_link, own_letters
from bot.model.incidents import Incident, IncidentId, SilenceId
from bot.model.letters import Letter, LetterKey
from bot.model.memory import Checkpoint, Findings
from bot.model.pods import ClusterName, Pod
from bot.model.tuning import Limits, Timings

TICK_EVERY = 1.0
"""Seconds between two looks for what goes by time: steps of the escalation, silences, folds of a thread."""

SWEEP_EVERY = 60.0
"""Seconds between two looks for incidents that are over for good."""


class Keeper:
    """Keeps one cluster's incidents for one term of its leader. Implements `ports.LiveIncidents`."""

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
        every_pod: Callable[[], Iterable[Pod]] | None = None,
        in_sync: Callable[[str], bool] = lambda _: True,
        watches: Callable[[str], bool] = lambda _: True,
        silences: SilenceStore | None = None,
        timings: Callable[[], Timings] = Timings,
        limits: Callable[[], Limits] = Limits,
        link: Callable[[LetterKey], str] = no_link,
    ) -> None:
        """Without `surroundings` a death is told by its pod's status and log alone; without `pods` as well no
        incident is followed to its end, and without `every_pod` nothing is counted. `in_sync`: whether all
        that happens in a namespace is seen, `watches`: whether one is watched at all. Without `silences`
        nothing is silenced. `timings` and `limits` give those in force now, `link` the address of a letter
        that Slack has; empty where it has not.
        """
        self._router = router
        self._store = store
        self._clock = clock
        self._link = link
        self._journal = Journal(store, outbox, clock, worded=self._worded)
        ids = IdStock(store, new_id)
        self._live = Live(self._turned, ids.take, router.plan, limits)
        reader = EvidenceReader(source, mask, clock, surroundings)
        self._gathering = Gathering(self._live, self._journal, reader, clock, look=self._look)
        self._intake = Intake(
            self._live,
            self._journal,
            self._gathering,
            ids=ids,
            router=router,
            mask=mask,
            clock=clock,
            refines=reader if surroundings is not None else None,
        )
        self._taken_up: frozenset[IncidentId] = frozenset()
        self._acts: set[asyncio.Task[None]] = set()
        self._silences: SilenceWatch | None = None
        if silences is not None:
            self._silences = SilenceWatch(
                silences, self._live, self._journal, clock, cluster=cluster, otherwise=router.otherwise
            )
        self._situations: SituationWatch | None = None
        self._followup: FollowUp | None = None
        self._rollouts: RolloutWatch | None = None
        if surroundings is not None and pods is not None:
            if every_pod is not None:
                self._situations = SituationWatch(
                    lambda: self._live,
                    self._found,
                    pods=pods,
                    every_pod=every_pod,
                    in_sync=in_sync,
                    surroundings=surroundings,
                    clock=clock,
                )
            self._rollouts = RolloutWatch(
                lambda: self._live,
                self._found,
                every_pod=every_pod or tuple,
                surroundings=surroundings,
                clock=clock,
            )
            self._followup = FollowUp(
                lambda: self._live,
                self._found,
                pods=pods,
                surroundings=surroundings,
                clock=clock,
                every_pod=every_pod or tuple,
                is_complete=self._is_complete,
                in_sync=in_sync,
                watches=watches,
                timings=timings,
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
        self._taken_up = frozenset(each.incident.id for each in kept)
        self._live.restore(kept)
        for silence in silences:
            self._live.silences.heard(silence, self._clock.now())

    def begins(self, letter: Letter) -> bool:
        """Whether no leader before can have said a letter, in whatever wording."""
        identity = incident_of(letter.key)
        return letter.revision == 1 if identity is None else identity not in self._taken_up

    async def record(self, findings: Findings) -> None:
        """Take what one look at a pod brought. Waits while the queue is full."""
        await self._intake.record(findings)

    async def reached(self, checkpoint: Checkpoint) -> None:
        """Remember how far the watch has come, once all that was recorded before is written."""
        await self._intake.reached(checkpoint)

    def unwatched(self, namespaces: Iterable[str]) -> None:
        """Have no watch go on with these any more: what is remembered of their pods is about to be forgotten.

        It is written within a second, and never after what is recorded from now on. What is still open in a
        namespace that is not watched is called over by then, as nobody will see how it ends.
        """
        self._journal.unwatched(namespaces)
        if self._followup is not None:
            self._followup.give_up_unwatched()

    async def act(self, act: Act) -> ActResult:
        """Do what a person asks for, and say what came of it.

        Who asked may go away meanwhile: what is being written then belongs to all.
        """
        result = carry_out(act, self._live, self._router.plan, self._clock.now())
        await self._for_all(self._journal.save(), f"act on {act.command.incident}")
        return result

    def page_answered(self, identity: IncidentId, webhook: str, problem: str) -> None:
        """Have an incident's story say what came of calling a webhook; `problem` is empty where it took it.

        It is written within a second, with what goes by time.
        """
        held = self._live.get(identity)
        if held is not None:
            with contained("page", incident=identity):
                self._live.apply(held, PageAnswered(webhook=webhook, problem=problem), self._clock.now())

    async def silence_changed(self, identity: SilenceId) -> None:
        """Have a silence hold at once as the store has it by now, or not any more. Who asked may go away."""
        if self._silences is not None:
            await self._for_all(self._silences.hear(identity), f"silence {identity}")

    def unwritten(self) -> Callable[[], Batch] | None:
        """What could not be written, once `run` has ended: for the next term of the same process.

        None where all was; else it gives the batch when it is called.
        """
        return self._journal.unwritten()

    async def _for_all(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._acts.add(task)
        task.add_done_callback(self._acted)
        await asyncio.shield(task)

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
            if self._situations is not None:
                tasks.create_task(self._situations.run(), name="situations of incidents")
            if self._rollouts is not None:
                tasks.create_task(self._rollouts.run(), name="rollouts of what is broken")
            self._gathering.take_up(tasks)
            await self._intake.run(tasks)

    async def settle(self, seconds: float) -> None:
        """Return when every death taken so far is announced with its evidence, or after `seconds`."""
        await self._intake.settle(seconds)

    def _acted(self, saving: asyncio.Task[None]) -> None:
        self._acts.discard(saving)
        if not saving.cancelled():
            saving.exception()  # whoever asked may be gone, and this be the only look at it

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
        groups = self._live.groups_of(held.incident)
        return own_letters(held, self._clock.now(), unsaved=unsaved, link=self._link, groups=groups)

    def _is_complete(self, workload: Workload) -> bool:
        return self._situations is not None and self._situations.is_complete(workload)

    def _look(self, held: Held) -> None:
        """Look at what is around an incident before it is told for the first time."""
        situation = self._situations.at_first(held) if self._situations is not None else None
        if situation is not None:
            self._live.apply(held, Looked(situation=situation), self._clock.now())

    async def _found(self, held: Held, given: Input) -> None:
        """Take in what was found by looking at what is open."""
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
