"""What lasts is told once, its end is told once, and what flaps makes one message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ops.episodes import (
    AT_ONCE,
    COMES_BACK_WITHIN,
    LONGEST_LOOK,
    OVER_AFTER,
    PATIENCE,
    Announcement,
    Episode,
    Instant,
    Look,
    looked,
    patience,
    step,
)
from tests.support.clock import START

WATCH, STORE, SLACK = "watch of prod", "store", "slack"


def instant(seconds: float) -> Instant:
    return Instant(at=START + timedelta(seconds=seconds), tick=seconds)


class Looks:
    """One look a second, and what was said at which."""

    def __init__(self) -> None:
        self.state: Mapping[str, Episode] = {}
        self.said: list[tuple[int, Announcement]] = []
        self.second = 0

    def look(self, *ill: str, times: int = 1) -> Looks:
        for _ in range(times):
            self.state, said = step(self.state, dict.fromkeys(ill, "why"), instant(self.second))
            self.said += [(self.second, each) for each in said]
            self.second += 1
        return self

    @property
    def told(self) -> list[tuple[int, bool]]:
        return [(second, each.over) for second, each in self.said]


def test_what_lasts_is_told_after_two_minutes_and_its_end_once_it_holds() -> None:
    """One message, edited; the end that it names is when it was last seen."""
    looks = Looks().look(times=5).look(WATCH, times=300).look(times=100)
    assert looks.told == [(5 + PATIENCE, False), (305 + OVER_AFTER, True)]
    (_, begun), (_, ended) = looks.said
    assert (begun.episode.revision, ended.episode.revision) == (1, 2)
    assert begun.episode.since == ended.episode.since == instant(5)
    assert ended.episode.well_since == instant(305)


def test_the_store_is_told_at_once() -> None:
    """What goes out from memory is lost by a restart: nobody should do that unknowingly."""
    assert Looks().look(STORE).told == [(0, False)]


def test_what_is_brief_is_not_told() -> None:
    """A watch that breaks off and goes on is the usual case."""
    looks = Looks().look(WATCH, times=int(PATIENCE)).look(times=100)
    assert looks.told == []
    assert looks.state == {}


def test_a_moments_pause_does_not_begin_anew() -> None:
    """What comes and goes every few seconds is not well."""
    looks = Looks()
    for _ in range(20):
        looks.look(WATCH, times=5).look(times=5)
    assert [over for _, over in looks.told] == [False]
    looks.look(times=60)
    assert [over for _, over in looks.told] == [False, True]


def test_what_comes_back_goes_on_in_the_same_message() -> None:
    """It says how often; what comes back much later is another message."""
    looks = Looks()
    for _ in range(3):
        looks.look(WATCH, times=200).look(times=100)
    episodes = [each.episode for _, each in looks.said]
    assert [(each.times, each.revision) for each in episodes] == [
        (1, 1),
        (1, 2),
        (2, 3),
        (2, 4),
        (3, 5),
        (3, 6),
    ]
    assert len({each.first for each in episodes}) == 1
    looks.look(times=int(COMES_BACK_WITHIN) + 1)
    assert looks.state == {}
    looks.look(WATCH, times=200)
    assert looks.said[-1][1].episode.first != episodes[0].first


def test_what_comes_back_too_briefly_is_not_told_again() -> None:
    """Neither then, nor at once when it comes back once more."""
    looks = Looks().look(WATCH, times=200).look(times=100)
    for _ in range(4):
        looks.look(WATCH, times=20).look(times=400)
    assert len(looks.said) == 2
    looks.look(WATCH, times=int(PATIENCE))
    assert len(looks.said) == 2
    looks.look(WATCH)
    assert looks.said[-1][1].episode.times == 2


HISTORIES = st.lists(
    st.tuples(st.frozensets(st.sampled_from([WATCH, STORE, SLACK])), st.integers(1, 400)), max_size=30
)


@given(HISTORIES)
def test_whatever_happens(history: list[tuple[frozenset[str], int]]) -> None:
    """Beginnings and ends alternate, nothing is told too early or kept back, and all comes to rest."""
    looks, failing = Looks(), Counter[str]()
    for ill, seconds in history:
        for _ in range(seconds):
            looks.look(*ill)
            failing = Counter({subject: failing[subject] + 1 for subject in ill})
            for subject, lasted in failing.items():
                if lasted > patience(subject):
                    assert looks.state[subject].told, "what lasts is told"
    last = looks.second
    looks.look(times=int(OVER_AFTER + COMES_BACK_WITHIN) + 2)
    assert looks.state == {}, "nothing is remembered for ever"
    for subject in {each.episode.subject for _, each in looks.said}:
        _alternates([(at, each) for at, each in looks.said if each.episode.subject == subject])
    assert all(at <= last + OVER_AFTER for at, _ in looks.said)


def _alternates(said: Iterable[tuple[int, Announcement]]) -> None:
    so, revision, first, ended = False, 0, None, 0
    for at, each in said:
        episode = each.episode
        assert each.over is so, "beginnings and ends alternate"
        if each.over:
            assert episode.well_since is not None
            assert at - episode.well_since.tick >= OVER_AFTER
            ended = at
        else:
            assert at - episode.since.tick >= patience(episode.subject)
        if episode.first != first:
            assert first is None or at - ended > COMES_BACK_WITHIN - OVER_AFTER, "a new message is rare"
            first, revision = episode.first, 0
        assert episode.revision == revision + 1
        so, revision = not so, episode.revision
    assert not so, "every end is told"


def test_only_what_a_restart_would_lose_is_told_at_once() -> None:
    """Everything else may mend itself."""
    assert {STORE} == AT_ONCE
    assert patience(SLACK) == PATIENCE


HOUR = 3_600


class Clocks:
    """One look a second by clocks that leap, and what was said: is it over, how long ago, for how long."""

    def __init__(self) -> None:
        self.wall, self.monotonic = START, 0.0
        self.last: Look | None = None
        self.state: Mapping[str, Episode] = {}
        self.said: list[tuple[bool, timedelta, timedelta]] = []

    def look(self, *ill: str, times: int = 1) -> Clocks:
        for _ in range(times):
            self.passes(wall=1, monotonic=1)
            self.last = looked(self.last, at=self.wall, clock=self.monotonic)
            self.state, said = step(self.state, dict.fromkeys(ill, "why"), self.last.now)
            self.said += [(each.over, *_ago(each.episode, self.wall)) for each in said]
        return self

    def passes(self, *, wall: float, monotonic: float) -> None:
        self.wall += timedelta(seconds=wall)
        self.monotonic += monotonic


def _ago(episode: Episode, now: datetime) -> tuple[timedelta, timedelta]:
    """How long ago it began, and for how long it was so, as people read it."""
    return now - episode.since.at, (episode.well_since.at if episode.well_since else now) - episode.since.at


GAPS = pytest.mark.parametrize(
    ("wall", "monotonic"),
    [
        pytest.param(HOUR, 0, id="a leap forward"),
        pytest.param(-HOUR, 0, id="a leap backward"),
        pytest.param(HOUR, 0, id="suspended"),
        pytest.param(HOUR, HOUR, id="stood still"),
    ],
)


@GAPS
def test_what_is_there_after_a_gap_has_lasted_since_then(wall: float, monotonic: float) -> None:
    """Everything has to connect again: that is no outage, until it has lasted as long as any other."""
    clocks = Clocks().look(times=10)
    clocks.passes(wall=wall, monotonic=monotonic)
    clocks.look(SLACK, times=60).look(times=100)
    assert clocks.said == []
    clocks.look(SLACK, times=int(PATIENCE) + 1)
    assert clocks.said == [(False, timedelta(seconds=PATIENCE), timedelta(seconds=PATIENCE))]


@GAPS
def test_a_gap_counts_as_a_look_and_no_more(wall: float, monotonic: float) -> None:
    """Trouble before and after it was seen for so many looks, and is told as having lasted for so long."""
    clocks = Clocks().look(WATCH, times=30)
    clocks.passes(wall=wall, monotonic=monotonic)
    clocks.look(WATCH, times=50)
    assert clocks.said == [], "nobody knows how it was meanwhile"
    clocks.look(WATCH, times=int(PATIENCE))
    ((over, ago, lasted),) = clocks.said
    assert not over
    assert ago == lasted == timedelta(seconds=PATIENCE)


@GAPS
def test_what_was_told_before_a_gap_ends_after_it(wall: float, monotonic: float) -> None:
    """In the words of the clock as it then is, and not before it was seen to be well for long enough."""
    clocks = Clocks().look(WATCH, times=200)
    clocks.passes(wall=wall, monotonic=monotonic)
    clocks.look(times=int(OVER_AFTER))
    assert len(clocks.said) == 1, "it has not been well for long enough"
    clocks.look(times=2)
    over, _, lasted = clocks.said[-1]
    assert over
    assert timedelta(seconds=200) <= lasted <= timedelta(seconds=200 + LONGEST_LOOK)


@GAPS
def test_a_gap_within_a_pause_does_not_end_it(wall: float, monotonic: float) -> None:
    """Well for a moment on either side is not well."""
    clocks = Clocks().look(WATCH, times=200).look(times=5)
    clocks.passes(wall=wall, monotonic=monotonic)
    clocks.look(times=5).look(WATCH, times=10)
    assert [over for over, _, _ in clocks.said] == [False]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 90), st.integers(-HOUR, HOUR), st.booleans())))
def test_whatever_clocks_do(history: list[tuple[bool, int, int, bool]]) -> None:
    """Nothing is told to have lasted for longer than it was looked at, nor to begin in the future."""
    clocks, looks = Clocks(), 0
    for ill, times, gap, stands_still in history:
        clocks.passes(wall=gap, monotonic=max(gap, 0) if stands_still else 0)
        for _ in range(times):
            before = len(clocks.said)
            clocks.look(*([WATCH] if ill else []))
            looks += 1
            for _over, ago, lasted in clocks.said[before:]:
                assert timedelta() <= lasted <= ago <= timedelta(seconds=looks * LONGEST_LOOK)
