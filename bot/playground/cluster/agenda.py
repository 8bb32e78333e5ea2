"""The cluster's calendar: everything that will happen in the life of its pods, ordered by the time it is due.

Kubelets and controllers (`kubelet`, `controllers`) put small synchronous actions here; `cluster` runs them,
either as the machine's clock reaches them or, in tests and while seeding, by moving a manual clock from one
to the next. A life is therefore the same sequence of steps however fast it is played.
"""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.playground.cluster.clock import Clock, ManualClock

Action = Callable[[], None]


@dataclass(slots=True, order=True)
class Entry:
    """One action and the moment it is due; `cancel` makes it never happen."""

    due: datetime
    number: int
    action: Action | None = field(compare=False)

    def cancel(self) -> None:
        """Forget the action."""
        self.action = None


class Agenda:
    """Actions by due time over a clock. `pace` says how many seconds of pod life pass in a second of the
    clock.
    """

    def __init__(self, clock: Clock, *, pace: float = 1.0) -> None:
        if pace <= 0:
            raise ValueError("pace must be greater than 0")
        self._clock = clock
        self._pace = pace
        self._entries: list[Entry] = []
        self._numbers = 0
        self._earlier = asyncio.Event()

    @property
    def clock(self) -> Clock:
        """The clock that dates everything."""
        return self._clock

    def now(self) -> datetime:
        """Return the clock's moment."""
        return self._clock.now()

    def after(self, seconds: float, action: Action) -> Entry:
        """Have `action` run when `seconds` of pod life have passed, behind what is due just then."""
        self._numbers += 1
        entry = Entry(self.now() + timedelta(seconds=seconds / self._pace), self._numbers, action)
        heapq.heappush(self._entries, entry)
        self._earlier.set()
        return entry

    def continue_on(self, clock: Clock, *, pace: float) -> None:
        """Go on with another clock and pace; what is still to come keeps its due times."""
        self._clock = clock
        self._pace = pace

    async def advance(self, seconds: float) -> None:
        """Move a manual clock `seconds` on, running all that falls due in order, each at its own moment."""
        clock = self._manual()
        until = clock.now() + timedelta(seconds=seconds)
        while (entry := self._next()) is not None and entry.due <= until:
            clock.move_to(entry.due)
            self._run(heapq.heappop(self._entries))
            await asyncio.sleep(
                0
            )  # lets watchers read, so that no bounded queue overflows by a test's own haste
        clock.move_to(until)
        await asyncio.sleep(0)

    def play_through(self, seconds: float) -> None:
        """As `advance`, without giving way to anybody: for laying out the past before there is a server."""
        clock = self._manual()
        until = clock.now() + timedelta(seconds=seconds)
        while (entry := self._next()) is not None and entry.due <= until:
            clock.move_to(entry.due)
            self._run(heapq.heappop(self._entries))
        clock.move_to(until)

    async def follow_clock(self) -> None:
        """Run what falls due as the clock reaches it, until cancelled."""
        while True:
            self._earlier.clear()
            entry = self._next()
            if entry is not None and entry.due <= self.now():
                self._run(heapq.heappop(self._entries))
                await asyncio.sleep(0)
                continue
            wait = None if entry is None else max(0.0, (entry.due - self.now()).total_seconds())
            try:
                async with asyncio.timeout(wait):
                    await self._earlier.wait()
            except TimeoutError:
                continue

    def _manual(self) -> ManualClock:
        if not isinstance(self._clock, ManualClock):
            raise TypeError("only a cluster on a ManualClock is moved by hand")
        return self._clock

    def _next(self) -> Entry | None:
        while self._entries and self._entries[0].action is None:
            heapq.heappop(self._entries)
        return self._entries[0] if self._entries else None

    @staticmethod
    def _run(entry: Entry) -> None:
        action, entry.action = entry.action, None
        if action is not None:
            action()
