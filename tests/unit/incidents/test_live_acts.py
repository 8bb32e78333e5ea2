"""What people do about live incidents, and what they may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from bot.incidents import silencing
from bot.incidents.acts import Act, ActCommand, ActRefusal, ActResult, DrawAnew, NotePodsDeleted
from bot.incidents.effects import Effect, Tell
from bot.incidents.held import Held
from bot.incidents.live import Live
from bot.incidents.live_acts import carry_out
from bot.model.escalations import NOBODY
from bot.model.incident_commands import (
    AcknowledgeIncident,
    ResolveIncident,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.incidents import IncidentId, IncidentState, SilenceId
from bot.model.people import ChannelId
from bot.model.routes import Route
from bot.model.silences import Silence
from bot.model.stories import StoryKind
from tests.support.deaths import a_death
from tests.support.incidents import BOB
from tests.support.pods import at

IT = IncidentId("I0")


class Stage:
    """One incident that fires."""

    def __init__(self) -> None:
        numbers = count()
        self.told: list[StoryKind] = []
        self.live = Live(self.turned, lambda: IncidentId(f"I{next(numbers)}"), lambda _: NOBODY)
        held = self.live.died(a_death(), Route(channels=(ChannelId("C1"),)), at(10))
        assert held is not None
        self.held = held

    def turned(self, _held: Held, effects: tuple[Effect, ...]) -> None:
        self.told += [each.entry.kind for each in effects if isinstance(each, Tell)]

    def does(self, command: ActCommand, *, seconds: float = 20, silence: Silence | None = None) -> ActResult:
        act = Act(command=command, by=BOB, at=at(seconds), silence=silence)
        return carry_out(act, self.live, lambda _: NOBODY, at(seconds))


def test_who_takes_it_has_it_for_as_long_as_they_say() -> None:
    """And can put it back."""
    stage = Stage()
    result = stage.does(AcknowledgeIncident(incident=IT, lasting=timedelta(minutes=5)))
    assert result.incident is not None
    assert result.incident.acknowledged is not None
    assert result.incident.acknowledged.until == at(20 + 300)
    result = stage.does(UnacknowledgeIncident(incident=IT))
    assert result.incident is not None
    assert result.incident.acknowledged is None
    assert stage.does(UnacknowledgeIncident(incident=IT)).refusal is ActRefusal.NOBODYS


def test_what_fails_is_resolved_only_by_who_insists() -> None:
    """The message then says that it was still failing."""
    stage = Stage()
    assert stage.does(ResolveIncident(incident=IT)).refusal is ActRefusal.STILL_FAILING
    result = stage.does(ResolveIncident(incident=IT, force=True))
    assert result.incident is not None
    assert result.incident.state is IncidentState.CLOSED


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(AcknowledgeIncident(incident=IT), id="acknowledge"),
        pytest.param(ResolveIncident(incident=IT, force=True), id="resolve"),
        pytest.param(SilenceIncident(incident=IT), id="silence"),
    ],
)
def test_what_is_over_or_unknown_takes_no_acts(command: ActCommand) -> None:
    """Whoever asks is told which it is."""
    stage = Stage()
    stage.does(ResolveIncident(incident=IT, force=True))
    assert stage.does(command).refusal is ActRefusal.OVER
    stage.live.let_go(stage.held)
    assert stage.does(command).refusal is ActRefusal.UNKNOWN


def test_a_deletion_is_told_with_its_reason() -> None:
    """By whoever had podbot do it."""
    stage = Stage()
    note = NotePodsDeleted(incident=IT, names=("web-1",), reason="stale lock")
    assert stage.does(note).refusal is None
    assert stage.told[-1] is StoryKind.DELETED


def test_a_silence_is_told_once() -> None:
    """It holds for the workload as well as for this incident, which is one thing to who reads the story."""
    stage = Stage()
    silence = silencing.of_incident(SilenceId("S1"), stage.held.incident, timedelta(hours=1), BOB, at(20))
    stage.does(SilenceIncident(incident=IT, lasting=timedelta(hours=1)), silence=silence)
    assert stage.held.incident.silenced is not None
    assert stage.told.count(StoryKind.SILENCED) == 1
    assert [each.id for each in stage.live.silences] == ["S1"]


def test_a_shorter_silence_than_that_which_holds_changes_nothing() -> None:
    """Whoever asked for the longer one goes on being spared; a longer one takes its place."""
    stage = Stage()
    silences = [
        silencing.of_incident(
            SilenceId(f"S{hours}"), stage.held.incident, timedelta(hours=hours), BOB, at(20)
        )
        for hours in (10, 1, 20)
    ]
    holding = []
    for silence in silences:
        stage.does(SilenceIncident(incident=IT, lasting=timedelta(hours=1)), silence=silence)
        assert stage.held.incident.silenced is not None
        holding.append(stage.held.incident.silenced.silence)
    assert holding == ["S10", "S10", "S20"]
    assert stage.told.count(StoryKind.SILENCED) == 2


def test_a_message_is_drawn_anew_as_it_is() -> None:
    """Another wording of the same, for somebody who looks at it; the story says nothing of that."""
    stage = Stage()
    before, told = stage.held.incident, list(stage.told)
    assert stage.does(DrawAnew(incident=IT)).refusal is None
    assert stage.held.incident == replace(before, revision=before.revision + 1)
    assert stage.held.is_awaited(at(20))
    assert stage.told == told


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(AcknowledgeIncident(incident=IT), id="acknowledge"),
        pytest.param(ResolveIncident(incident=IT, force=True), id="resolve"),
        pytest.param(SilenceIncident(incident=IT), id="silence"),
    ],
)
def test_whoever_pressed_a_button_waits_for_the_message_for_some_seconds(command: ActCommand) -> None:
    """Nobody waits for a death."""
    stage = Stage()
    silence = silencing.of_incident(SilenceId("S1"), stage.held.incident, timedelta(hours=1), BOB, at(20))
    assert not stage.held.is_awaited(at(20))
    stage.does(command, silence=silence)
    assert stage.held.is_awaited(at(22))
    assert not stage.held.is_awaited(at(40))


def test_who_ends_a_silence_waits_for_the_message() -> None:
    """It is heard again by their doing."""
    stage = Stage()
    silence = silencing.of_incident(SilenceId("S1"), stage.held.incident, timedelta(hours=1), BOB, at(20))
    stage.live.silences.heard(silence, at(20))
    stage.live.died(a_death(restart=1, seconds=50), stage.held.route, at(50))
    assert not stage.held.is_awaited(at(50))
    stage.live.silences.ended(silence.id, BOB, at(60))
    assert stage.held.is_awaited(at(60))
