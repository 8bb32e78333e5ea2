"""The restart delays against the kubelet's rules."""

from datetime import timedelta

import pytest

from bot.playground.cluster.kubelet.backoff import Backoff, go_duration
from tests.unit.playground.cluster.conftest import START


def test_delays_double_from_ten_seconds_to_five_minutes() -> None:
    """The first restart is immediate; then 10 s, 20 s, 40 s, 80 s, 160 s, and 300 s for ever."""
    backoff, now, delays = Backoff(), START, []
    for _ in range(9):
        left = backoff.remaining("k", now, now)
        delays.append(left)
        now += timedelta(seconds=left)
        backoff.next("k", now - timedelta(seconds=left), now)
    assert delays == [0, 10, 20, 40, 80, 160, 300, 300, 300]


def test_a_long_run_forgets_the_delay() -> None:
    """After more than ten minutes of running the next restart is immediate, and the count begins anew."""
    backoff = Backoff()
    backoff.next("k", START, START)
    backoff.next("k", START, START)
    ended = START + timedelta(seconds=601)
    assert backoff.remaining("k", ended, ended) == 0
    backoff.next("k", ended, ended)
    assert backoff.delay("k") == 10


def test_waiting_counts_from_the_end_of_the_run() -> None:
    """What has passed since the container ended is not waited again."""
    backoff = Backoff()
    backoff.next("k", START, START)
    assert backoff.remaining("k", START, START + timedelta(seconds=4)) == 6
    backoff.reset("k")
    assert backoff.remaining("k", START, START) == backoff.delay("k") == 0


@pytest.mark.parametrize(("seconds", "text"), [(10, "10s"), (80, "1m20s"), (300, "5m0s")])
def test_delays_are_worded_as_go_words_them(seconds: float, text: str) -> None:
    """The kubelet's message carries a Go duration."""
    assert go_duration(seconds) == text
