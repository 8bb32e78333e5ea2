"""Lists: selectors, pages bound to a resource version, and the resource version rules of the API server."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from bot.playground.cluster import errors
from bot.playground.cluster.api.context import Target
from bot.playground.cluster.objects import Json, name_of, namespace_of
from bot.playground.cluster.selectors import selector
from bot.playground.cluster.store import Store

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new "
    "list without the continue parameter, or use the continue token in this response to retrieve the "
    "remainder of the results. Continuing with the provided token results in an inconsistent list - objects "
    "that were created, modified, or deleted between the time the first chunk was returned and now may show "
    "up in the list."
)
_ANY_VERSION = -1


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    try:
        return int(text) if text else 0
    except ValueError:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def parse_version(text: str) -> int:
    """Return the number of a resource version.

    Raises:
        Refusal: it is none; the API server answers 500 to that.
    """
    if not text.isdigit():
        raise errors.Refusal(
            500,
            "",
            f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax',
        )
    return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """Where a page begins: after a key, at a version (`_ANY_VERSION`: whatever is there now)."""

    version: int
    after: tuple[str, str]

    def token(self) -> str:
        """Return the continue token that names this page."""
        body = {"v": "meta.k8s.io/v1", "rv": self.version, "start": "/".join(self.after)}
        return base64.urlsafe_b64encode(msgspec.json.encode(body)).decode().rstrip("=")


def _parse_token(text: str) -> _Page:
    try:
        decoded = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        namespace, _, name = str(decoded["start"]).partition("/")
        return _Page(version=int(decoded["rv"]), after=(namespace, name))
    except (binascii.Error, msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise errors.bad_request(f"invalid continue token: continue key is not valid: {error}") from None


def _at_version(store: Store, target: Target, query: Mapping[str, str], limit: int) -> tuple[list[Json], int]:
    """Return the objects of a fresh list and the version that they stand at."""
    text = query.get("resourceVersion", "")
    match = query.get("resourceVersionMatch", "")
    if match and not text:
        message = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
        raise errors.invalid(
            "ListOptions", "", [("FieldValueForbidden", message, "resourceVersionMatch")], group="meta.k8s.io"
        )
    wanted = parse_version(text) if text else 0
    if wanted > store.version:
        raise errors.too_large_version(wanted, store.version)
    if wanted and (match == "Exact" or (limit and not match)):
        return store.all_at(target.resource, target.namespace, wanted), wanted
    return store.all(target.resource, target.namespace), store.version


def list_objects(store: Store, target: Target, query: Mapping[str, str]) -> tuple[list[Json], Json]:
    """Return the items of a list request and the metadata of the list.

    Raises: Refusal: the options do not make sense (400, 422), or the version is gone (410) or still to come
    (504).
    """
    matches = selector(target.resource, query.get("labelSelector", ""), query.get("fieldSelector", ""))
    if target.name:
        raise errors.method_not_allowed()
    limit = _number(query, "limit")
    token = query.get("continue", "")
    after = ("", "")
    if token:
        if query.get("resourceVersion"):
            raise errors.bad_request("specifying resource version is not allowed when using continue")
        page = _parse_token(token)
        after = page.after
        objects, version = _continued(store, target, page)
    else:
        if query.get("resourceVersion") == "0":
            limit = 0  # served from the watch cache, which takes no limit
        objects, version = _at_version(store, target, query, limit)
    found = [o for o in objects if (namespace_of(o), name_of(o)) > after and matches(o)]
    metadata: Json = {"resourceVersion": str(version)}
    if limit and len(found) > limit:
        last = found[limit - 1]
        metadata["continue"] = _Page(version=version, after=(namespace_of(last), name_of(last))).token()
        if not query.get("labelSelector") and not query.get("fieldSelector"):
            metadata["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    return found, metadata


def _continued(store: Store, target: Target, page: _Page) -> tuple[list[Json], int]:
    if page.version == _ANY_VERSION:
        return store.all(target.resource, target.namespace), store.version
    if page.version < store.compacted:
        refusal = errors.expired(_TOO_OLD)
        refusal.continue_token = _Page(version=_ANY_VERSION, after=page.after).token()
        raise refusal
    return store.all_at(target.resource, target.namespace, page.version), page.version
