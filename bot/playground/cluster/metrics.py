"""What pods use, as the metrics server would have measured it: steady for each container, with some breath.

The figures are made, not measured: a part of the container's limits that its own id decides, and that moves a
little from one half minute to the next.
"""

import math
import zlib
from datetime import datetime, timedelta
from decimal import Decimal

from bot.playground.cluster.objects import Json, is_terminal, timestamp
from bot.playground.cluster.quantities import quantity

WINDOW = timedelta(seconds=15)
"""How long the metrics server measures, and how long it takes until it has measured a new pod."""

_USUAL = {"cpu": Decimal("0.1"), "memory": Decimal(64 * 2**20)}
"""Taken for limits where a container has none."""


def usage(pod: Json, now: datetime) -> Json | None:
    """Return a pod's `PodMetrics`; None where nothing runs, or not for long enough."""
    if is_terminal(pod):
        return None
    specs = {
        each["name"]: each for each in [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]
    }
    statuses = [
        *pod["status"].get("initContainerStatuses", ()),
        *pod["status"].get("containerStatuses", ()),
    ]
    containers = [
        {"name": each["name"], "usage": _measured(each, specs[each["name"]], now)}
        for each in statuses
        if "running" in each["state"] and _old_enough(each["state"]["running"]["startedAt"], now)
    ]
    if not containers:
        return None
    metadata = pod["metadata"]
    return {
        "kind": "PodMetrics",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "creationTimestamp": timestamp(now),
            "labels": dict(metadata.get("labels", {})),
        },
        "timestamp": timestamp(now),
        "window": f"{WINDOW.total_seconds():.0f}s",
        "containers": containers,
    }


def _old_enough(started: str, now: datetime) -> bool:
    return now - datetime.fromisoformat(started) >= WINDOW


def _measured(status: Json, spec: Json, now: datetime) -> Json:
    limits = spec.get("resources", {}).get("limits", {})
    identity = str(status.get("containerID", status["name"]))
    cores = _share(identity, "cpu", now) * _limit(limits, "cpu")
    size = _share(identity, "memory", now) * _limit(limits, "memory")
    return {"cpu": f"{int(cores * 10**9)}n", "memory": f"{int(size) // 1024}Ki"}


def _limit(limits: Json, resource: str) -> Decimal:
    return quantity(limits[resource]) if resource in limits else _USUAL[resource]


def _share(identity: str, resource: str, now: datetime) -> Decimal:
    """The part of a limit that is in use: from a quarter to three quarters."""
    own = zlib.crc32(f"{identity}/{resource}".encode())
    breath = math.sin(now.timestamp() // 30 + own % 97)
    return Decimal(round(0.3 + 0.4 * (own % 1000) / 1000 + 0.05 * breath, 4))
