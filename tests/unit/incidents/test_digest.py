"""When the week's digest is due, by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incidents import digest
from bot.incidents.route_config import Digest
from bot.model.people import ChannelId

BERLIN = ZoneInfo("Europe/Berlin")


def config(day: int = 0, at: time = time(9, 0), zone: ZoneInfo = BERLIN) -> Digest:
    return Digest(channel=ChannelId("C02ALERTS"), day=day, at=at, zone=zone)


MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)
DUE = {
    "the week goes on": (None, MONDAY + timedelta(days=2), MONDAY + timedelta(days=7)),
    "a minute before": (None, MONDAY - timedelta(minutes=1), MONDAY),
    "on the minute": (None, MONDAY, MONDAY),
    "an hour late, after a restart": (None, MONDAY + timedelta(hours=1), MONDAY),
    "an hour later, told already": (MONDAY, MONDAY + timedelta(hours=1), MONDAY + timedelta(days=7)),
    "down for the whole day": (None, MONDAY + timedelta(hours=13), MONDAY + timedelta(days=7)),
    "the last was a week ago": (MONDAY - timedelta(days=7), MONDAY + timedelta(seconds=1), MONDAY),
    "on the Sunday before": (None, MONDAY - timedelta(days=1), MONDAY),
}


@pytest.mark.parametrize("name", DUE)
def test_it_is_due_once_a_week(name: str) -> None:
    """At its hour, or some hours late where podbot was down; then not before the next week."""
    last, now, due = DUE[name]
    assert digest.next_due(config(), last, now.astimezone(UTC)) == due


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 3, 30, 12, tzinfo=UTC), 167),  # the Sunday between has 23 hours
        (datetime(2026, 10, 26, 12, tzinfo=UTC), 169),
        (datetime(2026, 6, 1, 12, tzinfo=UTC), 168),
    ],
    ids=["spring", "autumn", "summer"],
)
def test_it_is_due_at_the_same_hour_on_the_wall(now: datetime, hours: int) -> None:
    """Whatever daylight saving does in between."""
    due = digest.next_due(config(), None, now)
    assert due.astimezone(BERLIN).time() == time(9, 0)
    assert due - digest.begin_of(config(), due) == timedelta(hours=hours)


def test_each_week_has_a_key() -> None:
    """One digest, one message, also around the new year."""
    assert digest.key_of(MONDAY) == "digest/2026-W48"
    assert digest.key_of(datetime(2027, 1, 1, tzinfo=UTC)) == "digest/2026-W53"
    assert digest.key_of(datetime(2027, 1, 4, tzinfo=UTC)) == "digest/2027-W01"


moments = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001 - likewise
    timezones=st.just(UTC),
)


@given(moments, st.integers(0, 6), st.times(), st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Auckland"]))
def test_it_never_stops_and_never_comes_twice(now: datetime, day: int, at: time, zone: str) -> None:
    """Told when it is due, the next one is about a week later, in another week."""
    wanted = config(day, at.replace(microsecond=0, fold=0), ZoneInfo(zone))
    first = digest.next_due(wanted, None, now)
    assert now - digest.LATE <= first <= now + timedelta(days=7, hours=2)
    told = max(first, now)
    second = digest.next_due(wanted, first, told)
    assert timedelta(days=6, hours=22) <= second - first <= timedelta(days=7, hours=2)
    there = ZoneInfo(zone)
    assert digest.key_of(first.astimezone(there)) != digest.key_of(second.astimezone(there))
