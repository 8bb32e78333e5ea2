"""Small readings and writings of Kubernetes objects in their wire form, shared by every part of the cluster.

Objects are plain JSON dictionaries: the simulated cluster's subject is the wire format itself, so nothing is
gained by a second shape. Whoever changes an object copies it first; `store` never hands out what it will
change.
"""

import copy
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bot.playground.cluster.resources import BY_KIND, Resource

Json = dict[str, Any]

TERMINAL_PHASES = frozenset({"Succeeded", "Failed"})


def timestamp(moment: datetime) -> str:
    """Return a moment as `metav1.Time` is written: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise_timestamp(moment: datetime) -> str:
    """Return a moment as log lines carry it: RFC 3339 with nanoseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def parse_timestamp(text: str) -> datetime:
    """Return the moment that an RFC 3339 text names.

    Raises:
        ValueError: the text is not RFC 3339 with an offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no offset in {text!r}")
    return moment.astimezone(UTC)


def name_of(obj: Json) -> str:
    """Return an object's name."""
    return str(obj["metadata"]["name"])


def namespace_of(obj: Json) -> str:
    """Return an object's namespace, empty for cluster-wide objects."""
    return str(obj["metadata"].get("namespace", ""))


def uid_of(obj: Json) -> str:
    """Return an object's UID."""
    return str(obj["metadata"]["uid"])


def labels_of(obj: Json) -> dict[str, str]:
    """Return an object's labels."""
    return obj["metadata"].get("labels") or {}


def is_terminal(pod: Json) -> bool:
    """Whether a pod has reached a phase that it never leaves."""
    return pod["status"].get("phase") in TERMINAL_PHASES


def is_deleting(obj: Json) -> bool:
    """Whether deletion was asked for."""
    return "deletionTimestamp" in obj["metadata"]


def condition(obj: Json, kind: str) -> Json | None:
    """Return the condition of a type, or None."""
    return next((c for c in obj.get("status", {}).get("conditions", ()) if c["type"] == kind), None)


def condition_is_true(obj: Json, kind: str) -> bool:
    """Whether the condition of a type stands at True."""
    found = condition(obj, kind)
    return found is not None and found["status"] == "True"


def is_ready(pod: Json) -> bool:
    """Whether a pod's Ready condition is True."""
    return condition_is_true(pod, "Ready")


def with_condition(conditions: Iterable[Json], new: Json, now: datetime) -> list[Json]:
    """Return the conditions with one set; its transition time moves only when its status does."""
    kept = list(conditions)
    old = next((c for c in kept if c["type"] == new["type"]), None)
    changed = old is None or old["status"] != new["status"]
    since = timestamp(now) if changed or old is None else old["lastTransitionTime"]
    fresh = {**new, "lastTransitionTime": since}
    if old is None:
        return [*kept, fresh]
    return [fresh if c is old else c for c in kept]


def controller_of(obj: Json) -> Json | None:
    """Return the owner reference that says `controller: true`, or None for an object on its own."""
    return next((r for r in obj["metadata"].get("ownerReferences", ()) if r.get("controller")), None)


def owner_reference(owner: Json) -> Json:
    """Return the reference by which a controller owns what it makes."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def object_reference(obj: Json, *, field_path: str | None = None) -> Json:
    """Return the reference by which an Event names its object."""
    reference = {
        "kind": obj["kind"],
        "namespace": namespace_of(obj),
        "name": name_of(obj),
        "uid": uid_of(obj),
        "apiVersion": obj["apiVersion"],
        "resourceVersion": obj["metadata"].get("resourceVersion", ""),
        "fieldPath": field_path,
    }
    return {key: value for key, value in reference.items() if value}


def resource_of(obj: Json) -> Resource:
    """Return the resource type of an object."""
    return BY_KIND[obj["kind"]]


def copied(obj: Json) -> Json:
    """Return a deep copy that may be changed."""
    return copy.deepcopy(obj)
