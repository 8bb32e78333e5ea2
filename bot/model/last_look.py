"""What is saved of a pod before it is deleted, because it vanishes with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.model.answers import PodSummary


class Saved(Enum):
    """Where what was read of a pod has gone."""

    WAITING = "waiting"
    """It is on its way into the thread."""
    THREAD = "thread"
    """Into the thread of the announcement, for the whole channel."""
    ASKER = "asker"
    """To whoever deleted, alone: the bot has no thread in that channel."""
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedLog:
    """The end of what one run of a container wrote, secrets masked."""

    container: str
    previous: bool
    lines: tuple[str, ...]
    cut: bool
    """There was more before these lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastLook:
    """One pod, its events among the rest, and its logs."""

    pod: str
    summary: PodSummary | None
    """None where whoever deletes the pod may not see it described."""
    logs: tuple[SavedLog, ...]
    missing: tuple[str, ...] = ()
    """What could not be had: `log of app (no answer within 3 s)`."""
