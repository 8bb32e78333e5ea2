"""Ages in the API server's words: `40s`, `5m12s`, `3h20m`, `2d4h`, `45d`."""

from datetime import datetime

from bot.playground.cluster.objects import parse_timestamp

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY


def human_duration(seconds: float) -> str:
    """Return a length of time in one or two units, by the rules of apimachinery's `HumanDuration`."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    for limit, big, big_unit, small, small_unit in (
        (2 * _MINUTE, 1, "s", 0, ""),
        (10 * _MINUTE, _MINUTE, "m", 1, "s"),
        (3 * _HOUR, _MINUTE, "m", 0, ""),
        (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
        (2 * _DAY, _HOUR, "h", 0, ""),
        (8 * _DAY, _DAY, "d", _HOUR, "h"),
        (2 * _YEAR, _DAY, "d", 0, ""),
        (8 * _YEAR, _YEAR, "y", _DAY, "d"),
    ):
        if whole < limit:
            rest = whole % big // small if small else 0
            return f"{whole // big}{big_unit}" + (f"{rest}{small_unit}" if rest else "")
    return f"{whole // _YEAR}y"


def age(text: str | None, now: datetime) -> str:
    """Return how long ago a timestamp was, `<unknown>` without one."""
    return human_duration((now - parse_timestamp(text)).total_seconds()) if text else "<unknown>"
