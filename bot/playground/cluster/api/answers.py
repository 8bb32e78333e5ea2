"""How answers are written: JSON, Tables and metadata-only forms, by the Accept header."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import msgspec
from aiohttp import web

from bot.playground.cluster.errors import Refusal, bad_request
from bot.playground.cluster.objects import Json
from bot.playground.cluster.printing.tables import partial_metadata, table
from bot.playground.cluster.resources import Resource

_INCLUDES = frozenset({"", "None", "Metadata", "Object"})


class Form(Enum):
    """The forms in which objects can be asked for."""

    OBJECT = "object"
    TABLE = "table"
    METADATA = "metadata"


def form_of(accept: str) -> Form:
    """Return the form that an Accept header prefers."""
    for part in accept.split(","):
        parameters = {p.strip() for p in part.split(";")[1:]}
        if "g=meta.k8s.io" in parameters:
            if "as=Table" in parameters:
                return Form.TABLE
            if parameters & {"as=PartialObjectMetadataList", "as=PartialObjectMetadata"}:
                return Form.METADATA
        elif "application/json" in part or "*/*" in part:
            return Form.OBJECT
    return Form.OBJECT


def included(query_value: str) -> str:
    """Return what a Table's rows carry of their objects.

    Raises:
        Refusal: the parameter is none of the allowed (400).
    """
    if query_value not in _INCLUDES:
        raise bad_request(f'unrecognized includeObject value: "{query_value}"')
    return query_value or "Metadata"


def json_answer(body: Json, status: int = 200) -> web.Response:
    """Return a JSON answer."""
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"},
    )


def refusal_answer(refusal: Refusal) -> web.Response:
    """Return the answer of a refusal, with Retry-After where it says when to come again."""
    answer = json_answer(refusal.status(), refusal.code)
    retry_after = (refusal.details or {}).get("retryAfterSeconds")
    if retry_after:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def list_body(
    resource: Resource, items: Sequence[Json], metadata: Json, *, form: Form, include: str, now: datetime
) -> Json:
    """Return the body of a list in a form; objects inside a typed list go without kind and apiVersion."""
    if form is Form.TABLE:
        return table(resource.kind, items, now, metadata=metadata, include=include)
    if form is Form.METADATA:
        return {
            "kind": "PartialObjectMetadataList",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "items": [partial_metadata(item) for item in items],
        }
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.api_version,
        "metadata": metadata,
        "items": [{k: v for k, v in item.items() if k not in {"kind", "apiVersion"}} for item in items],
    }


def object_body(obj: Json, *, form: Form, include: str, now: datetime, header: bool = True) -> Json:
    """Return one object in a form."""
    if form is Form.TABLE:
        metadata = {"resourceVersion": obj["metadata"]["resourceVersion"]}
        return table(obj["kind"], [obj], now, metadata=metadata, include=include, header=header)
    return partial_metadata(obj) if form is Form.METADATA else obj
