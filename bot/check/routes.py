"""Where an alert about a pod would go, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.clock import Clock
from bot.incidents.nearby_annotations import NearbyAnnotations
from bot.incidents.route_config import Config
from bot.incidents.route_explaining import variants
from bot.incidents.router import Router
from bot.kube.cluster import KubeCluster
from bot.model.deaths import Cause
from bot.model.people import ChannelId
from bot.model.routes import Route
from bot.slack.defang import one_line


async def route_of(
    cluster: KubeCluster, namespace: str, name: str, *, config: Config, clock: Clock, alert_channel: ChannelId
) -> tuple[str, ...]:
    """The ways that alerts about a pod take now, by cause, and why. Closes the cluster.

    Raises `bot.errors.ClusterError`s.
    """
    try:
        router = Router(
            cluster.name,
            lambda: config,
            NearbyAnnotations(cluster.surroundings, clock),
            clock,
            alert_channel=alert_channel,
        )
        pod = await cluster.get_pod(namespace, name)
        facts = await router.facts(pod)
    finally:
        await cluster.close()
    found = variants({cause: router.route(replace(facts, cause=cause)) for cause in Cause})
    lines = [f"{pod.name} ({pod.owner}) in {namespace} on {cluster.name}, as of now:"]
    for number, each in enumerate(found):
        whenever = "whatever the cause" if len(found) == 1 else "any other cause"
        causes = ", ".join(cause.value for cause in each.causes) if number else whenever
        lines += [f"{causes}: {_goes(each.route)}", *(f"    {why}" for why in each.route.why)]
    return tuple(map(_printable, lines))


def _goes(route: Route) -> str:
    return "nowhere, it is muted" if route.muted else "; ".join(_parts(route))


def _parts(route: Route) -> Iterator[str]:
    yield f"to {', '.join(route.channels)}"
    if route.name:
        yield f"route {route.name}"
    if route.groups or route.people:
        yield f"mentions {', '.join((*route.groups, *route.people))}"
    if route.escalation:
        yield f"escalation {route.escalation}"
    if route.owner:
        yield f"owner {route.owner}"
    if route.runbook:
        yield f"runbook {route.runbook}"


def _printable(line: str) -> str:
    indent = len(line) - len(line.lstrip(" "))
    return " " * indent + one_line(line)
