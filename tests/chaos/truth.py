"""What truly died: written down by whoever makes containers die, to be held against what the bot tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class TrueDeath(NamedTuple):
    """One death; `container` is empty where the whole pod died. `restart` counts the runs before it."""

    uid: str
    container: str
    restart: int


@dataclass(slots=True)
class Truth:
    """All deaths so far, in order."""

    deaths: list[TrueDeath] = field(default_factory=list)
    about: dict[TrueDeath, str] = field(default_factory=dict)
    """Which pod it was and what befell it, for whoever looks for one that got lost."""

    def add(self, death: TrueDeath, about: str) -> None:
        """Write down a death."""
        assert death not in self.about, f"{death} twice: a mistake of the test's own"
        self.deaths.append(death)
        self.about[death] = about
