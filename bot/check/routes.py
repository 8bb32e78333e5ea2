"""Where an alert about a pod would go, as `/pods route` says it, for a terminal."""

from __future__ import annotations

from bot.clock import Clock
from bot.commands.route_words import route_explanation
from bot.incidents.nearby_annotations import NearbyAnnotations
from bot.incidents.route_config import Config
from bot.incidents.route_explaining import explained
from bot.incidents.router import Routes
from bot.kube.cluster import KubeCluster
from bot.model.people import ChannelId
from bot.slack.plaintext import block_text


async def route_of(
    cluster: KubeCluster, namespace: str, name: str, *, config: Config, clock: Clock, alert_channel: ChannelId
) -> str:
    """The ways that alerts about a pod take now, by cause, and why. Closes the cluster.

    Raises `bot.errors.ClusterError`s.
    """
    try:
        annotations = NearbyAnnotations(cluster.surroundings, clock)
        routes = Routes(cluster.name, lambda: config, annotations, clock, alert_channel=alert_channel)
        pod = await cluster.get_pod(namespace, name)
        explanation = await explained(routes, pod, clock.now())
    finally:
        await cluster.close()
    blocks = map(block_text, route_explanation(explanation).blocks)
    return "\n\n".join(each for each in blocks if each)
