"""Tables: the meta.k8s.io/v1 answer to `Accept: application/json;as=Table;v=v1;g=meta.k8s.io`."""

from collections.abc import Iterable
from datetime import datetime

from bot.playground.cluster.objects import Json
from bot.playground.cluster.printing.kinds import cells, columns

_TERMINAL = {
    "Succeeded": {
        "type": "Completed",
        "status": "True",
        "reason": "Succeeded",
        "message": "The pod has completed successfully.",
    },
    "Failed": {"type": "Completed", "status": "True", "reason": "Failed", "message": "The pod failed."},
}


def partial_metadata(obj: Json) -> Json:
    """Return an object cut down to its metadata."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj["metadata"],
    }


def _row(obj: Json, now: datetime, include: str) -> Json:
    row: Json = {"cells": cells(obj, now)}
    if obj["kind"] == "Pod" and obj["status"].get("phase") in _TERMINAL:
        row["conditions"] = [_TERMINAL[obj["status"]["phase"]]]
    row["object"] = {"None": None, "Metadata": partial_metadata(obj), "Object": obj}[include]
    return row


def table(
    kind: str, objects: Iterable[Json], now: datetime, *, metadata: Json, include: str, header: bool = True
) -> Json:
    """Return a Table of objects of one kind.

    `include` is the query parameter `includeObject`: None, Metadata or Object. The API server sends the
    column definitions only once in a watch, hence `header`.
    """
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": columns(kind) if header else None,
        "rows": [_row(obj, now, include) for obj in objects],
    }
