"""What incidents need from outside, beside the store (`store_ports`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeAlias

from bot.incidents.acts import Act, ActResult
from bot.model.answers import Answer, Decision
from bot.model.commands import Verb
from bot.model.deaths import Death
from bot.model.escalations import EscalationPlan
from bot.model.events import Event
from bot.model.home import HomeAlerts
from bot.model.incident_commands import ExportIncident, ListIncidents, ShowIncident, ShowStats
from bot.model.incidents import Incident, IncidentId, SilenceId
from bot.model.letters import Letter
from bot.model.people import Asker, ChannelId, Names, UsergroupId, UserId
from bot.model.pods import Owner, Pod, PodUid
from bot.model.revisions import Revision
from bot.model.routes import Route, RouteFacts
from bot.model.statistics import Statistics
from bot.model.surroundings import NodeState, OwnerState


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


class Outbox(Protocol):
    """The outbox, as incidents see it."""

    async def put(self, letters: Sequence[Letter], *, saved: bool = True) -> None:
        """Say these, each in place of what was said under the same key. Waits neither for Slack nor for room.

        `saved`: the store has them, and they may stay there until there is room.
        """
        ...


Masker: TypeAlias = Callable[[list[str]], tuple[list[str], int]]
"""Replaces secrets in lines; returns the lines and how many secrets there were."""

PodLookup: TypeAlias = Callable[[str, str], Pod | None]
"""The pod of a namespace and name as last seen, without a request: the mirror's."""


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

    async def silence_changed(self, identity: SilenceId) -> None:
        """Have a silence hold at once as the store has it by now, or not any more, if its keeper is at hand.

        Elsewhere its row is read within a second.
        """
        ...


class LiveIncidents(Board, Protocol):
    """The keeper of a cluster's incidents, on the replica that leads it."""

    def incident(self, identity: IncidentId) -> Incident | None:
        """The incident of this id as it stands now; None where it is no longer kept."""
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


class Directory(Protocol):
    """Who is who in the workspace."""

    async def names(self, people: Collection[UserId], groups: Collection[UsergroupId]) -> Names:
        """What they are called, as far as that can be found out within some seconds."""
        ...


class PodHistory(Protocol):
    """What is remembered of the pods that are there."""

    def restarts(self, uid: PodUid, after: datetime) -> int:
        """How often a pod's containers were seen to restart after a moment."""
        ...
