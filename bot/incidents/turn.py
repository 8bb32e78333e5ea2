"""One turn of the reducer: the incident while an input works on it, and the effects so far."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.incidents.effects import Effect, Page, PageAction, Show, Tell
from bot.model.incidents import Attention, Folding, Incident, IncidentState, Severity
from bot.model.letters import Urgency
from bot.model.stories import StoryEntry, StoryKind

FOLDS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
"""How long further deaths are gathered before the thread has a line about them: with each line for longer.

What dies every two minutes makes five lines in its first two hours, and one an hour after that.
"""

NOTICED_FOR = timedelta(hours=3)
"""A message as old as this has scrolled away: what is new in its thread is shown in the channel, too."""

FLAPS = 2
"""What has come back as often as this within the hour is flapping: its thread counts from then on, the
message tells, and nobody is called anew."""

FLAPS_WITHIN = timedelta(hours=1)

_SAID_IN_SILENCE = frozenset({StoryKind.ACKNOWLEDGED, StoryKind.UNACKNOWLEDGED, StoryKind.DELETED})
"""Whoever comes to help has to know that somebody is there."""


class Turn:
    """Lives for one call of `reduce` and is seen by nobody else."""

    def __init__(self, incident: Incident, now: datetime) -> None:
        self.incident = incident
        self.now = now
        self.effects: list[Effect] = []
        self._before = incident
        self._prompt = False

    def change(self, **changes: Any) -> None:  # fields of `Incident`, whose own types check them
        """Give the incident other values."""
        self.incident = replace(self.incident, **changes)

    def tell(
        self, kind: StoryKind, *, aloud: bool = True, fresh: bool = False, news: bool = False, **said: Any
    ) -> None:
        """Add an entry to the story. It is said in the thread if the incident has one and is not silenced;
        who has taken a silenced one, or let go of it, is said all the same.

        `fresh`: worth the whole channel's notice, if the message is old; `news`: in any case.
        """
        incident = self.incident
        heard = incident.silenced is None or kind in _SAID_IN_SILENCE
        aloud = aloud and incident.shown and heard
        noticed = incident.noticed_at
        old = fresh and noticed is not None and self.now - noticed >= NOTICED_FOR
        broadcast = aloud and (news or old)
        entry = StoryEntry(
            number=incident.told + 1, at=self.now, kind=kind, aloud=aloud, broadcast=broadcast, **said
        )
        self.effects.append(Tell(entry=entry))
        self.change(told=entry.number, noticed_at=self.now if broadcast else noticed)

    def surface(self) -> None:
        """Show the incident if it should be and is not: somebody has to hear of what is broken."""
        incident = self.incident
        if incident.silenced is not None or incident.storm is not None or incident.state.is_over:
            return
        if not incident.shown:
            self.change(shown=True, noticed_at=self.now)
            self._prompt = True

    def promptly(self) -> None:
        """What is shown next is worth more haste than another count."""
        self._prompt = True

    def unattended(self) -> None:
        """The escalation's clock begins anew; steps that are done stay done."""
        self.attend(unattended_since=self.now)

    def attend(self, **changes: Any) -> None:  # fields of `Attention`, whose own types check them
        """Take down who has been called."""
        self.change(attention=replace(self.incident.attention, **changes))

    @property
    def flaps(self) -> bool:
        """Whether it came back so often of late that once more is no news."""
        returns = self.incident.attention.returns
        return sum(self.now - each < FLAPS_WITHIN for each in returns) >= FLAPS

    def page(self, action: PageAction) -> None:
        """Keep the webhooks that were called up to date."""
        self.effects += (
            Page(webhook=webhook, action=action) for webhook in sorted(self.incident.attention.paged)
        )

    def fold(self, deaths: int, moment: datetime) -> None:
        """Have deaths told in the thread with others, by and by."""
        held = self.incident.folding
        closes_at = held.closes_at or self.now + FOLDS[min(held.level, len(FOLDS) - 1)]
        folding = replace(
            held,
            closes_at=closes_at,
            first_at=min(held.first_at or moment, moment),
            last_at=max(held.last_at or moment, moment),
            deaths=held.deaths + deaths,
        )
        self.change(folding=folding)

    def unfold(self) -> None:
        """Tell what was gathered."""
        held = self.incident.folding
        if held.closes_at is None:
            return
        self.change(folding=Folding(level=held.level + 1))
        self.tell(StoryKind.DIED, deaths=held.deaths, first_at=held.first_at, last_at=held.last_at)

    def outcome(self) -> tuple[Incident, tuple[Effect, ...]]:
        """The incident as it is now and what follows: first its message, where that says something else."""
        before, after = self._before, self.incident
        if after is before:
            return before, tuple(self.effects)
        if _drawn(before) == _drawn(after) and not self._prompt:
            return replace(after, revision=before.revision), tuple(self.effects)
        after = replace(after, revision=before.revision + 1)
        shown = [Show(urgency=self._urgency(after))] if after.shown else []
        return after, (*shown, *self.effects)

    def opening(self) -> tuple[Incident, tuple[Effect, ...]]:
        """The same for an incident that was not there before."""
        self._prompt = True
        shown = [Show(urgency=self._urgency(self.incident))] if self.incident.shown else []
        return self.incident, (*shown, *self.effects)

    def _urgency(self, incident: Incident) -> Urgency:
        fires = incident.state is IncidentState.FIRING and incident.severity is Severity.PAGE
        return Urgency.CRITICAL if fires and self._prompt else Urgency.NORMAL


def _drawn(incident: Incident) -> Incident:
    """The incident without what its message does not say."""
    return replace(
        incident, folding=Folding(level=0), attention=Attention(), told=0, noticed_at=None, revision=0
    )
