"""Resource quantities (`250m`, `512Mi`) as numbers, and the quality-of-service class of a pod."""

from decimal import Decimal

from bot.playground.cluster.objects import Json

_SUFFIXES = {
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}


def quantity(text: str | int) -> Decimal:
    """Return the number that a quantity stands for: cores or bytes.

    Raises:
        decimal.InvalidOperation: it is not a quantity.
    """
    words = str(text)
    for suffix in sorted(_SUFFIXES, key=len, reverse=True):
        if words.endswith(suffix):
            return Decimal(words.removesuffix(suffix)) * _SUFFIXES[suffix]
    return Decimal(words)


def requested(pod: Json, resource: str) -> Decimal:
    """Return what a pod's containers request of `cpu` or `memory`, sidecars included."""
    counted = [c for c in pod["spec"].get("initContainers", ()) if c.get("restartPolicy") == "Always"]
    total = Decimal(0)
    for container in [*counted, *pod["spec"]["containers"]]:
        resources = container.get("resources", {})
        text = resources.get("requests", {}).get(resource) or resources.get("limits", {}).get(resource)
        total += quantity(text) if text else 0
    return total


def qos_class(spec: Json) -> str:
    """Return the QoS class of a pod spec, by the rules of the Kubernetes documentation."""
    containers = [*spec.get("initContainers", ()), *spec["containers"]]
    resources = [c.get("resources", {}) for c in containers]
    if not any(r.get("requests") or r.get("limits") for r in resources):
        return "BestEffort"
    for entry in resources:
        limits = entry.get("limits", {})
        requests = entry.get("requests", limits)
        if not all(
            name in limits and requests.get(name, limits[name]) == limits[name] for name in ("cpu", "memory")
        ):
            return "Burstable"
    return "Guaranteed"
