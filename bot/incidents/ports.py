"""What incidents need from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from bot.incidents.records import Batch, KeptIncident
from bot.model.deaths import DeathId
from bot.model.events import Event
from bot.model.messages import Message
from bot.model.people import ChannelId
from bot.model.pods import Owner, Pod, PodUid
from bot.model.surroundings import NodeState, OwnerState, Revision


class LogSource(Protocol):
    """Where last words are read. Errors are `bot.errors.ClusterError`s."""

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool, tail: int
    ) -> tuple[str, ...]:
        """The last `tail` lines of a run, each with the kubelet's timestamp in front."""
        ...


class Surroundings(Protocol):
    """What surrounds a death. Each call is one request; errors are `bot.errors.ClusterError`s."""

    async def events(self, namespace: str, uid: PodUid) -> Sequence[Event]:
        """The events about the pod of this UID."""
        ...

    async def owner(self, namespace: str, owner: Owner) -> OwnerState | None:
        """The owner as it is now; None where it is not there any more. Only for kinds in `OWNER_KINDS`."""
        ...

    async def revisions(self, namespace: str, deployment: OwnerState) -> tuple[Revision, ...]:
        """The revisions of a Deployment that are still kept, in no particular order."""
        ...

    async def node(self, name: str) -> NodeState:
        """What is wrong with a node."""
        ...

    async def memory_in_use(self, namespace: str, pod: str, container: str) -> str:
        """What a container last used, as a quantity; empty where nothing measured it."""
        ...


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

    async def live(self) -> Sequence[KeptIncident]:
        """The incidents that are open, or were over so shortly ago that they may be reopened."""
        ...


class Announcer(Protocol):
    """The outbox, as incidents see it."""

    async def announce(self, key: str, channel: ChannelId, message: Message) -> None:
        """Say this; a later call with the same key replaces what the earlier one said."""
        ...

    def forget(self, key: str) -> None:
        """Nothing more will be said under this key."""
        ...


Masker: TypeAlias = Callable[[list[str]], tuple[list[str], int]]
"""Replaces secrets in lines; returns the lines and how many secrets there were."""

PodLookup: TypeAlias = Callable[[str, str], Pod | None]
"""The pod of a namespace and name as last seen, without a request: the mirror's."""
