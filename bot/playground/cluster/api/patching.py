"""Patches: JSON patch, JSON merge patch, and strategic merge patch for the lists that have a merge key."""

from typing import Any

from bot.playground.cluster.errors import Refusal, bad_request, invalid
from bot.playground.cluster.objects import Json, copied

_JSON = "application/json-patch+json"
_MERGE = "application/merge-patch+json"
_STRATEGIC = "application/strategic-merge-patch+json"
_MERGE_KEYS = {
    "conditions": "type",
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "env": "name",
    "volumes": "name",
}


def patched(current: Json, patch: Any, content_type: str) -> Json:
    """Return an object with a patch applied.

    Raises:
        Refusal: the patch is of a kind that is not served (415), malformed (400), or does not fit (422).
    """
    if content_type == _JSON:
        if not isinstance(patch, list):
            raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type []")
        return _json_patched(copied(current), patch)
    if content_type not in {_MERGE, _STRATEGIC}:
        raise Refusal(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: "
            f"{_JSON}, {_MERGE}, {_STRATEGIC}",
        )
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: json: cannot unmarshal array into Go value of type map")
    merged: Json = _merged(copied(current), patch, strategic=content_type == _STRATEGIC, field="")
    return merged


def _merged(current: Any, patch: Any, *, strategic: bool, field: str) -> Any:
    if isinstance(patch, dict):
        result = dict(current) if isinstance(current, dict) else {}
        for key, value in patch.items():
            if value is None:
                result.pop(key, None)
            else:
                result[key] = _merged(result.get(key), value, strategic=strategic, field=key)
        return result
    if strategic and isinstance(patch, list) and isinstance(current, list) and field in _MERGE_KEYS:
        return _merged_list(current, patch, _MERGE_KEYS[field])
    return patch


def _merged_list(current: list[Json], patch: list[Json], key: str) -> list[Json]:
    result = list(current)
    for entry in patch:
        for index, old in enumerate(result):
            if old.get(key) == entry.get(key):
                result[index] = _merged(old, entry, strategic=True, field="")
                break
        else:
            result.append(entry)
    return result


def _json_patched(obj: Json, operations: list[Any]) -> Json:
    """Apply the operations of RFC 6902 that clients of pods use: add, remove, replace and test."""
    for operation in operations:
        try:
            _apply(obj, operation)
        except (KeyError, IndexError, TypeError, ValueError) as problem:
            kind, name = str(obj.get("kind", "")), str(obj["metadata"]["name"])
            message = f"the server rejected our request due to an error in our request: {problem}"
            raise invalid(kind, name, [("FieldValueInvalid", message, "patch")]) from None
    return obj


def _apply(obj: Json, operation: Any) -> None:
    parts = [p.replace("~1", "/").replace("~0", "~") for p in str(operation["path"]).split("/")[1:]]
    target: Any = obj
    for part in parts[:-1]:
        target = target[int(part)] if isinstance(target, list) else target[part]
    key: Any = parts[-1]
    if isinstance(target, list):
        key = len(target) if key == "-" else int(key)
    match operation["op"]:
        case "add" if isinstance(target, list):
            target.insert(key, operation["value"])
        case "add":
            target[key] = operation["value"]
        case "replace":
            target[key] = operation["value"]
        case "remove":
            del target[key]
        case "test":
            if target[key] != operation["value"]:
                raise ValueError(f"testing value {operation['path']} failed")
        case unknown:
            raise ValueError(f"unexpected kind: {unknown}")
