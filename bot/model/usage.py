"""What pods use, as metrics.k8s.io writes it, cut down to the fields podbot uses."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bot.model import quantities
from bot.model.pods import ObjectMeta
from bot.model.wire import Wire


class ContainerUsage(Wire, frozen=True, kw_only=True):
    """One container's use, quantities as written (`12345678n`, `182272Ki`)."""

    name: str
    usage: dict[str, str] = msgspec.field(default_factory=dict)

    def amount(self, resource: str) -> Decimal:
        """Of `cpu` in cores, of `memory` in bytes; nothing where no readable figure is given."""
        try:
            return quantities.parse(self.usage.get(resource, "0"))
        except ValueError:
            return Decimal(0)


class PodUsage(Wire, frozen=True, kw_only=True):
    """One pod's use (`PodMetrics`), averaged over the last half minute or so."""

    metadata: ObjectMeta
    containers: tuple[ContainerUsage, ...] | None = ()

    def amount(self, resource: str) -> Decimal:
        """Of all containers together."""
        return sum((each.amount(resource) for each in self.containers or ()), Decimal(0))
