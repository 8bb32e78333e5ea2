"""What incidents need of the store: what is kept of them, and what may be read of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from bot.incidents.acts import Act, ActResult
from bot.incidents.records import Batch, KeptIncident
from bot.model.deaths import DeathId
from bot.model.incidents import Incident, IncidentId, SilenceId
from bot.model.past import Account, IncidentsListed, RestartsListed, Selection
from bot.model.pods import ClusterName, Owner
from bot.model.silences import Silence
from bot.model.statistics import Statistics


class IncidentStore(Protocol):
    """What is kept of one cluster's incidents, for one term of its leader.

    Raises `bot.errors.StoreUnavailable` where it cannot be reached or is full, and `bot.errors.Deposed` where
    another replica leads by now.
    """

    async def known(self, deaths: Sequence[DeathId]) -> frozenset[DeathId]:
        """Which of these deaths the ledger has already. Only ends of runs and of pods are asked about."""
        ...

    async def save(self, batch: Batch) -> None:
        """Write all of it in one transaction. What is there already under the same key is replaced; a death
        that the ledger has already is left as it is.
        """
        ...

    async def taken(self, ids: Sequence[IncidentId]) -> frozenset[IncidentId]:
        """Which of these ids some incident of any cluster has, open or over."""
        ...

    async def live(self) -> Sequence[KeptIncident]:
        """The incidents that are open, or were over so shortly ago that they may be reopened."""
        ...


class Chronicle(Protocol):
    """What may be read of incidents, of every cluster, by any replica; sizes are bounded, totals are told.

    Raises `bot.errors.StoreUnavailable`.
    """

    async def namespaces(self, cluster: ClusterName) -> frozenset[str]:
        """The namespaces that have or had incidents; an empty name stands for whole nodes."""
        ...

    async def listed(self, selection: Selection, page: int = 0) -> IncidentsListed:
        """A page of what the selection takes, the latest first; open ones of many workloads before others."""
        ...

    async def account(self, incident: IncidentId) -> Account | None:
        """One incident with its story and its deaths; None where there is none of this id."""
        ...

    async def restarts(
        self, cluster: ClusterName, namespace: str, owner: Owner, since: datetime
    ) -> RestartsListed:
        """The deaths of a workload, whichever incidents told of them; the newest first."""
        ...

    async def silences(self, now: datetime) -> tuple[Silence, ...]:
        """The silences that hold, on whichever cluster; the one that ends first, first."""
        ...

    async def statistics(
        self, cluster: ClusterName, since: datetime, until: datetime, namespaces: frozenset[str] | None = None
    ) -> Statistics:
        """What it all comes to; only of these namespaces, where some are given."""
        ...


class Restarts(Protocol):
    """The part of the chronicle that tells of restarts."""

    async def restarts(
        self, cluster: ClusterName, namespace: str, owner: Owner, since: datetime
    ) -> RestartsListed:
        """The deaths of a workload, whichever incidents told of them; the newest first."""
        ...


class Incidents(Protocol):
    """What is known of a cluster's incidents on every replica. All raise `bot.errors.StoreUnavailable`."""

    async def find(self, identity: IncidentId) -> Incident | None:
        """The incident of this id, open or over."""
        ...

    async def open_ones(self) -> Sequence[Incident]:
        """Those that are open."""
        ...


class SilenceStore(Protocol):
    """The silences of all clusters. Everything raises `bot.errors.StoreUnavailable`."""

    async def put(self, *changed: Silence) -> None:
        """Write these, in place of what was there, in one transaction."""
        ...

    async def get(self, identity: SilenceId) -> Silence | None:
        """The silence of this id, if it is kept still."""
        ...

    async def change(self, identity: SilenceId, change: Callable[[Silence], Silence]) -> Silence | None:
        """Make another of a silence that is there, in one step: people edit while deaths are counted.

        Returns it as it is then; None where there is no such silence.
        """
        ...

    async def not_ended(self) -> Sequence[Silence]:
        """Those that nobody has noted the end of, their time over or not; oldest first."""
        ...


class Errand(Protocol):
    """An act that waits for the leader of its cluster."""

    @property
    def id(self) -> str:
        """Its own."""
        ...

    @property
    def act(self) -> Act:
        """What is to be done."""
        ...


class ErrandStore(Protocol):
    """Acts on their way to the leader of a cluster. Everything raises `bot.errors.StoreUnavailable`."""

    async def put(self, errand: str, act: Act) -> None:
        """Leave an act for the leader, under an id of its own."""
        ...

    async def waiting(self) -> Sequence[Errand]:
        """Those that nobody has taken, oldest first."""
        ...

    async def take(self, errand: str, at: datetime) -> bool:
        """Take one, to do it or to withdraw it; False where it was taken before."""
        ...

    async def answer(self, errand: str, result: ActResult, at: datetime) -> None:
        """Write what came of one that was taken."""
        ...

    async def result(self, errand: str) -> ActResult | None:
        """What came of one; None while that is not known."""
        ...
