"""Which of a desk's letters are in its store only, and how they come from there.

At first these are all that another process or leader has left: what may stand in Slack already waits until
they are known, as it would stand there twice. Later they are quiet ones that find no room in memory: so that
has a bound, and nobody who has something to say waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from bot import logs
from bot.clock import Clock
from bot.errors import Deposed, StoreUnavailable
from bot.model.letters import KeptLetter, Letter, LetterKey, Posted, Urgency
from bot.model.people import ChannelId
from bot.outbox.desk import Desk, Entry
from bot.outbox.schedule import in_order
from bot.outbox.ways import Ways

MOST_IN_LANE = 1_000
"""Letters that wait for one channel, from which on quiet ones stay in the store. Others are always taken:
there is one for each incident, in its latest wording."""

TRIES_EVERY = 2.0
"""Seconds between two tries to read from a store that is away."""

READS_AGAIN = 30.0
"""Seconds between two looks whether there is room for what was left in the store."""

SETTLES_WITHIN = 2.0
"""Seconds after which Slack shows a post whose answer was lost, where it took it at all."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""By how much the clock of a leader before may have been ahead."""

SLOW = 10.0
"""Seconds after which a store that is still being read is trouble."""

AT_ONCE = 200
"""Letters that are taken up before others get their turn in the event loop."""

log = logs.get(__name__)

IsNew: TypeAlias = Callable[[Letter], bool]


def first_wording(letter: Letter) -> bool:
    """Where nothing more is known of it, only a first wording is certainly new."""
    return letter.revision == 1


@dataclass(frozen=True, slots=True)
class _Left:
    """What one look at the store left there for want of room."""

    places: set[ChannelId] = field(default_factory=set)
    keys: set[LetterKey] = field(default_factory=set)


class Reading:
    """Reads what one desk's store keeps.

    `is_new` says of a letter that no process or leader before can have said it.
    """

    def __init__(self, desk: Desk, ways: Ways, clock: Clock, *, is_new: IsNew = first_wording) -> None:
        self._desk = desk
        self._ways = ways
        self._clock = clock
        self._is_new = is_new
        self._opened_at = clock.now()
        self._began = clock.monotonic()
        """Since when it has to be read, or had to at last."""
        self._read_at = float("-inf")
        self._unread = True
        self._asked_again = False
        """What is read just now may be from before it was asked for."""
        self._problem = ""
        """Why it could not be read at the last try; empty where it could."""
        desk.gone = set()
        self._waiting: dict[LetterKey, Letter] = {}
        """What was handed over and may not be said before the store is read."""
        self._wanted: set[LetterKey] = set()
        """These, and those in whose threads they go: they are taken up however little room there is."""
        self._left: set[ChannelId] = set()
        """Channels of which quiet letters were left in the store."""
        self._left_meanwhile: set[ChannelId] = set()
        """Those since the store is being read."""

    def __len__(self) -> int:
        """How many letters that were handed over wait for it."""
        return len(self._waiting)

    @property
    def is_under_way(self) -> bool:
        """Whether what the store keeps will be known in a moment."""
        return self._has_to_read and not self._problem

    @property
    def failed(self) -> bool:
        """Whether the store was away at the last try; it is read again soon."""
        return self._has_to_read and bool(self._problem)

    @property
    def trouble(self) -> str:
        """Why it is not known yet what the store keeps, where that is not a matter of moments; else empty."""
        if not self._has_to_read:
            return ""
        if self._problem:
            return f"it cannot be read: {self._problem}"
        seconds = self._clock.monotonic() - self._began
        return f"it has been read for {seconds:.0f} s" if seconds >= SLOW else ""

    def again(self) -> None:
        """Read once more what the store keeps: another process has left more there by now."""
        self._opened_at, self._began = self._clock.now(), self._clock.monotonic()
        self._unread, self._asked_again = True, True
        self._desk.gone = self._desk.gone or set()

    def keeps_back(self, letter: Letter, *, saved: bool) -> bool:
        """Whether a letter that is handed over has to wait. `saved`: the store has it."""
        if self._unread and self._may_stand(letter):
            self._wait_or_leave(letter, saved=saved)
            return True
        entry = self._desk.entries.get(letter.key)
        if entry is not None and (entry.stands or entry.waits_in is not None):
            return False
        place = self._ways.place_of(self._desk, letter)
        if saved and self._has_to_stay(letter, place, self._left):
            self._leave(place)
            return True
        if entry is None and self._is_known_to_the_store_only(letter):
            self._wait_or_leave(letter, saved=saved)
            return True
        return False

    async def run(self) -> None:
        """Read what the store keeps, as soon as it can be, and what was left there whenever there is room."""
        while not self._desk.closed:
            if self._has_to_read or self._may_go_on():
                await self._read()
            await self._clock.sleep(TRIES_EVERY)

    @property
    def _has_to_read(self) -> bool:
        return self._unread or bool(self._waiting)

    def _may_go_on(self) -> bool:
        rested = self._clock.monotonic() - self._read_at >= READS_AGAIN
        return rested and any(map(self._has_room, self._left))

    async def _read(self) -> None:
        self._read_at = self._clock.monotonic()
        self._left_meanwhile, self._asked_again = set(), False
        kept = await self._kept()
        if kept is None:
            return
        threads = {each.letter.thread for each in kept if each.waits and each.letter.thread is not None}
        self._desk.wanted = self._wanted | threads
        left = _Left()
        for number, each in enumerate(kept, 1):
            await self._take_up(each, left)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            if self._desk.closed:
                return
        if self._asked_again:
            return
        self._left = left.places | self._left_meanwhile
        await self._say_what_waited(passed=left.keys | (self._desk.gone or set()))

    async def _say_what_waited(self, *, passed: Set[LetterKey]) -> None:
        """Say what waited for the store to be read; `passed`: letters that were not taken up from it."""
        waiting, self._waiting, self._wanted = self._waiting, {}, set()
        self._unread, self._desk.gone, self._desk.wanted = False, None, set()
        entries: list[Entry] = []
        for letter in waiting.values():
            if letter.key in passed or letter.thread in passed:
                self._wait_for(letter)  # it came when its turn was over
            elif (entry := self._desk.take(letter)) is not None:
                entries.append(entry)
        for entry in entries:
            if entry.waits:
                await self._ways.say(entry)

    async def _kept(self) -> Sequence[KeptLetter] | None:
        """What the store keeps, in the order in which it is to be said; None where it is away.

        However long that takes: the store bounds each of its steps.
        """
        desk = self._desk
        if not self._unread:
            desk.gone = set()
        try:
            kept = await desk.store.kept()
        except (StoreUnavailable, TimeoutError) as error:
            desk.store_is_away(error)
        except Deposed:
            desk.depose()
            return None
        except Exception as error:
            # As with its notes: whatever a store does to us, it is read when it is well.
            log.exception("outbox_store_broke", cluster=desk.cluster)
            desk.store_is_away(error)
        else:
            self._problem = desk.store_problem = ""
            return in_order(kept)
        self._problem = desk.store_problem
        return None

    async def _take_up(self, kept: KeptLetter, left: _Left) -> None:
        letter = kept.letter
        entry = self._desk.entries.get(letter.key)
        if kept.waits and kept.posted.ts is None and (entry is None or entry.waits_in is None):
            place = self._ways.place_of(self._desk, letter)
            if letter.key not in self._wanted and self._has_to_stay(letter, place, left.places):
                left.places.add(place)
                left.keys.add(letter.key)
                return
        if self._desk.gone is not None and letter.key in self._desk.gone:
            return  # what was read is older than that
        entry = self._recalled(kept)
        if (later := self._waiting.pop(letter.key, None)) is not None:
            self._desk.take(later)
        if entry.waits:
            await self._ways.say(entry)
        else:
            self._desk.rest(entry)

    def _recalled(self, kept: KeptLetter) -> Entry:
        """The entry of a letter that was read. Where it was handed over before, its later wording stays."""
        letter, posted, now = kept.letter, kept.posted, self._clock.now()
        entry = self._desk.entries.get(letter.key)
        # Of an earlier process also where no try was noted: the store may have been away when it was posted.
        ours = entry is not None or letter.created_at > self._opened_at + CLOCKS_DIFFER
        if entry is None:
            entry = Entry(desk=self._desk, letter=letter, posted=Posted(), changed_at=now)
            self._desk.entries[letter.key] = entry
        elif letter.revision > entry.letter.revision:
            entry.letter = letter
        if entry.posted == Posted():
            entry.came_to(posted, now)
            if posted.ts is None and kept.waits and (posted.tried_at is not None or not ours):
                entry.tried_since = posted.tried_at or letter.created_at
                entry.unknown = True
                entry.look_at = self._clock.monotonic() + SETTLES_WITHIN
        return entry

    def _may_stand(self, letter: Letter) -> bool:
        """Whether an earlier wording of it, or the message in whose thread it goes, may stand in Slack."""
        entries = self._desk.entries
        if letter.key in entries:
            return False
        parent_unknown = letter.thread is not None and letter.thread not in entries
        return (
            letter.key in self._waiting
            or letter.urgency is Urgency.QUIET
            or parent_unknown
            or not self._is_new(letter)
        )

    def _is_known_to_the_store_only(self, letter: Letter) -> bool:
        """Whether an earlier wording, or the message in whose thread it goes, was left there or forgotten."""
        desk = self._desk
        if not self._left and not desk.forgot:
            return False
        parent_unknown = letter.thread is not None and letter.thread not in desk.entries
        return parent_unknown or not self._is_new(letter) or (desk.forgot and letter.revision > 1)

    def _wait_or_leave(self, letter: Letter, *, saved: bool) -> None:
        quiet = saved and letter.urgency is Urgency.QUIET
        if letter.key not in self._waiting and quiet and len(self._waiting) >= MOST_IN_LANE:
            self._leave(self._ways.place_of(self._desk, letter))
        else:
            self._wait_for(letter)

    def _wait_for(self, letter: Letter) -> None:
        """Say it once the store is read, unless a later wording of it waits already."""
        if not self._has_to_read:
            self._began = self._clock.monotonic()
        known = self._waiting.get(letter.key)
        if known is None or letter.revision > known.revision:
            self._waiting[letter.key] = letter
        self._wanted.add(letter.key)
        if letter.thread is not None:
            self._wanted.add(letter.thread)

    def _has_to_stay(self, letter: Letter, place: ChannelId, left: set[ChannelId]) -> bool:
        """One after another: while some are left in the store, later ones stay there, too."""
        return letter.urgency is Urgency.QUIET and (
            place in left or self._ways.waiting_for(place) >= MOST_IN_LANE
        )

    def _has_room(self, channel: ChannelId) -> bool:
        return self._ways.waiting_for(channel) <= MOST_IN_LANE // 2

    def _leave(self, place: ChannelId) -> None:
        self._left.add(place)
        self._left_meanwhile.add(place)
