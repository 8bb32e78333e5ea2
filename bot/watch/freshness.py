"""How far a mirror may be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Sync(Enum):
    """How far the mirror may be trusted."""

    STARTING = "starting"
    """The first listing is not complete: pods may be missing."""
    IN_SYNC = "in_sync"
    AWAY = "away"
    """The cluster does not answer: what is here is what was last seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How fresh the mirror is, for health checks and for "last seen 14:03"."""

    sync: Sync
    since: datetime
    """When `sync` last changed."""
    last_contact: datetime | None
    """When the cluster last said anything; None: it never has."""
    problem: str = ""
    """Why it is away, in words for people."""
    heard: float | None = None
    """When it last said anything, by the monotonic clock, which nobody sets."""
