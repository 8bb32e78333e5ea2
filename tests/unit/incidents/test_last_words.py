"""The few lines of a log that an alert shows."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incidents import last_words
from bot.incidents.last_words import GAP, LINES_SHOWN, chosen, shown
from bot.model.incidents import Evidence
from tests.support.deaths import a_death
from tests.support.pods import at

PROBE = '10.0.0.1 - - "GET /healthz HTTP/1.1" 200 2 "-" "kube-probe/1.30"'
INFO = 'level=info msg="request" path=/products/204 status=200'
WARNING = 'level=warn msg="slow upstream"'
ERROR = 'level=error msg="connection refused"'
LINES = st.sampled_from([PROBE, INFO, WARNING, ERROR, "panic: nil map", "ValueError: x", ""])


@given(st.lists(LINES, max_size=25), st.integers(1, 8))
def test_a_few_lines_in_their_order_and_always_the_last(lines: list[str], most: int) -> None:
    """Whatever stands in them."""
    numbers = chosen(lines, most)
    assert list(numbers) == sorted(set(numbers))
    assert len(numbers) == min(most, len(lines))
    assert numbers[-1:] == tuple(range(len(lines)))[-1:]


@given(st.lists(LINES, max_size=25))
def test_no_line_is_shown_while_a_more_telling_one_is_not(lines: list[str]) -> None:
    """What failed before what warned before the rest before probes; the last line stands apart."""
    order = [ERROR, WARNING, INFO, PROBE]
    of = {"panic: nil map": ERROR, "ValueError: x": ERROR, "": INFO}
    rank = [order.index(of.get(each, each)) for each in lines[:-1]]
    numbers = set(chosen(lines)[:-1])
    kept = [rank[number] for number in numbers]
    left = [rank[number] for number in range(len(rank)) if number not in numbers]
    assert not left or max(kept) <= min(left)


def of(*lines: str, every: timedelta = timedelta(seconds=1), timed: bool = True) -> Evidence:
    times = tuple(at(0) + number * every for number in range(len(lines))) if timed else ()
    return Evidence(death=a_death(), log_tail=lines, log_times=times)


def test_what_is_left_out_between_lines_is_marked() -> None:
    """Nobody takes lines for neighbours that are not."""
    lines = shown(of(ERROR, INFO, PROBE, *[INFO] * 5, PROBE, timed=False))
    assert lines == (ERROR, GAP, INFO, INFO, INFO, PROBE)


def test_a_log_that_is_short_enough_is_shown_whole() -> None:
    """Without a mark."""
    assert shown(of(*[PROBE] * LINES_SHOWN, timed=False)) == (PROBE,) * LINES_SHOWN


def test_each_line_says_when_it_was_written() -> None:
    """In UTC, whatever zone the node is in; a line that says so itself is left as it is."""
    moment = at(0).astimezone(timezone(timedelta(hours=5)))
    own = f"{at(0):%Y-%m-%dT%H:%M:%S}.123Z starting"
    evidence = Evidence(death=a_death(), log_tail=("starting", own, "bare"), log_times=(moment, moment, None))
    assert shown(evidence) == (f"{at(0):%H:%M:%S} starting", own, "bare")
    assert last_words.timed(evidence)


@pytest.mark.parametrize(
    ("line", "first"),
    [
        pytest.param('GET /healthz 503 "kube-probe/1.30"', True, id="a probe that failed"),
        pytest.param('level=info msg="request" path=/healthz status=200', False, id="a probe by its path"),
        pytest.param("E1122 14:06:12.1 main.go:7] lost the lease", True, id="klog's error"),
        pytest.param("goroutine 1 [running]:", True, id="the head of Go's stack"),
        pytest.param("I1122 14:06:12.1 main.go:7] no errors", True, id="nothing special"),
    ],
)
def test_lines_are_told_apart(line: str, *, first: bool) -> None:
    """Against a later line that says nothing: is it kept, where there is room for one more?"""
    rival = PROBE
    assert (chosen([line, rival, INFO], 2) == (0, 2)) is first
