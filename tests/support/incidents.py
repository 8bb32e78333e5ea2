"""Incidents as a run of inputs makes them, and what each input had to be done."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from bot.incidents import engine, reducer
from bot.incidents.effects import Effect, Tell
from bot.incidents.inputs import Input, Opened
from bot.model.deaths import Death
from bot.model.escalations import EscalationPlan, EscalationStep
from bot.model.incidents import Ending, Incident, IncidentId, IncidentState, Severity, SilencedBy, SilenceId
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.model.stories import StoryEntry
from tests.support.deaths import a_death
from tests.support.pods import at

ALICE, BOB = UserId("U01ALICE"), UserId("U02BOB")
SECOND = ChannelId("C02SECOND")
ON_CALL = UsergroupId("S01ONCALL")

PLAN = EscalationPlan(
    steps={
        Severity.PAGE: (
            EscalationStep(after=timedelta(minutes=5), groups=(ON_CALL,)),
            EscalationStep(after=timedelta(minutes=15), channel=SECOND, people=(BOB,)),
            EscalationStep(after=timedelta(minutes=30), webhook="pagerduty"),
        )
    }
)

_E = TypeVar("_E")


class Told:
    """One incident, and all that was to be done about it so far."""

    def __init__(
        self,
        death: Death | None = None,
        *,
        identity: str = "1F3K",
        silence: SilencedBy | None = None,
        storm: IncidentId | None = None,
    ) -> None:
        death = death or a_death()
        self.effects: list[Effect] = []
        self.incident: Incident
        given = Opened(
            identity=IncidentId(identity),
            key=engine.key_of(death),
            death=death,
            silence=silence,
            storm=storm,
        )
        self._take(None, given, (death.finished_at or death.seen_at) - at(0))

    def give(self, given: Input, seconds: float) -> tuple[Effect, ...]:
        """Reduce; returns what this input brought."""
        return self._take(self.incident, given, timedelta(seconds=seconds))

    def _take(self, incident: Incident | None, given: Input, after: timedelta) -> tuple[Effect, ...]:
        step = reducer.reduce(incident, given, at(0) + after)
        assert step.incident is not None
        self.incident = step.incident
        self.effects += step.effects
        return step.effects

    def of(self, kind: type[_E]) -> list[_E]:
        """All effects of a kind so far."""
        return [each for each in self.effects if isinstance(each, kind)]

    def state(self) -> IncidentState:
        return self.incident.state

    def acknowledged_by(self) -> UserId | None:
        held = self.incident.acknowledged
        return held.by if held is not None else None

    @property
    def thread(self) -> list[StoryEntry]:
        """What the thread shows."""
        return [each.entry for each in self.of(Tell) if each.entry.aloud]


def a_silence(*, until: float = 3_600, severity: Severity = Severity.PAGE) -> SilencedBy:
    return SilencedBy(
        silence=SilenceId("S1"), by=BOB, since=at(0), until=at(until), severity=severity, reason="known"
    )


def an_ending(seconds: float, words: str = "5 of 5 Ready") -> Ending:
    return Ending(since=at(seconds), words=words)
