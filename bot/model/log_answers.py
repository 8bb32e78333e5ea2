"""What the pod service answers about logs: of one container, of several, and of those that are followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.model.commands import FollowLogs, GetLogs
from bot.model.containers import Terminated
from bot.model.pods import PodUid


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search in a log came to."""

    lines: int
    """That were looked through."""
    matches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogExcerpt:
    """A container's log, or the part of it that was asked for."""

    asked: GetLogs
    pod: str
    uid: PodUid
    container: str
    other_containers: tuple[str, ...]
    previous: bool
    previous_by_itself: bool
    """The previous run was chosen because the current one has not started."""
    has_previous: bool
    death: Terminated | None = None
    """Only the minute before this end was asked for."""
    lines: tuple[str, ...]
    masked: int
    """How many secrets were replaced by a mask."""
    found: Found | None = None
    """Where a text was searched for: the lines are those around what was found."""
    cut: bool
    """The reading stopped at the size limit: there is more than is shown."""
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOrigin:
    """A container whose log is part of a merge."""

    pod: str
    container: str
    prefix: str
    """What stands before its lines."""
    previous: bool
    lines: int
    """How many of the lines are its own."""
    problem: str = ""
    """Why its log could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedLogs:
    """What several containers wrote, in the order in which they wrote it."""

    asked: GetLogs
    subject: str
    """As it was typed: `deploy/web`, `-l app=web`."""
    origins: tuple[LogOrigin, ...]
    left_out: int
    """Containers that were not read because there are too many."""
    lines: tuple[str, ...]
    """Each with the prefix of its container."""
    masked: int
    """How many secrets were replaced by a mask."""
    found: Found | None = None
    cut: bool
    """The reading of some container stopped at the size limit: there is more than is shown."""
    read_at: datetime


class FollowEnd(Enum):
    """Why a log is not followed any more."""

    STOPPED = "stopped"
    """Its asker had enough."""
    TIME = "time"
    SIZE = "size"
    """As much was read as one request may."""
    DONE = "done"
    """Every container ended for good, or its pod is gone."""
    REFUSED = "refused"
    """Its asker may not read these logs any more."""
    SHUTDOWN = "shutdown"
    FAILED = "failed"
    """The cluster does not let podbot read on; `FollowedLogs.problem` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedLogs:
    """A followed log at one moment: it is told again and again, in one message."""

    asked: FollowLogs
    follow: str
    """Its id."""
    subject: str
    names: tuple[str, ...]
    """Pod and container of each that is followed: `web-1 · app`."""
    lines: tuple[str, ...]
    """The newest, each with the prefix of its container where there are several."""
    total: int
    """How many came so far."""
    masked: int
    began: datetime
    until: datetime
    """When it ends by itself."""
    trouble: str = ""
    """What stands in the way at the moment: a connection that is being made again."""
    end: FollowEnd | None = None
    ended: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowStopped:
    """A follow was stopped by its asker."""

    subject: str
    """What was followed; empty where another replica followed it."""
