"""What becomes of a debug container, and what is read of the API by path: answers of the pod service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.containers import ContainerState
from bot.model.people import Person
from bot.model.pods import ClusterName, PodUid


@dataclass(frozen=True, slots=True, kw_only=True)
class DebugStarted:
    """A debug container was added to a pod; its output is still to come."""

    cluster: ClusterName
    by: Person
    namespace: str
    pod: str
    uid: PodUid
    container: str
    image: str
    target: str
    command: str
    """As one would type it, its secrets masked; empty: what the image runs by itself."""
    seconds: int
    """How long its end is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebugOutput:
    """What a debug container wrote until it ended, or until it was waited for no longer."""

    started: DebugStarted
    state: ContainerState
    lines: tuple[str, ...]
    masked: int
    """How many secrets were replaced by a mask."""
    cut: bool
    """The reading stopped at the size limit: there is more than is shown."""
    problem: str = ""
    """Why there is no output, where it could not be read."""
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """What the API server said at a path."""

    cluster: ClusterName
    path: str
    kind: str
    items: int | None
    """How many objects, where it is a list of them."""
    content: bytes
    """JSON, or text where the server answers so."""
    masked: int
