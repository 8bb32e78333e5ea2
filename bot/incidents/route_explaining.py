"""Where an alert about a pod would go, for every cause that it may die of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches

from bot.clock import Clock
from bot.incidents.access import Access
from bot.incidents.ports import Gate, Routing
from bot.model.deaths import Cause
from bot.model.incident_answers import RouteExplanation, RouteVariant
from bot.model.incident_commands import RoutePod
from bot.model.incident_problems import NotRecorded
from bot.model.people import Asker
from bot.model.pods import Pod
from bot.model.problems import AmbiguousPod, NoSuchPod
from bot.model.routes import Route

_NEAREST = 3


class RouteExplaining:
    """Says where alerts about one cluster's pods go."""

    def __init__(
        self, gate: Gate, routing: Routing | None, clock: Clock, *, pods: Callable[[], Sequence[Pod]]
    ) -> None:
        self._gate = gate
        self._access = Access(gate)
        self._routing = routing
        self._clock = clock
        self._pods = pods

    async def explain(self, asker: Asker, command: RoutePod) -> RouteExplanation:
        """The routes that claim a pod, with the reasons."""
        if self._routing is None:
            raise NotRecorded
        decision = self._access.to_read_in(asker, command.namespace, f"pod/{command.pod}")
        with self._gate.audited(asker, decision, f"pod/{command.pod}", "route"):
            return await explained(self._routing, self._meant(command), self._clock.now())

    def _meant(self, command: RoutePod) -> Pod:
        """The pod of this name, or the only one that begins so."""
        here = [each for each in self._pods() if each.namespace == command.namespace]
        found = [each for each in here if each.name == command.pod]
        found = found or [each for each in here if each.name.startswith(command.pod)]
        names = sorted(each.name for each in here)
        if not found:
            nearest = get_close_matches(command.pod, names[:1_000], n=_NEAREST)
            raise NoSuchPod(command.pod, command.namespace, tuple(nearest))
        if len({each.owner for each in found}) > 1:
            beginning = sorted(each.name for each in found)
            choices = tuple((name, RoutePod(namespace=command.namespace, pod=name)) for name in beginning)
            raise AmbiguousPod(command.pod, command.namespace, choices, total=len(beginning))
        return found[0]


async def explained(routing: Routing, pod: Pod, now: datetime) -> RouteExplanation:
    """The routes that claim a pod, by the causes that it may die of."""
    facts = await routing.facts(pod)
    usual, *others = _variants({cause: routing.route(replace(facts, cause=cause)) for cause in Cause})
    return RouteExplanation(
        namespace=pod.namespace,
        pod=pod.name,
        owner=pod.owner,
        usual=usual,
        others=tuple(others),
        at=now,
    )


def _variants(routes: Mapping[Cause, Route]) -> tuple[RouteVariant, ...]:
    """The different ways, the one that most causes go first; the reasons are those of its first cause."""
    causes: dict[Route, list[Cause]] = defaultdict(list)
    for cause, route in routes.items():
        causes[replace(route, why=())].append(cause)
    ordered: Iterable[list[Cause]] = sorted(causes.values(), key=len, reverse=True)
    return tuple(RouteVariant(causes=tuple(each), route=routes[each[0]]) for each in ordered)
