"""How long something has lasted, whatever the wall clock does meanwhile.

The API tells in wall time since when something is wrong. Our own wall clock may step: at the next NTP
correction, or after the machine slept. So an age is taken twice, by the wall clock as it stands and by the
wall clock as it stood when the process began plus the monotonic time since, and the smaller one counts: a
step alone makes nothing old. And nothing is younger than this process has seen it, by monotonic time: a step
back, or a moment that the API puts into the future, holds nothing up for longer than its patience.

What no clock here can tell is a wall clock that was wrong before the process began and stays so.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.clock import Clock


class Stopwatch:
    """Measures from the beginning of one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall = clock.now()
        self._began = clock.monotonic()

    def lasted(self, since: datetime, *, seen_at: float, grace: timedelta = timedelta()) -> timedelta:
        """The age of what is so `since`, and was first seen at the monotonic moment `seen_at`.

        `grace`: by how much `since` may rightly lie in the future (a pod that may take its time to go).
        """
        now = self._clock.monotonic()
        by_wall = self._clock.now() - since
        by_start = self._wall + timedelta(seconds=now - self._began) - since
        watched = timedelta(seconds=now - seen_at) - grace
        return max(min(by_wall, by_start), watched)
