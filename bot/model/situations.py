"""How it is around an incident that fires: what the watch shows of its workload beside what died."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Headcount:
    """How many pods of its owner are Ready, counted by the watch."""

    ready: int
    desired: int
    """As the owner was last read."""
    present: int
    """Pods that are there to stay, Ready or not; a rollout has more than are wanted."""
    among: bool = False
    """All that died are among these: none was replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """Containers that the kubelet waits to start once more (`CrashLoopBackOff`)."""

    pods: int
    restarts: int
    """Of the one whose turn is next."""
    next_at: datetime | None = None
    """About when that is, where its status tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How it is around an incident that fires, by the watch. A death makes it out of date at once."""

    seen_at: datetime
    outdated: bool = False
    """The cluster is not watched since: what was seen may have changed."""
    headcount: Headcount | None = None
    back_off: BackOff | None = None
