"""What a check found: one line each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from bot.slack.defang import one_line


class Level(Enum):
    """How it stands."""

    OK = "ok"
    WARN = "warn"
    """It runs, and something will not work or is not as it seems."""
    WRONG = "wrong"
    """It does not run, or not as it is to."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    subject: str
    """What it is about: a variable, `slack`, a cluster."""
    words: str

    def __str__(self) -> str:
        """As it is printed; what others wrote cannot reach the terminal."""
        return f"{self.level.value:<5}  {one_line(self.subject)}: {one_line(self.words)}"


def are_right(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(each.level is not Level.WRONG for each in findings)
