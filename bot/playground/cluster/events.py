"""The recorder of Events: what kubelets, the scheduler and controllers tell, aggregated by count as client-go
does.
"""

from datetime import datetime

from bot.playground.cluster.agenda import Agenda
from bot.playground.cluster.naming import Names
from bot.playground.cluster.objects import Json, object_reference, parse_timestamp, timestamp
from bot.playground.cluster.resources import EVENTS
from bot.playground.cluster.store import Store

EVENT_LIFETIME = 3600.0
"""Seconds that the API server keeps an event after it was last seen (`--event-ttl`)."""

_Key = tuple[str, ...]


class EventRecorder:
    """Writes Events; the same event about the same object raises the count of the first."""

    def __init__(self, store: Store, agenda: Agenda, names: Names) -> None:
        self._store = store
        self._agenda = agenda
        self._names = names
        self._known: dict[_Key, tuple[str, str]] = {}

    def normal(self, obj: Json, reason: str, message: str, **source: str) -> None:
        """Record that something went as it should."""
        self._record(obj, "Normal", reason, message, source)

    def warning(self, obj: Json, reason: str, message: str, **source: str) -> None:
        """Record that something went wrong. `source` takes `component`, `host` and `field_path`."""
        self._record(obj, "Warning", reason, message, source)

    def forget_old(self) -> None:
        """Remove the events whose lifetime is over."""
        now = self._agenda.now()
        for event in self._store.all(EVENTS):
            if (now - parse_timestamp(event["lastTimestamp"])).total_seconds() > EVENT_LIFETIME:
                self._store.remove(event)

    def _record(self, obj: Json, kind: str, reason: str, message: str, source: dict[str, str]) -> None:
        now = self._agenda.now()
        involved = object_reference(obj, field_path=source.pop("field_path", None))
        key = (
            involved["uid"],
            involved.get("fieldPath", ""),
            source.get("component", ""),
            kind,
            reason,
            message,
        )
        namespace = involved.get("namespace") or "default"
        known = self._known.get(key)
        event = self._store.find(EVENTS, *known) if known else None
        if event is not None:
            event["count"] += 1
            event["lastTimestamp"] = timestamp(now)
            self._store.update(event)
            return
        unique = f"{int(now.timestamp() * 1_000_000_000) + self._store.version:x}"
        told = {
            "involvedObject": involved,
            "type": kind,
            "reason": reason,
            "message": message,
            "source": source,
        }
        metadata = {
            "name": f"{involved['name']}.{unique}",
            "namespace": namespace,
            "uid": self._names.uid(),
            "creationTimestamp": timestamp(now),
        }
        created = self._store.create(_event(metadata, told, now))
        self._known[key] = (namespace, created["metadata"]["name"])


def _event(metadata: Json, told: Json, now: datetime) -> Json:
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": metadata,
        **told,
        "firstTimestamp": timestamp(now),
        "lastTimestamp": timestamp(now),
        "count": 1,
        "eventTime": None,
        "reportingComponent": told["source"].get("component", ""),
        "reportingInstance": told["source"].get("host", ""),
    }
