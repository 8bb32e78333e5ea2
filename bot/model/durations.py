"""Durations as kubectl writes and reads them."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

_MICROSECONDS: dict[str, Decimal] = {
    "d": Decimal(86_400_000_000),
    "h": Decimal(3_600_000_000),
    "m": Decimal(60_000_000),
    "s": Decimal(1_000_000),
    "ms": Decimal(1_000),
    "us": Decimal(1),
    "µs": Decimal(1),
    "μs": Decimal(1),
    "ns": Decimal("0.001"),
}
LONGEST = timedelta(days=36_525)
"""A hundred years: what reaches further back or ahead than calendars do is none that anybody means."""

_TERM = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ms|us|µs|μs|ns|d|h|m|s)")


def human(age: timedelta) -> str:
    """An age in at most two units, as `kubectl get` prints it: `40s`, `5m30s`, `3h20m`, `2d4h`, `3y40d`.

    The thresholds are those of `duration.HumanDuration` in k8s.io/apimachinery: the second unit is shown
    while the first is small, and left out where it says nothing.
    """
    seconds = int(age.total_seconds())  # towards zero, as Go does: less than 2 s in the future is still now
    if seconds < -1:
        return "<invalid>"
    seconds = max(seconds, 0)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    years = days // 365
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    if years < 8:
        return _two(years, "y", days % 365, "d")
    return f"{years}y"


def in_words(duration: timedelta) -> str:
    """A duration as a sentence has it: `40 s`, `19 min`, `3 h 20 min`, `2 d 4 h`."""
    seconds = max(int(duration.total_seconds()), 0)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 60:
        return f"{seconds} s"
    if hours < 1:
        return f"{minutes} min"
    if days < 1:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"


def parse(text: str) -> timedelta:
    """A duration as Go and kubectl's `--since` take it (`90s`, `1h30m`, `1.5h`), and days beside it.

    Precise to the microsecond; the micro sign may be either of the two that Go takes.
    Raises ValueError where the text is no positive duration, or one beyond `LONGEST`.
    """
    total, at = Decimal(0), 0
    while term := _TERM.match(text, at):
        total += Decimal(term[1]) * _MICROSECONDS[term[2]]
        at = term.end()
    if not text or at != len(text) or total <= 0:
        raise ValueError("a duration is written as 30s, 10m or 1h30m")
    if total > LONGEST // timedelta(microseconds=1):
        raise ValueError("the longest duration is 100 years")
    return timedelta(microseconds=int(total))


def spell(duration: timedelta) -> str:
    """A positive duration as `parse` reads it back, exactly, in few terms: `90m`, `2h1m5s`, `250ms`, `7d`."""
    left = duration // timedelta(microseconds=1)
    if left <= 0:
        raise ValueError("only positive durations can be written")
    for unit in ("h", "m", "s", "ms"):
        size = int(_MICROSECONDS[unit])
        if left % size == 0 and left // size < 100:
            return f"{left // size}{unit}"
    terms = []
    for unit in ("d", "h", "m", "s", "us"):
        count, left = divmod(left, int(_MICROSECONDS[unit]))
        terms += [f"{count}{unit}"] if count else []
    return "".join(terms)


def _two(first: int, first_unit: str, second: int, second_unit: str) -> str:
    return f"{first}{first_unit}{second}{second_unit}" if second else f"{first}{first_unit}"
