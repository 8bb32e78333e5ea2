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
from bot.model.routes import Route
from bot.model.stories import StoryEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptIncident:
    """An incident with all that is needed to go on with it in another process."""

    incident: Incident
    route: Route = field(default_factory=Route)
    """Where it was routed when it opened."""
    followings: tuple[Following, ...] = ()
    """What is followed of it, workload by workload; none once nothing more is expected."""
    final: bool = False
    """Nothing more is said of it, so it need not be taken up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDeath:
    """A line of the ledger."""

    death: Death
    incident: IncidentId
    told_by: IncidentId
    """The incident whose message tells it: a storm's digest for its members."""
    revision: int
    """Of that incident, the first that counts it: once that is delivered, the death is announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEntry:
    """An entry of an incident's story."""

    incident: IncidentId
    entry: StoryEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is written in one transaction: all of it, or nothing."""

    deaths: tuple[RecordedDeath, ...] = ()
    incidents: tuple[KeptIncident, ...] = ()
    stories: tuple[ToldEntry, ...] = ()
    letters: tuple[Letter, ...] = ()
    remembered: Mapping[PodUid, PodMemory | None] = field(default_factory=dict)
    """What the detector knows of pods by now; None: nothing any more."""
    checkpoints: tuple[Checkpoint, ...] = ()
    unwatched: tuple[str, ...] = ()
    """Namespaces that no watch goes on with: their checkpoints are forgotten."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (
            self.deaths
            or self.incidents
            or self.stories
            or self.letters
            or self.remembered
            or self.checkpoints
            or self.unwatched
        )
