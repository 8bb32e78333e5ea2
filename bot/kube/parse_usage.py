"""What metrics.k8s.io answers, decoded. Pure."""

from __future__ import annotations

import msgspec

from bot.model.usage import PodUsage


class _UsageList(msgspec.Struct, frozen=True):
    items: tuple[PodUsage, ...] | None = ()


_ONE = msgspec.json.Decoder(PodUsage)
_SEVERAL = msgspec.json.Decoder(_UsageList)


def one(body: bytes) -> tuple[PodUsage, ...]:
    """One PodMetrics. Raises ValueError."""
    return (_ONE.decode(body),)


def several(body: bytes) -> tuple[PodUsage, ...]:
    """A PodMetricsList. Raises ValueError."""
    return _SEVERAL.decode(body).items or ()
