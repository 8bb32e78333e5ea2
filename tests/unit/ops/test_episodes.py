"""What lasts is told once, its end is told once, and what flaps makes one message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.ops.episodes import (
    AT_ONCE,
    COMES_BACK_WITHIN,
    OVER_AFTER,
    PATIENCE,
    Announcement,
    Episode,
    Instant,
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
