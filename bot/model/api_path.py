"""Paths of the Kubernetes API that may be read as they are (`get --raw`): taken apart, and most refused.

A path is accepted in its plain spelling only: what is encoded, doubled or dotted is refused rather than
decoded, so that what the policy compares is what the API server gets. Nothing that is or hands out a secret,
and nothing that leads through the API server to somewhere else, has a path here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import unquote

from bot.model.pods import ALL_NAMESPACES

LONGEST = 1_000
QUERY = ("continue", "fieldSelector", "labelSelector", "limit", "resourceVersion")
"""The parameters of a request that a path may carry; `watch` and `follow`, which never end, are not among
them."""

_PLAIN = re.compile(r"(?:/[A-Za-z0-9][A-Za-z0-9._:-]*)+", re.ASCII)
_PATTERN = re.compile(r"/apis?(?:/[A-Za-z0-9*?][A-Za-z0-9._:*?-]*)*", re.ASCII)
_HIDDEN = ("secret", "token")
"""Words that no resource's name may contain: `secrets`, and what operators and platforms keep alike."""
_SUBRESOURCES = frozenset({"", "scale", "status"})
_NOT_NAMESPACED = frozenset({"finalize", "status"})
"""Behind `/namespaces/NAME` these are parts of the namespace; anything else is a resource in it."""


class Unreadable(ValueError):
    """The path is none that may be read; the message is a sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPath:
    """A path that may be read where the policy allows it."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    namespace: str = ALL_NAMESPACES
    """The namespace that it is about; empty for what belongs to none, or for a listing of all of them."""


def parse(text: str) -> ApiPath:
    """Take a typed path apart. Raises `Unreadable` for every path that must not be read, and says why."""
    path, _, query = text.partition("?")
    if len(text) > LONGEST:
        raise Unreadable(f"A path has at most {LONGEST:,} characters, this one has {len(text):,}.")
    if not _PLAIN.fullmatch(path):
        raise Unreadable(
            "A path is read in its plain spelling only: `/api/v1/…` or `/apis/GROUP/VERSION/…`, with nothing "
            "encoded, no empty or dotted parts, and no slash at its end."
        )
    root, *parts = path.removeprefix("/").split("/")
    if root not in {"api", "apis"}:
        raise Unreadable("Only what is below `/api` and `/apis` is read.")
    namespace, rest = _namespaced(parts[1:] if root == "api" else parts[2:])
    _check(rest)
    return ApiPath(path=path, query=_query(query), namespace=namespace)


def is_pattern(text: str) -> bool:
    """Whether a policy may name paths so: plain parts, in which `*` and `?` stand for anything."""
    return bool(_PATTERN.fullmatch(text))


def matches(path: str, pattern: str) -> bool:
    """Whether a path fits a pattern, part by part: a `*` never reaches over a slash."""
    own, wanted = path.split("/"), pattern.split("/")
    return len(own) == len(wanted) and all(map(fnmatchcase, own, wanted))


def _namespaced(parts: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The namespace and what is asked for in it, as the API server tells them apart (`RequestInfo`)."""
    if len(parts) > 1 and parts[0] == "namespaces":
        inside = len(parts) > 2 and parts[2] not in _NOT_NAMESPACED
        return parts[1], parts[2:] if inside else parts
    return ALL_NAMESPACES, parts


def _check(parts: Sequence[str]) -> None:
    resource, _, subresource, *more = (*parts, "", "", "")
    low = resource.lower()
    if low in {"watch", "proxy"}:
        raise Unreadable(f"`{resource}` paths are not read: they never end, or lead somewhere else.")
    if any(word in low for word in _HIDDEN):
        raise Unreadable(f"`{resource}` are never read: podbot shows no secrets, by whatever path.")
    if subresource not in _SUBRESOURCES or any(more):
        raise Unreadable(
            f"Of an object's parts only `status` and `scale` are read, not `{'/'.join(parts[2:])}`."
        )


def _query(text: str) -> tuple[tuple[str, str], ...]:
    given = []
    for part in text.split("&") if text else ():
        name, _, value = part.partition("=")
        if name not in QUERY:
            known = ", ".join(f"`{each}`" for each in QUERY)
            raise Unreadable(f"`{name}` is no parameter that podbot passes on. It passes on {known}.")
        given.append((name, unquote(value)))
    return tuple(given)
