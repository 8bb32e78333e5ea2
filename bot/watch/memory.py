"""What the detector knows by heart, as a value: saved by a store, it survives the bot's restart.

With it, a new process goes on where the last one stopped: what died meanwhile is news, what was told before
is not told again. Without it, all that the first listing shows is taken as known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model.deaths import Cause
from bot.model.pods import ClusterName, PodUid
from bot.watch.transitions import Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSince:
    """A complaint about a pod that stood open: since when, and whether it was told."""

    container: str
    cause: Cause
    since: datetime
    before_first_look: bool
    told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PodMemory:
    """What is kept of one pod. A healthy pod that never died has none."""

    counted: Mapping[str, Counted]
    """The last death counted of each container."""
    complaints: tuple[OpenSince, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Of one cluster. A pod that is not in it had nothing to count when the memory was saved."""

    cluster: ClusterName
    pods: Mapping[PodUid, PodMemory]
