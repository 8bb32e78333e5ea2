"""The silences that hold over one cluster's live incidents, and what they have kept back.

The rules are in `silencing`; here is what remembers the silences, for `live`. `silence_watch` reads them from
the store and writes down what is kept back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from bot.incidents import silencing
from bot.incidents.held import Held
from bot.incidents.inputs import Silenced, SilenceEnded
from bot.incidents.mistakes import contained
from bot.incidents.shelf import Shelf
from bot.incidents.storms import Keeping
from bot.model.deaths import Death
from bot.model.incidents import Incident, IncidentId, SilencedBy, SilenceId
from bot.model.people import UserId
from bot.model.silences import Silence


class Silences:
    """Over the incidents on a shelf."""

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
                    self._keeping.apply(held, SilenceEnded(silence=identity, by=by), now)

    def over(self, death: Death, now: datetime, incident: Incident | None = None) -> SilencedBy | None:
        """What silences a death, if anything; `incident`: the one that it goes into."""
        return silencing.over(self._holding.values(), death, now, incident=incident)

    def keeps_back(self, silence: SilencedBy | None, incident: IncidentId, death: Death) -> None:
        """Count a death of an incident as kept back by what silences it, if anything does."""
        if silence is not None:
            self.count(silence.silence, incident, 1 + death.unseen_before)

    def count(self, silence: SilenceId, incident: IncidentId, deaths: int) -> None:
        """Count deaths of an incident as kept back; none where it only fell silent."""
        self._kept_back[silence, incident] += deaths

    def take_counts(self) -> Mapping[tuple[SilenceId, IncidentId], int]:
        """What was kept back since this was last asked; whoever asks writes it down, or counts it again."""
        taken, self._kept_back = self._kept_back, Counter()
        return taken

    def _silence(self, held: Held, silence: Silence, now: datetime) -> None:
        under = held.incident.silenced
        same = under is not None and (under.silence, under.until, under.reason) == (
            silence.id,
            silence.until,
            silence.reason,
        )
        covered = same or (
            silencing.covers_incident(silence, held.incident, now)
            and (
                silencing.outlasted(silence, under)
                or self._keeping.apply(held, Silenced(silence=silencing.as_held(silence)), now)
            )
        )
        if covered:
            self.count(silence.id, held.incident.id, 0)
