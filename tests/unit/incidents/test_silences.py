"""Several silences over one incident: it is under the one that lasts longest of those that cover it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.incidents import silencing
from bot.incidents.effects import CallRoute, Effect, Mention, Tell
from bot.incidents.held import Held
from bot.incidents.inputs import Escalate, Recovered
from bot.incidents.live import Live
from bot.model.deaths import Cause
from bot.model.escalations import EscalationPlan
from bot.model.incidents import Evidence, Incident, IncidentId, IncidentState, Severity, SilenceId
from bot.model.people import ChannelId
from bot.model.pods import Owner
from bot.model.routes import Route
from bot.model.silences import Silence, SilenceScope
from bot.model.stories import StoryEntry, StoryKind
from tests.support.deaths import a_death
from tests.support.examples import examples
from tests.support.incidents import ALICE, BOB, PLAN, an_ending
from tests.support.pods import at

ROUTE = Route(channels=(ChannelId("C1"),))
LONG, SHORT = SilenceId("LONG"), SilenceId("SHORT")


class Stage:
    """Live incidents of one workload, what is said of them, and what its silences kept back."""

    def __init__(self, kind: str = "Deployment") -> None:
        numbers = count()
        self.owner = Owner(kind=kind, name="web")
        self.told: list[tuple[IncidentId, StoryEntry]] = []
        self.kept_back: Counter[tuple[SilenceId, IncidentId]] = Counter()
        self.live = Live(self.turned, lambda: IncidentId(f"I{next(numbers)}"), self.plan)
        self._restarts = count()

    def turned(self, held: Held, effects: tuple[Effect, ...]) -> None:
        self.told += [(held.incident.id, each.entry) for each in effects if isinstance(each, Tell)]
        if held.incident.silenced is not None:
            assert not any(isinstance(each, Mention | CallRoute) for each in effects), "it is silent"

    def plan(self, _: str) -> EscalationPlan:
        return PLAN

    def dies(self, seconds: float, cause: Cause = Cause.ERROR) -> Held:
        death = a_death(cause, restart=next(self._restarts), seconds=seconds, owner=self.owner)
        held = self.live.died(death, ROUTE, at(seconds))
        assert held is not None
        return held

    def hears(self, seconds: float, *silences: Silence) -> None:
        for each in silences:
            self.live.silences.heard(each, at(seconds))

    def counts(self) -> dict[tuple[SilenceId, IncidentId], int]:
        """What each silence has kept back by now, as the store would have it."""
        for key, deaths in self.live.silences.take_counts().items():
            self.kept_back[key] += deaths
        return {key: deaths for key, deaths in self.kept_back.items() if deaths}

    def heard_again(self, incident: IncidentId) -> list[int]:
        """Of each time that no silence was left, the deaths that were told to have been kept back."""
        return [
            each.deaths
            for identity, each in self.told
            if identity == incident and each.kind is StoryKind.SILENCE_ENDED and each.until is None
        ]


def a_silence(identity: SilenceId, until: float, severity: Severity = Severity.PAGE) -> Silence:
    return Silence(
        id=identity,
        scope=SilenceScope(namespace="shop"),
        author=ALICE if identity == LONG else BOB,
        created_at=at(0),
        until=at(until),
        severity=severity,
    )


def under(held: Held) -> tuple[str, datetime] | None:
    silence = held.incident.silenced
    return (silence.silence, silence.until) if silence is not None else None


def by_alice(stage: Stage) -> None:
    stage.live.silences.ended(LONG, ALICE, at(100))


def by_an_earlier_end(stage: Stage) -> None:
    stage.hears(100, a_silence(LONG, 600))


def by_a_job_that_gives_up(stage: Stage) -> None:
    (held,) = stage.live
    stage.live.apply(held, Escalate(why="BackoffLimitExceeded"), at(100))


@pytest.mark.parametrize("order", [1, -1], ids=["asked-for-first", "asked-for-last"])
@pytest.mark.parametrize("fires", [True, False], ids=["over-what-fires", "over-what-is-to-come"])
@pytest.mark.parametrize(
    ("kind", "covers", "stops"),
    [
        pytest.param("Deployment", Severity.PAGE, by_alice, id="ended"),
        pytest.param("Deployment", Severity.PAGE, by_an_earlier_end, id="made-shorter-than-the-other"),
        pytest.param("Job", Severity.MINOR, by_a_job_that_gives_up, id="not-meant-for-as-bad"),
    ],
)
def test_where_the_longer_silence_stops_the_shorter_one_goes_on(
    kind: str, covers: Severity, stops: Callable[[Stage], None], fires: bool, order: int
) -> None:
    """Without a word; once none is left, what all of them kept back is told, and told once."""
    stage = Stage(kind)
    if fires:
        stage.dies(10)
    stage.hears(20, *[a_silence(LONG, 3_600, covers), a_silence(SHORT, 1_800)][::order])
    held = stage.dies(30)
    assert under(held) == (LONG, at(3_600))
    said = len([each for _, each in stage.told if each.aloud])
    stops(stage)
    assert under(held) == (SHORT, at(1_800))
    stage.dies(200)
    stage.live.tick(at(1_799))
    assert len([each for _, each in stage.told if each.aloud]) == said
    assert held.incident.shown is fires
    assert stage.counts() == {(SHORT, held.incident.id): 2}, "it is for this one to tell of both"
    stage.live.tick(at(1_800))
    assert under(held) is None
    assert stage.heard_again(held.incident.id) == [2]


def test_what_a_longer_silence_takes_over_is_told_at_its_end() -> None:
    """The end of the first one, which came before, has nothing to tell."""
    stage = Stage()
    stage.hears(20, a_silence(SHORT, 1_800))
    held = stage.dies(30)
    stage.hears(40, a_silence(LONG, 3_600))
    stage.live.silences.ended(SHORT, None, at(1_800))
    assert stage.counts() == {(LONG, held.incident.id): 1}
    stage.live.silences.ended(LONG, BOB, at(1_900))
    assert stage.heard_again(held.incident.id) == [1]


def test_a_death_between_the_end_of_one_and_the_next_look_stays_under_the_other() -> None:
    """As one comes to its end nobody has looked yet, and the other's end was put off a moment ago."""
    stage = Stage()
    stage.hears(20, a_silence(SHORT, 60), a_silence(LONG, 50))
    held = stage.dies(30)
    assert under(held) == (SHORT, at(60))
    stage.hears(45, a_silence(LONG, 59))
    assert under(held) == (SHORT, at(60))
    stage.hears(55, a_silence(LONG, 3_600))
    stage.dies(61)
    assert under(held) == (LONG, at(3_600))
    assert stage.heard_again(held.incident.id) == []


def test_who_ended_a_silence_is_in_the_story_and_whose_holds_now() -> None:
    """Not in the thread: it is silent. Whoever reads the story finds it there."""
    stage = Stage()
    held = stage.dies(10)
    stage.hears(20, a_silence(LONG, 3_600), a_silence(SHORT, 1_800))
    stage.live.silences.ended(LONG, ALICE, at(100))
    _, entry = stage.told[-1]
    assert (entry.kind, entry.by, entry.people, entry.until) == (
        StoryKind.SILENCE_ENDED,
        ALICE,
        (BOB,),
        at(1_800),
    )
    assert not entry.aloud
    assert under(held) is not None


@pytest.mark.parametrize(
    ("covered", "then"),
    [
        pytest.param("*", (SHORT, at(300)), id="of-all-causes"),
        pytest.param("Error", None, id="of-the-cause-that-it-was-taken-for"),
        pytest.param("LivenessFailed", (SHORT, at(300)), id="of-the-right-cause"),
    ],
)
def test_a_cause_that_became_known_late_breaks_through_what_does_not_cover_it(
    covered: str, then: tuple[SilenceId, datetime] | None
) -> None:
    """The first cause was silenced; who silenced that did not mean the one that it was in truth."""
    stage = Stage()
    by_first = replace(a_silence(LONG, 600), scope=SilenceScope(namespace="shop", cause="Error"))
    by_right = replace(a_silence(SHORT, 300), scope=SilenceScope(namespace="shop", cause=covered))
    stage.hears(0, by_first, by_right)
    held = stage.dies(10)
    assert under(held) == (LONG, at(600))
    right = replace(held.incident.latest, cause=Cause.LIVENESS_FAILED)
    stage.live.learned(held, Evidence(death=right), at(11))
    assert under(held) == then
    broke = [each.words for _, each in stage.told if each.kind is StoryKind.BROKE_THROUGH]
    assert broke == ([] if then is not None else ["LivenessFailed"])


class World:
    """Silences as people and the watch handle them, beside a plain account of what they are to cover."""

    def __init__(self, kind: str) -> None:
        self.stage = Stage(kind)
        self.now = 10.0
        self.silences: dict[SilenceId, tuple[str, Silence]] = {}
        self.kept: Counter[IncidentId] = Counter()
        self.silent_for: dict[IncidentId, int] = {}
        """The deaths of those that are silent, since they have been so."""

    def open_ones(self) -> list[Held]:
        return [each for each in self.stage.live if each.incident.state is IncidentState.FIRING]

    def covers(self, kind: str, silence: Silence, incident: Incident) -> bool:
        """By what was asked for, in a world of one workload in one namespace."""
        if incident.severity.worse_than(silence.severity):
            return False
        match kind:
            case "elsewhere":
                return False
            case "errors":
                return incident.key.cause is Cause.ERROR
            case "until resolved":
                return incident.id == silence.incident and incident.reopened == silence.came_back
            case _:
                return not silence.known or incident.key.cause in silence.known

    def begins(self, kind: str, lasting: int) -> None:
        identity, open_ones = SilenceId(f"S{len(self.silences)}"), self.open_ones()
        scopes = {
            "namespace": SilenceScope(namespace="shop"),
            "workload": SilenceScope(owner="web"),
            "mild": SilenceScope(owner="web"),
            "elsewhere": SilenceScope(namespace="payments"),
            "errors": SilenceScope(cause="Error"),
        }
        lasts = timedelta(seconds=lasting)
        if kind == "until resolved":
            if not open_ones:
                return
            silence = silencing.of_incident(identity, open_ones[0].incident, None, ALICE, at(self.now))
        else:
            silence = silencing.created(
                identity,
                scopes[kind],
                lasts,
                ALICE,
                at(self.now),
                open_ones=[each.incident for each in open_ones],
            )
        if kind == "mild":
            silence = replace(silence, severity=Severity.MINOR)
        self._hears(kind, silence)

    def edits(self, number: int, lasting: int) -> None:
        for kind, silence in list(self.silences.values())[number : number + 1]:
            after = silencing.edited(silence, at(self.now), lasting=timedelta(seconds=lasting))
            if silence.lasts(at(self.now)):
                self._hears(kind, after)

    def ends(self, number: int) -> None:
        for kind, silence in list(self.silences.values())[number : number + 1]:
            if silence.lasts(at(self.now)):
                self._ends(kind, silence)

    def dies(self, cause: Cause) -> None:
        held = self.stage.dies(self.now, cause)
        if held.incident.silenced is not None:
            self.kept[held.incident.id] += 1
            self.silent_for[held.incident.id] = self.silent_for.get(held.incident.id, 0) + 1

    def gives_up(self) -> None:
        for held in self.open_ones():
            self.stage.live.apply(held, Escalate(why="BackoffLimitExceeded"), at(self.now))

    def recovers(self) -> None:
        for held in self.open_ones():
            over = Recovered(ending=an_ending(self.now), of_deaths=held.incident.deaths)
            self.stage.live.apply(held, over, at(self.now))

    def clock(self) -> None:
        self.stage.live.tick(at(self.now))

    def watch(self) -> None:
        """What is due is ended, as `silence_watch` does it."""
        for kind, silence in list(self.silences.values()):
            held = self.stage.live.get(silence.incident) if silence.incident is not None else None
            if silencing.is_due(silence, held.incident if held is not None else None, at(self.now)):
                self._ends(kind, silence)

    def account(self) -> None:
        """What each that is silent has kept back since it fell so, and what is told of that at its end."""
        for incident in (each.incident for each in self.stage.live):
            if incident.silenced is not None:
                assert incident.silenced.deaths == self.silent_for.setdefault(incident.id, 0)
            elif incident.id in self.silent_for:
                self._was_silent(incident, self.silent_for.pop(incident.id))

    def check(self) -> None:
        for held in self.stage.live:
            incident = held.incident
            covering = [
                each.until
                for kind, each in self.silences.values()
                if each.lasts(at(self.now)) and self.covers(kind, each, incident)
            ]
            is_open = incident.state is IncidentState.FIRING
            assert (incident.silenced is not None) is (is_open and bool(covering))
            assert incident.silenced is None or incident.silenced.until == max(covering)
            counted = {key: each for key, each in self.stage.counts().items() if key[1] == incident.id}
            assert all(each > 0 for each in counted.values())
            assert sum(counted.values()) == self.kept[incident.id], "kept back by exactly one silence"

    def _was_silent(self, incident: Incident, deaths: int) -> None:
        """What was kept back is told as it is heard again, unless it got worse, or is over."""
        story = [each for identity, each in self.stage.told if identity == incident.id]
        last = [each for each in story if each.kind in {StoryKind.SILENCE_ENDED, StoryKind.BROKE_THROUGH}]
        if incident.state is IncidentState.FIRING and last[-1].kind is StoryKind.SILENCE_ENDED:
            assert last[-1].until is None
            assert last[-1].deaths == deaths

    def _hears(self, kind: str, silence: Silence) -> None:
        self.silences[silence.id] = kind, silence
        self.stage.hears(self.now, silence)

    def _ends(self, kind: str, silence: Silence) -> None:
        self.silences[silence.id] = kind, silencing.ended(silence, at(self.now))
        self.stage.live.silences.ended(silence.id, silence.ended_by, at(self.now))


LASTING = st.sampled_from([30, 600, 1_800, 7_200])
WHICH = st.integers(0, 4)
ACTS: st.SearchStrategy[Callable[[World], None]] = st.one_of(
    st.builds(
        lambda kind, lasting: lambda world: world.begins(kind, lasting),
        st.sampled_from(["namespace", "workload", "mild", "elsewhere", "errors", "until resolved"]),
        LASTING,
    ),
    st.builds(lambda which, lasting: lambda world: world.edits(which, lasting), WHICH, LASTING),
    st.builds(lambda which: lambda world: world.ends(which), WHICH),
    st.builds(
        lambda cause: lambda world: world.dies(cause), st.sampled_from([Cause.ERROR, Cause.OOM_KILLED])
    ),
    st.sampled_from([World.gives_up, World.recovers]),
)
LOOKS = st.permutations([World.clock, World.watch, None])
"""What happens to the world may come before the clock is looked at, and the silences, or after."""


@settings(max_examples=examples(500))
@given(
    st.sampled_from(["Deployment", "Job"]),
    st.lists(st.tuples(st.sampled_from([1, 40, 700, 2_500]), ACTS, LOOKS), min_size=1, max_size=20),
)
def test_an_incident_is_silent_exactly_while_something_covers_it(
    kind: str,
    history: list[tuple[int, Callable[[World], None], list[Callable[[World], None] | None]]],
) -> None:
    """Whatever silences begin, change and end in whatever order, and what each has kept back adds up."""
    world = World(kind)
    for seconds, act, looks in history:
        world.now += seconds
        for each in looks:
            (each or act)(world)
            world.account()
        world.check()
