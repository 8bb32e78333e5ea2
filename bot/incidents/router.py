"""Routes of one cluster, by the configuration that is in force at that moment.

`Routes` answers people who ask about a pod; `Router` the keeper, which has deaths and no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.clock import Clock
from bot.incidents import engine, routing
from bot.incidents.nearby_annotations import NearbyAnnotations
from bot.incidents.route_config import Config
from bot.model.deaths import Cause, Death
from bot.model.escalations import EscalationPlan
from bot.model.people import ChannelId
from bot.model.pods import ClusterName, Pod
from bot.model.routes import Route, RouteFacts

ASKED_WITHIN = 3.0
"""Seconds that a person who asks where alerts go waits for annotations at most."""


class Routes:
    """Where alerts of a cluster go. Implements `incidents.ports.Routing`."""

    def __init__(
        self,
        cluster: ClusterName,
        config: Callable[[], Config],
        annotations: NearbyAnnotations,
        clock: Clock,
        *,
        alert_channel: ChannelId,
    ) -> None:
        """`config` says what is in force; `alert_channel` gets what no route claims."""
        self.config = config
        self.alert_channel = alert_channel
        self._cluster = cluster
        self._annotations = annotations
        self._clock = clock

    async def facts(self, pod: Pod) -> RouteFacts:
        """What routes go by, of a pod that is there; the cause is any, the severity that of its deaths."""
        await self._annotations.read([(pod.namespace, pod.owner)], ASKED_WITHIN)
        facts = RouteFacts(
            cluster=self._cluster,
            namespace=pod.namespace,
            owner=pod.owner,
            cause=Cause.ERROR,
            severity=engine.severity_by_owner(pod.owner),
            labels=dict(pod.labels),
            pod_annotations=dict(pod.annotations),
        )
        return self._with_nearby(facts)

    def route(self, facts: RouteFacts) -> Route:
        """Where an incident with these facts would go now."""
        return routing.route(self.config(), facts, self._clock.now(), self.alert_channel)

    async def read_around(self, deaths: Iterable[Death]) -> None:
        """Read what their owners and namespaces say, side by side, in half a second or not at all."""
        await self._annotations.read((each.namespace, each.owner) for each in deaths)

    def facts_of(self, death: Death) -> RouteFacts:
        """What routes go by, of a death, with what is known around it by now."""
        facts = RouteFacts(
            cluster=self._cluster,
            namespace=death.namespace,
            owner=death.owner,
            cause=death.cause,
            severity=engine.severity_of(death),
            labels=dict(death.labels),
            pod_annotations=dict(death.annotations),
        )
        return self._with_nearby(facts)

    def _with_nearby(self, facts: RouteFacts) -> RouteFacts:
        nearby, namespace = self._annotations, facts.namespace
        part_of = nearby.part_of(namespace, facts.owner)
        return replace(
            facts,
            owner_annotations=nearby.of_owner(namespace, facts.owner),
            part_of=part_of,
            part_of_annotations=nearby.of_owner(namespace, part_of) if part_of is not None else {},
            namespace_annotations=nearby.of_namespace(namespace),
            unread=tuple(nearby.unread(namespace, facts.owner)),
        )


class Router:
    """Where incidents go that begin with a death. Implements `incidents.ports.Router`."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    @property
    def otherwise(self) -> ChannelId:
        """Where that goes which nothing else claims."""
        return self._routes.alert_channel

    async def prepare(self, deaths: Iterable[Death]) -> None:
        """Read what may be needed for all of these; half a second at most, however many they are."""
        await self._routes.read_around(deaths)

    async def route(self, death: Death) -> Route:
        """Where an incident that begins with this death goes; half a second at most."""
        await self.prepare((death,))
        return self.at_once(death)

    def at_once(self, death: Death) -> Route:
        """The same, with what is known without asking."""
        return self._routes.route(self._routes.facts_of(death))

    def plan(self, name: str) -> EscalationPlan:
        """The escalation of this name; one that calls nobody where there is none."""
        return self._routes.config().plan(name)
