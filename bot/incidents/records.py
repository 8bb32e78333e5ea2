"""What incidents write down: the values that go into one transaction of the store, and come back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.incidents.recovery import Following
from bot.model.deaths import Death
from bot.model.incidents import Incident, IncidentId
from bot.model.letters import Letter
from bot.model.memory import Checkpoint, PodMemory
from bot.model.pods import PodUid


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptIncident:
    """An incident with all that is needed to go on with it in another process."""

    incident: Incident
    following: Following | None = None
    """What is followed of it; None once nothing more is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDeath:
    """A line of the ledger."""

    death: Death
    incident: IncidentId
    revision: int
    """The incident's revision that first counts it: once that is delivered, it is announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is written in one transaction: all of it, or nothing."""

    deaths: tuple[RecordedDeath, ...] = ()
    incidents: tuple[KeptIncident, ...] = ()
    letters: tuple[Letter, ...] = ()
    remembered: Mapping[PodUid, PodMemory | None] = field(default_factory=dict)
    """What the detector knows of pods by now; None: nothing any more."""
    checkpoints: tuple[Checkpoint, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.deaths or self.incidents or self.letters or self.remembered or self.checkpoints)
