"""What the detector knows by heart, as a value: saved by a store, it survives the bot's restart.

With it, a new process goes on where the last one stopped: what died meanwhile is news, what was told before
is not told again. Without it, all that the first listing shows is taken as known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model.deaths import Cause, Death
from bot.model.pods import ClusterName, PodUid


@dataclass(frozen=True, slots=True)
class Counted:
    """The last death of a container that was counted, or for a baseline: would have been."""

    restart: int
    at: datetime
    """When the run ended; when it was counted, where the status does not say."""
    container_id: str = ""


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
    """What is kept of one pod. A healthy pod that never died has none until it is removed."""

    counted: Mapping[str, Counted]
    """The last death counted of each container."""
    complaints: tuple[OpenSince, ...] = ()
    removed: Death | None = None
    """It is gone, and this is told of it, unless its removal is made good by the time it is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered of one cluster's pods.

    A pod that is not in it had nothing to count when the memory was saved.
    """

    cluster: ClusterName
    pods: Mapping[PodUid, PodMemory]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far the watch of a namespace has come: all that it told until then is dealt with."""

    cluster: ClusterName
    namespace: str
    """`ALL_NAMESPACES` where one watch serves all."""
    version: str
    """The resource version from which the watch may go on."""
    at: datetime
    """When the cluster last said anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What one look at a pod brought: its deaths, and what is to be remembered of it from now on.

    The two belong into one transaction: a death that is remembered and not recorded would be lost.
    """

    cluster: ClusterName
    uid: PodUid
    deaths: tuple[Death, ...] = ()
    memory: PodMemory | None = None
    """None: nothing has to be remembered of this pod any more."""
    may_be_known: bool = False
    """They were found by another replica or process, too, as far as it got: only the ledger can tell."""
