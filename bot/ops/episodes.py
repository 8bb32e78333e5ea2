"""Which troubles of podbot itself have lasted long enough to be told, and when they are over. Pure.

One look after another goes through `step`. A trouble and what interrupts it for a moment are one episode; an
episode that comes back soon goes on in the same message, so that what flaps makes one message and not many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

PATIENCE = 120.0
"""Seconds that a trouble has to last before it is told."""

AT_ONCE = frozenset({"store"})
"""Subjects that are told when they begin: alerts then go out from memory, which a restart would lose."""

OVER_AFTER = 30.0
"""Seconds without it after which a trouble is over."""

COMES_BACK_WITHIN = 1_800.0
"""Seconds after its end in which it comes back as the same episode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A moment: its date, for people, and the monotonic clock's reading, by which durations are measured."""

    at: datetime
    tick: float


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
    known = replace(known, problem=problem, well_since=None)
    if not known.told and now.tick - known.since.tick >= patience(subject):
        known = replace(known, told=True, revision=known.revision + 1)
    return known


def _well(known: Episode, now: Instant) -> Episode | None:
    """The episode after a look that did not find it; None once it may be forgotten."""
    since = known.well_since or now
    known, quiet = replace(known, well_since=since), now.tick - since.tick
    if known.over:
        return known if quiet < COMES_BACK_WITHIN else None
    if quiet < OVER_AFTER:
        return known
    if known.told:
        return replace(known, over=True, revision=known.revision + 1)
    if known.revision:
        # It came back too briefly to be told: what was said of its end still holds.
        return replace(known, over=True, times=known.times - 1)
    return None
