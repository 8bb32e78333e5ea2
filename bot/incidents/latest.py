"""Incidents as they are at the moment: the keeper's on the replica that leads, the store's on the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.incidents.ports import LiveIncidents
from bot.incidents.store_ports import Incidents
from bot.model.incidents import Incident, IncidentId


class LatestIncidents:
    """Implements `store_ports.Incidents`; what the keeper holds is known with the store away."""

    def __init__(self, live: Callable[[], LiveIncidents | None], stored: Incidents) -> None:
        """`live` gives the keeper while this replica leads."""
        self._live = live
        self._stored = stored

    async def find(self, identity: IncidentId) -> Incident | None:
        """The incident of this id, open or over."""
        keeper = self._live()
        held = keeper.incident(identity) if keeper is not None else None
        return held or await self._stored.find(identity)

    async def open_ones(self) -> Sequence[Incident]:
        """Those that are open."""
        return await self._stored.open_ones()
