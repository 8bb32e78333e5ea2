"""Incidents without a store: for a replay, whose end is the end of all it knows."""

from __future__ import annotations

from collections.abc import Sequence

from bot.incidents.records import Batch, KeptIncident
from bot.model.deaths import DeathId
from bot.model.incidents import IncidentId


class Unstored:
    """Implements `store_ports.IncidentStore`; it remembers which deaths were recorded under which ids."""

    def __init__(self) -> None:
        self._known: set[DeathId] = set()
        self._ids: set[IncidentId] = set()

    async def known(self, deaths: Sequence[DeathId]) -> frozenset[DeathId]:
        """Which of these were recorded before."""
        return frozenset(self._known.intersection(deaths))

    async def save(self, batch: Batch) -> None:
        """Remember the deaths, and the ids that are taken."""
        self._known.update(each.death.id for each in batch.deaths)
        self._ids.update(each.incident.id for each in batch.incidents)

    async def taken(self, ids: Sequence[IncidentId]) -> frozenset[IncidentId]:
        """Which of these an incident has."""
        return frozenset(self._ids.intersection(ids))

    async def live(self) -> Sequence[KeptIncident]:
        """None: nothing was before."""
        return ()
