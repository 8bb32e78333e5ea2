"""The silences that hold over one cluster's live incidents, and what they have kept back.

The rules are in `silencing`; here is what remembers the silences, for `live`. `silence_watch` reads them from
the store and writes down what is kept back. An incident is under the one that lasts longest of those that
cover it; when that one is over, another goes on where it stopped, and what both kept back is the other's to
tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from bot.incidents import engine, silencing
from bot.incidents.held import Held
from bot.incidents.inputs import Absorbed, Died, Escalate, Input, Silenced, SilenceEnded
from bot.incidents.mistakes import contained
from bot.incidents.shelf import Shelf
from bot.incidents.storms import Keeping
from bot.model.deaths import Death
from bot.model.incidents import Incident, IncidentId, Scope, Severity, SilencedBy, SilenceId
from bot.model.people import UserId
from bot.model.silences import Silence


class Silences:
    """The silences that hold over the incidents on a shelf."""

    def __init__(self, shelf: Shelf, keeping: Keeping) -> None:
        self._shelf = shelf
        self._keeping = keeping
        self._holding: dict[SilenceId, Silence] = {}
        self._kept_back: Counter[tuple[SilenceId, IncidentId]] = Counter()

    def __iter__(self) -> Iterator[Silence]:
        """Those that hold, as last heard."""
        return iter(tuple(self._holding.values()))

    def heard(self, silence: Silence, now: datetime) -> None:
        """Have a silence hold, a new one or one that was changed; what it covers falls silent."""
        before = self._holding.get(silence.id)
        self._holding[silence.id] = silence
        if before is not None and (before.until, before.reason) == (silence.until, silence.reason):
            return
        for held in self._shelf:
            with contained("silence", silence=silence.id, incident=held.incident.id):
                self._silence(held, silence, now)

    def ended(self, identity: SilenceId, by: UserId | None, now: datetime) -> None:
        """Have a silence hold no longer; what it kept back and still fires is heard."""
        self._holding.pop(identity, None)
        for held in self._shelf:
            under = held.incident.silenced
            if under is not None and under.silence == identity:
                with contained("end of silence", silence=identity, incident=held.incident.id):
                    then = silencing.longest(self, held.incident, now)
                    self._end(held, under, then, now, by)

    def make_way(self, held: Held, given: Input, now: datetime) -> None:
        """Have an incident go on under another silence that covers it, where its own does not hold any more.

        Its time is up, or what is about to happen is worse than it was meant for.
        """
        under = held.incident.silenced
        if under is None or isinstance(given, Silenced | SilenceEnded):
            return
        severity = _severity_with(held.incident, given)
        if now < under.until and not severity.worse_than(under.severity):
            return
        others = [each for each in self if each.id != under.silence]
        then = silencing.longest(others, replace(held.incident, severity=severity), now)
        if then is not None:
            self._end(held, under, then, now)

    def over(self, death: Death, now: datetime, incident: Incident | None = None) -> SilencedBy | None:
        """What silences a death, if anything; `incident`: the one that it goes into."""
        return silencing.over(self._holding.values(), death, now, incident=incident)

    def changed(self, before: Incident | None, after: Incident) -> None:
        """Count what an incident's silence has kept back by a change of it, by the incident's own count.

        What dies in a storm is counted by its members, unless the silence is for the digest alone.
        """
        was, under = before.silenced if before is not None else None, after.silenced
        if under is None:
            return  # what was kept back until now is still its silence's to tell
        goes_on = was is not None and was.silence == under.silence
        counted = was.deaths if was is not None and goes_on else 0
        if _is_counted(after, under) and (under.deaths > counted or not goes_on):
            self.count(under.silence, after.id, under.deaths - counted)
        if was is not None and not goes_on and _is_counted(after, was):
            self.count(was.silence, after.id, -was.deaths)

    def count(self, silence: SilenceId, incident: IncidentId, deaths: int) -> None:
        """Count deaths of an incident as kept back; none where it only fell silent, fewer where another
        silence has them to tell.
        """
        self._kept_back[silence, incident] += deaths

    def take_counts(self) -> Mapping[tuple[SilenceId, IncidentId], int]:
        """What was kept back since this was last asked; whoever asks writes it down, or counts it again."""
        taken, self._kept_back = self._kept_back, Counter()
        return taken

    def untold(self, silence: SilenceId) -> Mapping[IncidentId, int]:
        """What one silence has kept back since `take_counts`, by incident."""
        return {incident: deaths for (each, incident), deaths in self._kept_back.items() if each == silence}

    def _silence(self, held: Held, silence: Silence, now: datetime) -> None:
        under = held.incident.silenced
        if under is None or under.silence != silence.id:
            if not silencing.covers_incident(silence, held.incident, now):
                return
            if not silencing.outlasted(silence, under):
                self._keeping.apply(held, Silenced(silence=silencing.as_held(silence)), now)
        elif (under.until, under.reason) != (silence.until, silence.reason):
            longest = silencing.longest(self, held.incident, now)
            if longest is not None:
                self._keeping.apply(held, Silenced(silence=silencing.as_held(longest)), now)
        self.count(silence.id, held.incident.id, 0)

    def _end(
        self, held: Held, under: SilencedBy, then: Silence | None, now: datetime, by: UserId | None = None
    ) -> None:
        going_on = silencing.as_held(then) if then is not None else None
        self._keeping.apply(held, SilenceEnded(silence=under.silence, by=by, then=going_on), now)


def _severity_with(incident: Incident, given: Input) -> Severity:
    """How much an incident matters with what is about to happen to it."""
    match given:
        case Escalate():
            brought = Severity.PAGE
        case Died(death=death):
            brought = engine.severity_of(death)
        case Absorbed(other=other):
            brought = other.severity
        case _:
            brought = incident.severity
    return brought if brought.worse_than(incident.severity) else incident.severity


def _is_counted(incident: Incident, silence: SilencedBy) -> bool:
    return incident.key.scope is not Scope.STORM or silence.until_resolved
