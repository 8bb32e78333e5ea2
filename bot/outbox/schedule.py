"""When to say what, and what first: pacing, backoff, and the order of what waits. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model.letters import KeptLetter, LetterKey, Urgency

POST_EVERY = 1.1
"""Seconds between two messages to one channel: Slack takes about one a second."""

UPDATE_EVERY = 2.0
"""Seconds between two updates of one message; what changes in between is told together."""

SLOWEST_UPDATES = 8.0
"""Seconds between two updates of a message that changes all the time: each pause is twice the one before, up
to this. A lost node's message with hundreds of pods is updated five times in its first half minute, and
never older than this."""

CALM_AFTER = 2 * SLOWEST_UPDATES
"""Seconds without an update after which a message is brought up to date as quickly as a new one."""

UPDATES_AT_ONCE = 4.0
UPDATES_A_SECOND = 0.75
"""Updates of all messages together: 50 in any minute at most, the first few at once. Slack counts
`chat.update` over the whole workspace (Tier 3: 50 and more a minute), and knows no limit of a channel's."""

KEPT_FOR_THE_AWAITED = 1.0
"""Of those that may go at once, for updates that somebody waits for: other changes take the rest."""

FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 60.0

LONGEST_ORDER = 300.0
"""Seconds for which "too many requests" is obeyed at most: a proxy's page that says a day, or a mistake in a
header, must not silence podbot for so long."""

LONGEST_PAUSE_OF_CHANNEL = 10.0
LONGEST_PAUSE_OF_LETTER = 15.0
"""Seconds, where Slack fails without saying for how long: one letter that it chokes on rests longer than its
channel, so that the others get their turn; and neither so long that it is late once Slack is back."""


def backoff(failures: int, retry_after: float | None = None, longest: float = LONGEST_BACKOFF) -> float:
    """Seconds until the next try after `failures` in a row; Slack's own word on it wins, up to a minute."""
    if retry_after is not None:
        return min(max(retry_after, 0.0), LONGEST_BACKOFF)
    return min(FIRST_BACKOFF * 2.0 ** min(max(failures - 1, 0), 16), longest)


def ordered_pause(retry_after: float) -> float:
    """Seconds until the next try after "too many requests"."""
    return min(max(retry_after, 0.0), LONGEST_ORDER)


def pause_after(pause: float, quiet_for: float | None) -> float:
    """Seconds until a message may be updated after a call that is made now.

    `pause`: the one before this call; `quiet_for`: seconds since the last call, None where this one posts it.
    """
    if quiet_for is None or quiet_for >= CALM_AFTER:
        return UPDATE_EVERY
    return min(2 * pause, SLOWEST_UPDATES)


def in_order(letters: Iterable[KeptLetter]) -> list[KeptLetter]:
    """Letters that come from the store in the order in which they were written: the oldest thread first.

    A thread begins with its parent; its replies go by the numbers in their keys, as a reply that was worded
    anew looks younger than it is.
    """
    begun: dict[LetterKey, datetime] = {}
    for each in (given := list(letters)):
        of, at = each.letter.thread or each.letter.key, each.letter.created_at
        begun[of] = min(at, begun.get(of, at))

    def place(each: KeptLetter) -> tuple[datetime, LetterKey, bool, list[tuple[int, str]]]:
        of = each.letter.thread or each.letter.key
        parts = re.split(r"(\d+)", each.letter.key)
        numbered = [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
        return begun[of], of, each.letter.thread is not None, numbered

    return sorted(given, key=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many calls may be made at once, as of a monotonic time; it fills up as time passes."""

    left: float = UPDATES_AT_ONCE
    as_of: float = 0.0

    def free_at(self, now: float, *, keeping: float = 0.0) -> float:
        """The earliest time at which a call may be made that leaves so many for others."""
        missing = 1.0 + keeping - self._at(now)
        return now + max(missing, 0.0) / UPDATES_A_SECOND

    def spent(self, now: float) -> Allowance:
        """What is left after a call made now."""
        return Allowance(left=max(self._at(now) - 1.0, 0.0), as_of=now)

    def _at(self, now: float) -> float:
        refilled = self.left + max(now - self.as_of, 0.0) * UPDATES_A_SECOND
        # A call at the very time that `free_at` named must not fail for a rounding error.
        return min(UPDATES_AT_ONCE, refilled + 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A letter that waits, as the schedule sees it. Times are monotonic."""

    urgency: Urgency
    stands: bool
    """There is a message already: what waits is an update of it."""
    thread: LetterKey | None = None
    """In whose thread it goes: the replies of one thread are posted one after another."""
    blocked: bool = False
    """Whatever its time, it cannot go yet: its parent is not posted, or nobody knows whether it is itself."""
    not_before: float = 0.0
    sent_at: float | None = None
    """When its last call went out."""
    pause: float = UPDATE_EVERY
    """Seconds from that to the next update (`pause_after`)."""
    awaited: bool = False
    """Somebody waits for this update: it goes before all others, and soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """When the channel takes a post again, and Slack an update, or one that somebody waits for; monotonic."""

    posts: float
    updates: float
    awaited: float


def first_turn(letters: Sequence[Waiting], now: float, holds: Holds) -> tuple[int | None, float]:
    """Whose turn it is: the index of the letter and `now`; else None and the time to look again.

    `letters` are in the order in which they came to have something to say. Of those whose time has come an
    update goes first that somebody waits for, then the most urgent; among these what nobody has heard of goes
    before what changed. The time is infinite where all are blocked.
    """
    best: tuple[bool, int, bool, int] | None = None
    soonest = float("inf")
    threads: set[LetterKey] = set()
    for index, letter in enumerate(letters):
        first_of_thread = True
        if not letter.stands and letter.thread is not None:
            first_of_thread = letter.thread not in threads
            threads.add(letter.thread)
        if letter.blocked or not first_of_thread:
            continue
        due = max(_due(letter, holds), letter.not_before)
        if due > now:
            soonest = min(soonest, due)
            continue
        rank = (not letter.awaited, letter.urgency.value, letter.stands, index)
        best = rank if best is None else min(best, rank)
    return (None, soonest) if best is None else (best[-1], now)


def _due(letter: Waiting, holds: Holds) -> float:
    if not letter.stands:
        return holds.posts
    pause = min(letter.pause, UPDATE_EVERY) if letter.awaited else letter.pause
    rested = letter.sent_at + pause if letter.sent_at is not None else 0.0
    return max(holds.awaited if letter.awaited else holds.updates, rested)
