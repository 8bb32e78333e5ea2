"""Events: what the cluster's components note about pods and other objects."""

from __future__ import annotations

from datetime import datetime

from bot.model.pods import ObjectMeta
from bot.model.wire import Wire


class ObjectReference(Wire, frozen=True, kw_only=True):
    """What an event speaks of."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    field_path: str = ""


class EventSeries(Wire, frozen=True, kw_only=True):
    """How often a repeated event was seen, in the newer way of counting."""

    count: int = 0
    last_observed_time: datetime | None = None


class Event(Wire, frozen=True, kw_only=True):
    """A note that a component of the cluster left about an object (`Killing`, `BackOff`, …)."""

    metadata: ObjectMeta
    involved_object: ObjectReference = ObjectReference()
    type: str = ""
    reason: str = ""
    message: str = ""
    count: int | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None

    @property
    def last_seen(self) -> datetime | None:
        """When it was last seen: components fill different fields, so the first one that is set counts."""
        series = self.series.last_observed_time if self.series else None
        return series or self.last_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def times(self) -> int:
        """How often it was seen; at least once."""
        return max(self.series.count if self.series else 0, self.count or 0, 1)
