"""Where last words are read: the cluster's logs, as incidents ask for them."""

from __future__ import annotations

from bot.kube.cluster import KubeCluster

MOST_BYTES = 256 * 1024
"""Of one log; a line may be of any length."""


class LastLines:
    """Implements `incidents.ports.LogSource`."""

    def __init__(self, cluster: KubeCluster) -> None:
        self._cluster = cluster

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool, tail: int
    ) -> tuple[str, ...]:
        """The last `tail` lines of a run, each with the kubelet's timestamp in front."""
        text = await self._cluster.read_log(
            namespace,
            pod,
            container,
            previous=previous,
            tail=tail,
            timestamps=True,
            limit_bytes=MOST_BYTES,
        )
        return tuple(text.text.splitlines())
