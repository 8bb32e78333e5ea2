"""Working hours go by the clock on the wall, where it hangs."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.incidents.route_config import MINUTES_A_DAY, Hours

WEEKDAYS = frozenset(range(5))
OFFICE = Hours(name="office", zone=ZoneInfo("Europe/Berlin"), days=WEEKDAYS, begin=9 * 60, end=18 * 60)
NIGHT = Hours(name="night", zone=ZoneInfo("Europe/Berlin"), days=WEEKDAYS, begin=22 * 60, end=6 * 60)
SATURDAYS = Hours(name="all", zone=ZoneInfo("UTC"), days=frozenset({5}), begin=0, end=MINUTES_A_DAY)


@pytest.mark.parametrize(
    ("hours", "at", "hold"),
    [
        pytest.param(OFFICE, "2026-01-15T08:00", True, id="winter-begins-at-eight-utc"),
        pytest.param(OFFICE, "2026-01-15T07:59", False, id="winter-a-minute-early"),
        pytest.param(OFFICE, "2026-07-15T07:00", True, id="summer-begins-at-seven-utc"),
        pytest.param(OFFICE, "2026-07-15T16:00", False, id="the-end-is-not-in-it"),
        pytest.param(OFFICE, "2026-01-17T10:00", False, id="saturday"),
        pytest.param(OFFICE, "2026-03-30T07:00", True, id="the-monday-after-the-clock-went-forward"),
        pytest.param(OFFICE, "2026-10-26T07:30", False, id="the-monday-after-the-clock-went-back"),
        pytest.param(NIGHT, "2026-01-15T21:00", True, id="thursday-at-ten"),
        pytest.param(NIGHT, "2026-01-16T04:59", True, id="friday-before-six"),
        pytest.param(NIGHT, "2026-01-17T04:00", True, id="friday-night-ends-on-saturday"),
        pytest.param(NIGHT, "2026-01-17T22:00", False, id="saturday-night-is-none"),
        pytest.param(NIGHT, "2026-01-19T04:00", False, id="sunday-night-is-none"),
        pytest.param(NIGHT, "2026-10-30T04:30", True, id="winter-again"),
        pytest.param(SATURDAYS, "2026-01-17T23:59", True, id="to-midnight"),
        pytest.param(SATURDAYS, "2026-01-18T00:00", False, id="and-no-further"),
    ],
)
def test_when_hours_hold(hours: Hours, at: str, *, hold: bool) -> None:
    """Times are in UTC; the hours are Berlin's or UTC's."""
    assert hours.hold(datetime.fromisoformat(at).replace(tzinfo=UTC)) is hold


def test_a_night_in_which_the_clock_changes_is_one_night() -> None:
    """From ten to six, whether that is seven hours or nine."""
    nights = Hours(name="n", zone=ZoneInfo("Europe/Berlin"), days=frozenset({5}), begin=22 * 60, end=6 * 60)
    for day, utc_hours in (("2026-03-28", range(21, 28)), ("2026-10-24", range(20, 29))):
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
        held = [
            hour for hour in range(48) if nights.hold(datetime.fromtimestamp(midnight + hour * 3600, UTC))
        ]
        assert held == list(utc_hours)
