"""The delay before a restart: 10 s, doubled up to 5 minutes, forgotten after a run of 10 minutes.

The rules are client-go's `flowcontrol.Backoff` as the kubelet uses it (`doBackOff` in
kuberuntime_manager.go): the first restart is immediate and only leaves an entry; whether to wait is asked
from the moment that the last run ended.
"""

from dataclasses import dataclass
from datetime import datetime

INITIAL = 10.0
MAXIMUM = 300.0


@dataclass(slots=True)
class _Entry:
    delay: float
    updated: datetime


class Backoff:
    """Delays in seconds of pod life, by key. `pace` is how many of them pass in a second of the clock."""

    def __init__(self, *, pace: float = 1.0, initial: float = INITIAL, maximum: float = MAXIMUM) -> None:
        self._entries: dict[str, _Entry] = {}
        self.pace = pace
        self._initial = initial
        self._maximum = maximum

    def remaining(self, key: str, ended: datetime, now: datetime) -> float:
        """Return how many seconds are still to wait after a run that ended at `ended`; 0 for starting now."""
        entry = self._entries.get(key)
        if entry is None or self._forgotten(entry, ended):
            return 0.0
        return max(0.0, entry.delay - (now - ended).total_seconds() * self.pace)

    def delay(self, key: str) -> float:
        """Return the delay that stands for a key, in seconds."""
        entry = self._entries.get(key)
        return entry.delay if entry else 0.0

    def next(self, key: str, ended: datetime, now: datetime) -> None:
        """Note a restart after a run that ended at `ended`: the next one will wait longer."""
        entry = self._entries.get(key)
        if entry is None or self._forgotten(entry, ended):
            self._entries[key] = _Entry(self._initial, now)
        else:
            entry.delay = min(entry.delay * 2, self._maximum)
            entry.updated = now

    def reset(self, key: str) -> None:
        """Forget a key."""
        self._entries.pop(key, None)

    def _forgotten(self, entry: _Entry, ended: datetime) -> bool:
        return (ended - entry.updated).total_seconds() * self.pace > 2 * self._maximum


def go_duration(seconds: float) -> str:
    """Return a delay as Go prints it in the kubelet's messages: `10s`, `1m20s`, `5m0s`."""
    whole = int(seconds)
    return f"{whole}s" if whole < 60 else f"{whole // 60}m{whole % 60}s"
