"""What incidents need from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeAlias

from bot.incidents.acts import Act, ActResult
from bot.incidents.records import Batch, KeptIncident
from bot.model.answers import Answer, Decision
from bot.model.commands import Verb
from bot.model.deaths import Death, DeathId
from bot.model.escalations import EscalationPlan
from bot.model.events import Event
from bot.model.home import HomeAlerts
from bot.model.incident_commands import ExportIncident, ListIncidents, ShowIncident, ShowStats
from bot.model.incidents import Incident, IncidentId, SilenceId
from bot.model.letters import Letter
from bot.model.past import Account, IncidentsListed, RestartsListed, Selection
from bot.model.people import Asker, ChannelId
from bot.model.pods import ClusterName, Owner, Pod, PodUid
from bot.model.routes import Route, RouteFacts
from bot.model.silences import Silence
from bot.model.statistics import Statistics
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


class AnnotationSource(Protocol):
    """Where annotations of owners and namespaces are read; errors are `bot.errors.ClusterError`s."""

    async def owner(self, namespace: str, owner: Owner) -> OwnerState | None:
        """The owner as it is now; None where it is not there any more. Only for kinds in `OWNER_KINDS`."""
        ...

    async def namespace_annotations(self, namespace: str) -> Mapping[str, str]:
        """Those annotations of a namespace that are podbot's own."""
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

    async def taken(self, ids: Sequence[IncidentId]) -> frozenset[IncidentId]:
        """Which of these ids some incident of any cluster has, open or over."""
        ...

    async def live(self) -> Sequence[KeptIncident]:
        """The incidents that are open, or were over so shortly ago that they may be reopened."""
        ...


class Outbox(Protocol):
    """The outbox, as incidents see it."""

    async def put(self, letters: Sequence[Letter]) -> None:
        """Say these, each in place of what was said under the same key; they are saved, or cannot be."""
        ...


Masker: TypeAlias = Callable[[list[str]], tuple[list[str], int]]
"""Replaces secrets in lines; returns the lines and how many secrets there were."""

PodLookup: TypeAlias = Callable[[str, str], Pod | None]
"""The pod of a namespace and name as last seen, without a request: the mirror's."""


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


class Pictures(Protocol):
    """Who draws. Nothing is raised but mistakes of our own."""

    async def statistics(self, statistics: Statistics) -> bytes:
        """Deaths by hour and the worst workloads, as a PNG."""
        ...


class Gate(Protocol):
    """Whether somebody may do something, and the record of it: the gate that pods have, too."""

    def decide(self, asker: Asker, verb: Verb, namespace: str) -> Decision:
        """What the policy says; nothing is recorded."""
        ...

    def authorise(self, asker: Asker, verb: Verb, namespace: str, what: str) -> Decision:
        """The decision that allows it; raises `bot.model.problems.Refused`, which is on record then."""
        ...

    def audited(
        self, asker: Asker, decision: Decision, what: str, detail: str = ""
    ) -> AbstractContextManager[None]:
        """Do something that was allowed; how it ends is recorded, whatever happens."""
        ...


class Board(Protocol):
    """Where live incidents are changed: by their keeper, wherever it runs."""

    async def act(self, act: Act) -> ActResult:
        """Do it, once, and say what came of it. Takes seconds where another replica has to be asked.

        Raises `bot.model.incident_problems.NotAnsweredInTime` where it was taken and nothing came back.
        """
        ...


class LiveIncidents(Board, Protocol):
    """The keeper of a cluster's incidents, on the replica that leads it."""

    def incident(self, identity: IncidentId) -> Incident | None:
        """The incident of this id as it stands now; None where it is no longer kept."""
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


class Routing(Protocol):
    """Where alerts go."""

    async def facts(self, pod: Pod) -> RouteFacts:
        """What routes go by, of a pod that is there; for any of the causes that it may die of."""
        ...

    def route(self, facts: RouteFacts) -> Route:
        """Where an incident with these facts goes now, and why."""
        ...


class Router(Protocol):
    """Where the incidents of one cluster go, as the keeper asks."""

    @property
    def otherwise(self) -> ChannelId:
        """Where that goes which nothing else claims."""
        ...

    async def prepare(self, deaths: Sequence[Death]) -> None:
        """Ask for what routes of these go by; half a second at most."""
        ...

    def at_once(self, death: Death) -> Route:
        """Where an incident that begins with this death goes, by what is known."""
        ...

    def plan(self, name: str) -> EscalationPlan:
        """The escalation of this name; one that calls nobody where there is none."""
        ...


class Readings(Protocol):
    """What incidents have been: lists, stories, files and figures."""

    async def read(
        self, asker: Asker, command: ShowIncident | ListIncidents | ExportIncident | ShowStats
    ) -> Answer:
        """The answer, if the asker may read it; it is on record then."""
        ...

    async def at_home(self, asker: Asker) -> HomeAlerts | None:
        """What is open and silenced, as far as the asker may see it; None where there is nothing to say."""
        ...


class Restarts(Protocol):
    """The part of the chronicle that tells of restarts."""

    async def restarts(
        self, cluster: ClusterName, namespace: str, owner: Owner, since: datetime
    ) -> RestartsListed:
        """The deaths of a workload, whichever incidents told of them; the newest first."""
        ...


class PodHistory(Protocol):
    """What is remembered of the pods that are there."""

    def restarts(self, uid: PodUid, after: datetime) -> int:
        """How often a pod's containers were seen to restart after a moment."""
        ...
