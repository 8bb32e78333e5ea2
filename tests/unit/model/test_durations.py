"""Durations read and written as Go and kubectl do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import durations

MOMENT = timedelta(milliseconds=1)


def time(days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0) -> timedelta:
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (time(seconds=-2), "<invalid>"),
        (time(seconds=-2) + MOMENT, "0s"),
        (time(seconds=-1), "0s"),
        (time(), "0s"),
        (time(seconds=1) - MOMENT, "0s"),
        (time(seconds=70), "70s"),
        (time(minutes=2) - MOMENT, "119s"),
        (time(minutes=2), "2m"),
        (time(seconds=190), "3m10s"),
        (time(minutes=10) - MOMENT, "9m59s"),
        (time(minutes=10, seconds=1), "10m"),
        (time(hours=3) - MOMENT, "179m"),
        (time(hours=3), "3h"),
        (time(hours=3, minutes=1), "3h1m"),
        (time(hours=8) - MOMENT, "7h59m"),
        (time(hours=8, minutes=59), "8h"),
        (time(hours=48) - MOMENT, "47h"),
        (time(days=2), "2d"),
        (time(days=2, hours=1), "2d1h"),
        (time(days=8) - MOMENT, "7d23h"),
        (time(days=8, hours=23), "8d"),
        (time(days=367), "367d"),
        (time(days=730) - MOMENT, "729d"),
        (time(days=730, hours=23), "2y"),
        (time(days=731), "2y1d"),
        (time(days=8 * 365) - MOMENT, "7y364d"),
        (time(days=8 * 365 + 364), "8y"),
        (time(days=9 * 365), "9y"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value),
)
def test_an_age_is_written_as_kubectl_writes_it(age: timedelta, text: str) -> None:
    """The thresholds of k8s.io/apimachinery's HumanDuration hold, at each side of each."""
    assert durations.human(age) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", time(seconds=90)),
        ("10m", time(minutes=10)),
        ("1h30m", time(hours=1, minutes=30)),
        ("1.5h", time(minutes=90)),
        (".5s", timedelta(milliseconds=500)),
        ("5.s", time(seconds=5)),
        ("250ms", timedelta(milliseconds=250)),
        ("7us", timedelta(microseconds=7)),
        ("7µs", timedelta(microseconds=7)),
        ("2000ns", timedelta(microseconds=2)),
        ("2d", time(days=2)),
    ],
)
def test_go_durations_are_read(text: str, expected: timedelta) -> None:
    """What Go's ParseDuration takes is taken, and days beside it."""
    assert durations.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "0s", "10", "m", "ten minutes", "-5m", "5m ", "1h-30m", "٣m", "1e3s", "9" * 400 + "h"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Nothing but a positive duration gets through, however it is malformed."""
    with pytest.raises(ValueError, match="duration"):
        durations.parse(text)


@pytest.mark.parametrize("text", ["36526d", "999999d", "9999999d", "999999999d"])
def test_what_no_calendar_reaches_is_refused(text: str) -> None:
    """Whoever asks since when is told so, before anybody counts back to a date that there never was."""
    with pytest.raises(ValueError, match="100 years"):
        durations.parse(text)


def test_the_longest_duration_can_be_taken_from_any_day_of_podbots() -> None:
    """What is read can be counted back and ahead."""
    longest = durations.parse("36525d")
    assert longest == durations.LONGEST
    assert datetime(2020, 1, 1, tzinfo=UTC) - longest < datetime(2020, 1, 1, tzinfo=UTC) + longest


@given(st.timedeltas(min_value=timedelta(microseconds=1), max_value=durations.LONGEST))
def test_what_is_spelled_is_read_back(duration: timedelta) -> None:
    """Spelling and reading are inverse, to the microsecond, for any positive duration."""
    assert durations.parse(durations.spell(duration)) == duration


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (time(minutes=10), "10m"),
        (time(seconds=90), "90s"),
        (time(hours=1, minutes=30), "90m"),
        (time(hours=26), "26h"),
        (time(days=7), "7d"),
        (time(days=30, hours=1), "30d1h"),
        (time(hours=2, minutes=1, seconds=5), "2h1m5s"),
    ],
)
def test_a_duration_is_spelled_as_people_write_it(duration: timedelta, text: str) -> None:
    """The spelling stays short."""
    assert durations.spell(duration) == text


def test_nothing_but_a_positive_duration_is_spelled() -> None:
    """There is no spelling that would be read back as zero."""
    with pytest.raises(ValueError, match="positive"):
        durations.spell(timedelta(0))


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (time(), "0 s"),
        (time(seconds=59), "59 s"),
        (time(seconds=119), "1 min"),
        (time(minutes=19, seconds=40), "19 min"),
        (time(hours=3), "3 h"),
        (time(hours=3, minutes=20), "3 h 20 min"),
        (time(days=2), "2 d"),
        (time(days=2, hours=4, minutes=59), "2 d 4 h"),
    ],
)
def test_in_words(duration: timedelta, words: str) -> None:
    """As a sentence has it, with a space before the unit."""
    assert durations.in_words(duration) == words
