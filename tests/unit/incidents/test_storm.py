"""More incidents at once than anybody reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.incidents import engine, storm
from bot.incidents.storm import Shelter, Weather
from bot.model.incidents import Ending, Incident, IncidentId, IncidentState
from bot.model.pods import Owner
from tests.support.deaths import a_death
from tests.support.pods import at

DIGEST = IncidentId("5T0M")


def openings(
    *seconds: float, weather: Weather | None = None, a_minute: int = 10
) -> tuple[Weather, list[Shelter]]:
    weather = weather or Weather()
    shelters = []
    for number, when in enumerate(seconds):
        weather, shelter = storm.placed(
            weather, IncidentId(f"I{number}"), lambda: DIGEST, at(when), a_minute=a_minute
        )
        shelters.append(shelter)
    return weather, shelters


def test_the_eleventh_of_a_minute_begins_a_storm() -> None:
    """Ten have messages of their own, all others until it is over have not."""
    _, shelters = openings(*range(12))
    assert shelters == [Shelter()] * 10 + [Shelter(digest=DIGEST, begins=True), Shelter(digest=DIGEST)]


def test_how_many_make_a_storm_is_the_teams_to_say() -> None:
    """One alone may be told by itself, or twenty; a change holds for the minute that is running."""
    _, shelters = openings(*range(3), a_minute=1)
    assert [each.begins for each in shelters] == [False, True, False]
    weather, shelters = openings(*range(12), a_minute=20)
    assert shelters == [Shelter()] * 12
    _, shelters = openings(12, weather=weather, a_minute=5)
    assert [each.begins for each in shelters] == [True]


def test_eleven_in_more_than_a_minute_are_no_storm() -> None:
    """One every six seconds goes on for ever."""
    _, shelters = openings(*range(0, 600, 6))
    assert shelters == [Shelter()] * 100


def test_a_storm_is_over_after_a_minute_without_another() -> None:
    """Whatever joins keeps it going."""
    weather, _ = openings(*range(11))
    weather, shelters = openings(60, 115, 170, weather=weather)
    assert [each.digest for each in shelters] == [DIGEST] * 3
    _, shelters = openings(230, weather=weather)
    assert shelters == [Shelter()]


def member(name: str, state: IncidentState) -> Incident:
    opened = engine.opened(IncidentId(name), a_death(owner=Owner(kind="Deployment", name=name)))
    if state is IncidentState.FIRING:
        return opened
    failing = state is IncidentState.CLOSED
    return replace(opened, state=state, ending=Ending(since=at(60), words="x", still_failing=failing))


def test_the_digest_counts_its_members_and_names_those_before() -> None:
    """No death is counted by two messages."""
    before = [member("a", IncidentState.FIRING), member("b", IncidentState.FIRING)]
    step = storm.opened(DIGEST, a_death(unseen_before=2), before, at(11))
    digest = step.incident
    assert digest is not None
    assert (digest.deaths, sum(each.deaths for each in digest.workloads)) == (3, 3)
    assert [each.told_in for each in digest.workloads] == ["a", "b", None]
    assert digest.attention.unattended_since == at(11)


F, R, G, C, M = (
    IncidentState.FIRING,
    IncidentState.RECOVERED,
    IncidentState.GONE,
    IncidentState.CLOSED,
    IncidentState.MERGED,
)


@pytest.mark.parametrize(
    ("states", "state", "words"),
    [
        pytest.param([R, R, F], None, "", id="one-is-open"),
        pytest.param([R, R], R, "all 2 incidents recovered", id="all-recovered"),
        pytest.param([R, G, R], G, "2 recovered, 1 gone", id="one-is-gone"),
        pytest.param([R, C], G, "1 recovered, 1 closed", id="one-was-closed"),
        pytest.param([R, M], R, "all 1 incidents recovered", id="one-is-told-elsewhere"),
        pytest.param([], None, "", id="nobody-left"),
    ],
)
def test_it_ends_as_the_worst_of_its_members(
    states: list[IncidentState], state: IncidentState | None, words: str
) -> None:
    """Recovered only if every one is."""
    found = storm.ending(member(f"m{number}", each) for number, each in enumerate(states))
    assert (found[0] if found else None, found[1].words if found else "") == (state, words)
    if C in states:
        assert found is not None
        assert found[1].still_failing


def test_what_nobody_watches_any_more_is_not_called_gone() -> None:
    """Its members say so, too."""
    recovered, unwatched = member("a", R), member("b", G)
    unwatched = replace(unwatched, ending=Ending(since=at(60), words="x", unwatched=True))
    found = storm.ending([recovered, unwatched])
    assert found is not None
    assert (found[0], found[1].words) == (G, "1 recovered, 1 not watched any more")
