"""Routes the deaths of one cluster by the configuration that is in force at that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.clock import Clock
from bot.incidents import engine, routing
from bot.incidents.nearby_annotations import NearbyAnnotations
from bot.incidents.route_config import Config
from bot.model.deaths import Cause, Death
from bot.model.escalations import EscalationPlan
from bot.model.incidents import Severity
from bot.model.people import ChannelId
from bot.model.pods import ClusterName, Pod
from bot.model.routes import Route, RouteFacts

ASKED_WITHIN = 3.0
"""Seconds that a person who asks where alerts go waits for annotations at most."""


class Router:
    """Where the incidents of a cluster are told. Implements `incidents.ports.Routing`."""

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
        self._cluster = cluster
        self._config = config
        self._annotations = annotations
        self._clock = clock
        self._alert_channel = alert_channel

    async def prepare(self, deaths: Iterable[Death]) -> None:
        """Read what their owners and namespaces say, once for a batch; takes half a second at most."""
        await self._annotations.read((each.namespace, each.owner) for each in deaths)

    def of(self, death: Death, severity: Severity | None = None) -> Route:
        """Where the incident goes that this death opens; without a severity, that of the death."""
        facts = RouteFacts(
            cluster=self._cluster,
            namespace=death.namespace,
            owner=death.owner,
            cause=death.cause,
            severity=severity or engine.severity_of(death),
            labels=dict(death.labels),
            pod_annotations=dict(death.annotations),
        )
        return self.route(self._with_nearby(facts))

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
        return routing.route(self._config(), facts, self._clock.now(), self._alert_channel)

    def plan(self, name: str) -> EscalationPlan:
        """The escalation of this name, as the configuration has it now."""
        return self._config().plan(name)

    def _with_nearby(self, facts: RouteFacts) -> RouteFacts:
        return replace(
            facts,
            owner_annotations=self._annotations.of_owner(facts.namespace, facts.owner),
            namespace_annotations=self._annotations.of_namespace(facts.namespace),
        )
