"""Which troubles of podbot itself have lasted long enough to be told, and when they are over. Pure.

One look after another goes through `step`. A trouble and what interrupts it for a moment are one episode; an
episode that comes back soon goes on in the same message, so that what flaps makes one message and not many.

Only what was seen counts. Between two looks the machine may have been suspended, the process stopped or the
clock set; of such a gap no more counts than of a look that is a little late, and what is told is dated back
by what was seen, on the clock as it stands at that moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

PATIENCE = 120.0
"""Seconds that a trouble has to last before it is told."""

AT_ONCE = frozenset({"store"})
"""Subjects that are told when they begin: alerts then go out from memory, which a restart would lose."""

OVER_AFTER = 30.0
"""Seconds without it after which a trouble is over."""

RECALLED_OVER_AFTER = 180.0
"""The same where another process saw it: whoever begins has to run into it first, and letters that wait for a
channel count as trouble after a minute only."""

COMES_BACK_WITHIN = 1_800.0
"""Seconds after its end in which it comes back as the same episode."""

LONGEST_LOOK = 5.0
"""Seconds from one look to the next that count at most; there is one every second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A moment: its date, for people, and how long had been looked by then, which durations go by."""

    at: datetime
    tick: float
    """Seconds of looking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look: its moment, and what the monotonic clock showed."""

    now: Instant
    clock: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A trouble, from its first moment until nobody needs to know of it any more."""

    subject: str
    first: Instant
    """When it first came: the episode's name."""
    since: Instant
    """When it came this time."""
    problem: str
    well_since: Instant | None = None
    """Since when it has not been seen; it may not be over yet."""
    told: bool = False
    """People have been told that it is so."""
    over: bool = False
    """It is over, and people have been told so."""
    times: int = 1
    """How often it came for long enough to be told."""
    revision: int = 0
    """How often something was said of it."""
    over_after: float = OVER_AFTER
    """Seconds without it after which it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What is to be said now: that it is so, or that it is over."""

    episode: Episode

    @property
    def over(self) -> bool:
        """Whether it is over; `well_since` is then set."""
        return self.episode.over


def patience(subject: str) -> float:
    """Seconds that this trouble has to last before it is told."""
    return 0.0 if subject in AT_ONCE else PATIENCE


def looked(before: Look | None, *, at: datetime, clock: float) -> Look:
    """The look that is made now, after the one before, if there was one."""
    if before is None:
        return Look(now=Instant(at=at, tick=0.0), clock=clock)
    tick = before.now.tick + min(clock - before.clock, LONGEST_LOOK)
    return Look(now=Instant(at=at, tick=tick), clock=clock)


def step(
    state: Mapping[str, Episode], troubles: Mapping[str, str], now: Instant
) -> tuple[Mapping[str, Episode], tuple[Announcement, ...]]:
    """The episodes after a look that found `troubles` (problems by subject), and what is to be said."""
    episodes = dict(_looked_at(state, troubles, now))
    said = tuple(
        Announcement(episode=each)
        for subject, each in episodes.items()
        if each.revision > (state[subject].revision if subject in state else 0)
    )
    return episodes, said


def _looked_at(
    state: Mapping[str, Episode], troubles: Mapping[str, str], now: Instant
) -> Iterator[tuple[str, Episode]]:
    for subject in sorted(state.keys() | troubles.keys()):
        known, problem = state.get(subject), troubles.get(subject)
        if problem is not None:
            yield subject, _ill(known, subject, problem, now)
        elif known is not None and (after := _well(known, now)) is not None:
            yield subject, after


def _ill(known: Episode | None, subject: str, problem: str, now: Instant) -> Episode:
    if known is None:
        known = Episode(subject=subject, first=now, since=now, problem=problem)
    elif known.over:
        known = replace(known, since=now, told=False, over=False, times=known.times + 1)
    known = replace(known, problem=problem, well_since=None, over_after=OVER_AFTER)
    if not known.told and now.tick - known.since.tick >= patience(subject):
        known = _dated(replace(known, told=True, revision=known.revision + 1), now)
    return known


def _well(known: Episode, now: Instant) -> Episode | None:
    """The episode after a look that did not find it; None once it may be forgotten."""
    since = known.well_since or now
    known, quiet = replace(known, well_since=since), now.tick - since.tick
    if known.over:
        return known if quiet < COMES_BACK_WITHIN else None
    if quiet < known.over_after:
        return known
    if known.told:
        return _dated(replace(known, over=True, revision=known.revision + 1), now)
    if known.revision:
        # It came back too briefly to be told: what was said of its end still holds.
        return replace(known, over=True, times=known.times - 1)
    return None


def _dated(told: Episode, now: Instant) -> Episode:
    """What is told now, on the clock as it is now: it may have been set since the episode began."""

    def seen_ago(then: Instant) -> Instant:
        return replace(then, at=now.at - timedelta(seconds=now.tick - then.tick))

    well_since = seen_ago(told.well_since) if told.well_since is not None else None
    return replace(told, since=seen_ago(told.since), well_since=well_since)
