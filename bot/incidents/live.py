"""The incidents of one cluster that live: a death opens one, or goes into one that is there.

Everything that happens to an incident goes through `apply`, which reduces it and tells `turned` what came of
it. No waiting, no clock: whoever calls says what time it is. The keeper feeds it and writes what it tells.
Which of them become one, are told by a storm's digest or are silent is up to `joining`, `storms`, `silences`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from bot.incidents import engine, recovery_of_many, reducer, rollouts, storm
from bot.incidents.effects import Effect
from bot.incidents.held import Held
from bot.incidents.inputs import (
    BY_A_PERSON,
    Corrected,
    Died,
    Escalate,
    EvidenceRead,
    Input,
    NewRevision,
    Opened,
    Tick,
)
from bot.incidents.joining import Joining
from bot.incidents.mistakes import contained
from bot.incidents.records import KeptIncident
from bot.incidents.shelf import Shelf
from bot.incidents.silences import Silences
from bot.incidents.storms import Storms
from bot.model.deaths import Death
from bot.model.escalations import EscalationPlan
from bot.model.incidents import (
    Evidence,
    Incident,
    IncidentId,
    IncidentKey,
    IncidentState,
    Scope,
)
from bot.model.routes import Route
from bot.model.surroundings import JobEnd
from bot.model.tuning import Limits

MOST_INCIDENTS = 5_000
"""Incidents that are held; the one that was quiet for longest goes first."""

Turned = Callable[[Held, tuple[Effect, ...]], None]
"""Told of every change of an incident, and what is to be done about it."""


class Live:
    """One cluster's live incidents.

    `take_id` gives a free id; `plan` the escalation of a route by its name; `limits` those in force now.
    """

    def __init__(
        self,
        turned: Turned,
        take_id: Callable[[], IncidentId],
        plan: Callable[[str], EscalationPlan],
        limits: Callable[[], Limits] = Limits,
    ) -> None:
        self._turned = turned
        self._take_id = take_id
        self._plan = plan
        self._shelf = Shelf()
        self._storms = Storms(self._shelf, self, take_id, limits)
        self._joining = Joining(self._shelf, self, self._storms)
        self.silences = Silences(self._shelf, self)
        """Those that hold, as last heard."""

    def __iter__(self) -> Iterator[Held]:
        return iter(self._shelf)

    def get(self, identity: IncidentId) -> Held | None:
        """The incident of this id."""
        return self._shelf.get(identity)

    def tells(self, death: Death) -> Held | None:
        """The incident of the death's own workload and cause, where there is one."""
        return self._shelf.of_key(engine.key_of(death))

    def groups_of(self, digest: Incident) -> tuple[Incident, ...]:
        """Those incidents of a storm that are about what several workloads have in common; else none."""
        if digest.key.scope is not Scope.STORM:
            return ()
        members = (each.incident for each in self._shelf if each.incident.storm == digest.id)
        return tuple(each for each in members if each.key.scope is not Scope.WORKLOAD)

    def restore(self, kept: Iterable[KeptIncident]) -> None:
        """Take up what the store has; what they say is the outbox's to deliver."""
        for each in sorted(kept, key=lambda each: each.incident.last_at):
            if each.final:
                continue
            self._hold(Held(incident=each.incident, route=each.route, followings=each.followings, told=True))
        self._storms.recall()

    # What happens

    def died(self, death: Death, route: Route, now: datetime) -> Held | None:
        """Take a death in; gives its incident, None where what is stuck is told already.

        `route` is where it goes if it opens one.
        """
        death, place = self._joining.placed(death, now)
        held = self._shelf.of_key(place.key)
        if held is not None and death.cause.is_stuck and _tells(held.incident, death):
            return None
        if held is not None and (self._storms.is_orphan(held) or not engine.continues(held.incident, death)):
            self.let_go(held)
            held = None
        held = held or self._joining.widened(place, now)
        if held is None:
            held = self._open(place.key, death, route, now)
        else:
            self._count_in(held, death, now)
        held.followings = recovery_of_many.followed(held.followings, death)
        self._shelf.forward(held)
        return held

    def apply(self, held: Held, given: Input, now: datetime) -> bool:
        """Have something happen to an incident; says whether that changed anything."""
        if held.final:
            return False  # it was let go while its evidence was read
        self.silences.make_way(held, given, now)
        before = held.incident
        step = reducer.reduce(before, given, now)
        if step.incident is None or (step.incident is before and not step.effects):
            return False
        held.incident = step.incident
        self.silences.changed(before, held.incident)
        if isinstance(given, BY_A_PERSON):
            held.pressed_at = now
        if held.incident.key != before.key:
            self._move(held, before.key)
        self._turned(held, step.effects)
        if held.incident.state.is_over and not before.state.is_over:
            held.followings = ()
            self._storms.perhaps_end(held.incident.storm, now)
        return True

    def draw_anew(self, held: Held, now: datetime) -> None:
        """Have its message drawn once more, as it is, for somebody who looks at it."""
        held.reword()
        held.pressed_at = now
        self._turned(held, ())

    def written_with(self, held: Held) -> None:
        """Have an incident be in the transaction of what is changed just now."""
        self._turned(held, ())

    def opened(self, held: Held, effects: tuple[Effect, ...]) -> None:
        """Hold an incident that was not there before."""
        self._hold(held)
        self.silences.changed(None, held.incident)
        self._turned(held, effects)

    def learned(self, held: Held, evidence: Evidence, now: datetime) -> None:
        """Take in what was found out about a death: its right cause, whose Job it was, a new revision."""
        known = rollouts.known(held.incident)
        self.apply(held, EvidenceRead(evidence=evidence), now)
        silence = self.silences.over(evidence.death, now, held.incident)
        self.apply(held, Corrected(death=evidence.death, silence=silence), now)
        around = evidence.circumstances
        if around is None:
            return
        followed = rollouts.followed(held.incident) is not None
        change = rollouts.shown_by(around, known) if followed else None
        if change is not None:
            self.apply(held, NewRevision(change=change), now)
        if around.owner is None:
            return
        if around.owner.job_end is JobEnd.FAILED:
            self.apply(held, Escalate(why=around.owner.job_reason), now)
        if around.owner.part_of is not None and around.owner.part_of.kind == "CronJob":
            self._joining.belongs_to(held, around.owner.part_of, now)

    def tick(self, now: datetime) -> None:
        """Have happen what goes by time."""
        for held in self._shelf:
            if held.timeless:
                continue
            held.timeless = True  # unless it comes through
            with contained("clock", incident=held.incident.id):
                plan = self._plan(held.route.escalation)
                due = reducer.due_at(held.incident, plan)
                if due is not None and due <= now:
                    self.apply(held, Tick(plan=plan), now)
                held.timeless = False

    def sweep(self, now: datetime) -> None:
        """Let go what is over for good."""
        for held in self._shelf:
            untold = held.incident.folding.closes_at is not None
            wanted = held.gathering or untold or self._storms.awaits(held)
            if engine.is_closed(held.incident, now) and not wanted:
                self.let_go(held)

    def let_go(self, held: Held) -> None:
        """Nothing more will be said of it."""
        if self._shelf.take(held):
            held.final = True
            self._turned(held, ())

    # Where a death goes

    def _count_in(self, held: Held, death: Death, now: datetime) -> None:
        silence = self.silences.over(death, now, held.incident)
        self.apply(held, Died(death=death, silence=silence), now)
        self._count_in_storm(held, death, now)

    def _open(self, key: IncidentKey, death: Death, route: Route, now: datetime) -> Held:
        identity = self._take_id()
        silence = self.silences.over(death, now)
        shelter = storm.Shelter()
        if silence is None and route.channels:
            shelter = self._storms.shelter(identity, death, route, now)
        given = Opened(identity=identity, key=key, death=death, silence=silence, storm=shelter.digest)
        step = reducer.reduce(None, given, now)
        if step.incident is None:
            raise RuntimeError("what opens has no incident")
        held = Held(incident=step.incident, route=route)
        self.opened(held, step.effects)
        if not shelter.begins:
            self._count_in_storm(held, death, now)
        return held

    def _count_in_storm(self, held: Held, death: Death, now: datetime) -> None:
        digest = self._shelf.get(held.incident.storm)
        if digest is None:
            return
        silence = self.silences.over(death, now, digest.incident)
        self._storms.count(held, death, now, silence=silence)

    # What is held

    def _hold(self, held: Held) -> None:
        self._shelf.put(held)
        while len(self._shelf) > MOST_INCIDENTS:
            self.let_go(next(iter(self._shelf)))

    def _move(self, held: Held, before: IncidentKey) -> None:
        there = self._shelf.of_key(held.incident.key)
        if there is not None and there is not held and not there.incident.state.is_over:
            # Its right cause has an incident already, and two are not made one for that.
            held.incident = replace(held.incident, key=before)
            return
        self._shelf.rekey(held, before)


def _tells(incident: Incident, death: Death) -> bool:
    """Whether an incident says already that this pod is stuck, which a restarted podbot finds out once more.

    What began after it was last told is another time.
    """
    began = death.started_at or death.seen_at
    told = incident.state is IncidentState.FIRING and death.id.uid in incident.pods
    return told and began <= incident.last_at
