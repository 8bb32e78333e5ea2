"""A lane: one channel's letters, said one at a time in their order and at Slack's pace.

`ways` hands letters to lanes; `schedule` says whose turn it is, `calls` makes the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable

from bot.clock import Clock
from bot.model.letters import LetterKey
from bot.model.people import ChannelId
from bot.model.pods import ClusterName
from bot.outbox.calls import LOOK_EVERY, Calls
from bot.outbox.desk import Desk, Entry
from bot.outbox.office import Gate, Office, Pace
from bot.outbox.ports import Delivery
from bot.outbox.schedule import KEPT_FOR_THE_AWAITED, Holds, Waiting, first_turn


class Lane:
    """One channel's queue of letters, and the task that has them said."""

    def __init__(
        self, channel: ChannelId, *, delivery: Delivery, clock: Clock, gate: Gate, office: Office
    ) -> None:
        self.channel = channel
        self.pace = Pace()
        self._clock = clock
        self._gate = gate
        self._office = office
        self._calls = Calls(
            channel,
            delivery=delivery,
            clock=clock,
            gate=gate,
            pace=self.pace,
            office=office,
            done=self.remove,
        )
        self._waiting: dict[tuple[ClusterName, LetterKey], Entry] = {}
        self._news = asyncio.Event()
        self._call: asyncio.Task[None] | None = None
        self._caller: Desk | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def waiting(self) -> tuple[Entry, ...]:
        """What waits, in the order in which it came to have something to say."""
        return tuple(self._waiting.values())

    @property
    def takes_posts(self) -> bool:
        """Whether a new letter is to be tried here: it is open, or it is time to try whether it is."""
        return not self.pace.closed_for or self._clock.monotonic() >= self.pace.posts_from

    def add(self, entry: Entry) -> None:
        """Have the entry's letter said here; one that waits here already keeps its place."""
        if entry.desk.closed:
            return  # closed while its call was under way: whoever leads next says it
        now = self._clock.monotonic()
        if not self._waiting:
            self.pace.moving_since = now
        self._waiting.setdefault((entry.desk.cluster, entry.key), entry)
        entry.waits_in = self.channel
        self.wake()

    def remove(self, entries: Iterable[Entry]) -> None:
        """These wait here no more."""
        for entry in tuple(entries):
            self._waiting.pop((entry.desk.cluster, entry.key), None)
            entry.waits_in = None

    def wake(self) -> None:
        """Have it look at once whose turn it is."""
        self._news.set()

    def call_of(self, desk: Desk) -> asyncio.Task[None] | None:
        """The call that is under way for this desk."""
        return self._call if self._caller is desk else None

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            self._news.clear()
            turn, again_at = self._turn()
            if turn is None:
                await self._rest_until(again_at)
                continue
            desk, work = turn
            try:
                await self._finish(desk, work)
            finally:
                self._call = self._caller = None
            await self._office.step_made()

    async def _finish(self, desk: Desk, work: Coroutine[None, None, None]) -> None:
        """Make the call in a task of its own: whoever closes the desk may end it without ending the lane."""
        self._caller = desk
        self._call = call = asyncio.create_task(work, name=f"outbox call to {self.channel}")
        try:
            await asyncio.wait({call})
        except asyncio.CancelledError:
            call.cancel()
            await asyncio.wait({call})
            raise
        if not call.cancelled():
            call.result()

    async def _rest_until(self, when: float) -> None:
        if when == float("inf"):
            await self._news.wait()
            return
        while not self._news.is_set() and (left := when - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(left, LOOK_EVERY))

    def _turn(self) -> tuple[tuple[Desk, Coroutine[None, None, None]] | None, float]:
        """Whose turn it is, and what is then to be done; or when to look again."""
        now = self._clock.monotonic()
        held = max(self.pace.paused_until, self._gate.probe_at if self._gate.closed_for else 0.0)
        if now < held and self._waiting:
            return None, held
        sought = [each for each in self._waiting.values() if each.unknown and not self._is_ahead(each)]
        due = [each for each in sought if max(each.look_at, self.pace.looks_from) <= now]
        entries = self.waiting
        index, at = first_turn([self._seen(each) for each in entries], now, self._holds(now))
        if due:
            first = min(due, key=lambda each: each.letter.urgency)
            if index is None or first.letter.urgency <= entries[index].letter.urgency:
                together = [each for each in due if self._looked_for_with(first, each)]
                return (first.desk, self._calls.look_for(together, due=due)), now
        if index is None:
            looks = (max(each.look_at, self.pace.looks_from) for each in sought)
            return None, min(at, min(looks, default=float("inf")))
        return (entries[index].desk, self._calls.deliver(entries[index])), now

    def _is_ahead(self, entry: Entry) -> bool:
        """Whether it has to wait for its parent: only then is it known in which thread it goes, or stands."""
        return not entry.stands and entry.is_ahead_of_its_parent(self.channel)

    def _looked_for_with(self, one: Entry, other: Entry) -> bool:
        return one.desk is other.desk and one.thread_in(self.channel) == other.thread_in(self.channel)

    def _holds(self, now: float) -> Holds:
        allowance, ordered = self._gate.allowance, self._gate.updates_from
        return Holds(
            posts=self.pace.posts_from,
            updates=max(ordered, allowance.free_at(now, keeping=KEPT_FOR_THE_AWAITED)),
            awaited=max(ordered, allowance.free_at(now)),
        )

    def _seen(self, entry: Entry) -> Waiting:
        letter = entry.letter
        return Waiting(
            urgency=letter.urgency,
            stands=entry.stands,
            thread=letter.thread,
            blocked=entry.unknown or self._is_ahead(entry),
            not_before=entry.not_before,
            sent_at=entry.sent_at,
            pause=entry.pause,
            awaited=letter.awaited and entry.stands,
        )
