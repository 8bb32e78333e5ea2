"""What deaths and incidents come to over a time, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.deaths import Cause
from bot.model.pods import ClusterName, Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathsAt:
    """How often something died of one cause within one hour."""

    hour: datetime
    """Its beginning, in UTC."""
    cause: Cause | None
    """None: nobody saw it."""
    deaths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadLosses:
    """What one workload lost."""

    namespace: str
    """Empty where `owner` is a node or an image, whose incident tells of several workloads."""
    owner: Owner
    deaths: int
    pods: int
    incidents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How durations are spread: of `count` of them half were at most `median`, nine tenths at most `p90`."""

    count: int
    median: timedelta = timedelta()
    p90: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Deaths and incidents of a cluster, from `since` up to `until`."""

    cluster: ClusterName
    namespaces: frozenset[str] | None
    """Only what was in these is counted; None: all is."""
    since: datetime
    until: datetime
    deaths: int
    pods: int
    """How many different ones died."""
    incidents: int
    """That began in the time."""
    open: int
    """That are open at its end, whenever they began."""
    by_hour: tuple[DeathsAt, ...]
    """In the order of the hours; an hour in which nothing died has none."""
    worst: tuple[WorkloadLosses, ...]
    """Those with the most deaths, worst first."""
    workloads: int
    """How many lost anything."""
    to_acknowledge: Spread
    """From an incident's first death to the first person who had it."""
    to_recover: Spread
    """From an incident's first death to its recovery."""

    @property
    def by_cause(self) -> Mapping[Cause | None, int]:
        """Deaths of each cause, the most frequent first."""
        counts: Counter[Cause | None] = Counter()
        for each in self.by_hour:
            counts[each.cause] += each.deaths
        ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0].value if each[0] else "~"))
        return dict(ordered)


UNSEEN = "Unseen"
"""The word for the cause of a death that nobody saw."""


def word_of(cause: Cause | None) -> str:
    """A cause as people read it."""
    return UNSEEN if cause is None else cause.value
