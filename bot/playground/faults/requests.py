"""Which requests a rule is about: by path, by Slack's method, or by Kubernetes' verb and resource."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass as value
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from bot.playground.faults.actions import STRICT

_SLACK: Final = re.compile(r"/api/([a-z]\w*(?:\.\w+)+)/?")
_KUBE: Final = re.compile(
    r"/(?:api/v1|apis/[^/]+/[^/]+)"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/))?"
    r"/(?P<resource>[^/]+)(?:/(?P<name>[^/]+)(?:/(?P<sub>.+))?)?"
)
_TRUE: Final = frozenset({"1", "true", "True"})


class Verb(StrEnum):
    """What a request asks of an API server, in the words of its permissions."""

    GET = "get"
    LIST = "list"
    WATCH = "watch"
    CREATE = "create"
    UPDATE = "update"
    PATCH = "patch"
    DELETE = "delete"


_VERBS: Final[Mapping[str, Verb]] = {
    "POST": Verb.CREATE,
    "PUT": Verb.UPDATE,
    "PATCH": Verb.PATCH,
    "DELETE": Verb.DELETE,
}


class Direction(StrEnum):
    """Where a message of a WebSocket goes."""

    TO_CLIENT = "to-client"
    TO_SERVER = "to-server"


@value(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, or a message of the WebSocket that a request has opened, as rules look at it.

    Attributes:
        slack: The Web API method (`chat.postMessage`), empty where it is none.
        verb: None where the request is not for a Kubernetes resource.
        resource: The plural, with the subresource after a slash: `pods/log`.
        text: The request's body, or the message.
        direction: None for the request itself.
    """

    method: str
    path: str
    query: Mapping[str, str]
    slack: str = ""
    verb: Verb | None = None
    resource: str = ""
    namespace: str = ""
    text: str = ""
    direction: Direction | None = None
    opens_websocket: bool = False

    @property
    def named(self) -> str:
        """Say it in a few words, for the log."""
        if self.direction is not None:
            return f"message {self.direction.value} at {self.path}"
        watched = " (watch)" if self.verb is Verb.WATCH else ""
        return f"{self.method} {self.path}{watched}"


def read(method: str, path: str, query: Mapping[str, str], text: str = "") -> Asked:
    """Say what a request asks for. `path` is decoded and without its query."""
    if slack := _SLACK.fullmatch(path):
        return Asked(method=method, path=path, query=query, slack=slack[1], text=text)
    found = _KUBE.fullmatch(path)
    if found is None:
        return Asked(method=method, path=path, query=query, text=text)
    verb = _VERBS.get(method, Verb.GET)
    if verb is Verb.GET and found["sub"] is None:
        watched = query.get("watch") in _TRUE
        verb = Verb.WATCH if watched else Verb.GET if found["name"] else Verb.LIST
    return Asked(
        method=method,
        path=path,
        query=query,
        verb=verb,
        resource="/".join(filter(None, (found["resource"], found["sub"]))),
        namespace=found["namespace"] or "",
        text=text,
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Match:
    """What a rule is about: everything that is given must fit; nothing given means every request.

    Attributes:
        method: HTTP's, as `POST`.
        path: A glob over the whole path (`/api/v1/*`; the star crosses slashes), or a prefix ending in `/`.
        slack: A glob over the Web API method: `chat.*`.
        resource: A glob over the plural and its subresource: `pods`, `pods/log`, `pods*`.
        namespace: A glob over the namespace that is asked for; requests across all have none.
        query: Parameters that must be there with these very values.
        contains: Text that the request's body, or the message, must contain.
        messages: The rule is about the messages of WebSockets in this direction, instead of requests; the
            other fields then speak of the request that opened it.
    """

    method: str = ""
    path: str = ""
    slack: str = ""
    verb: Verb | None = None
    resource: str = ""
    namespace: str = ""
    query: Mapping[str, str] = Field(default_factory=dict)
    contains: str = ""
    messages: Direction | None = None

    @model_validator(mode="after")
    def _of_one_api(self) -> Self:
        if self.slack and (self.verb or self.resource or self.namespace):
            raise ValueError(
                "a request is either Slack's or Kubernetes': slack, or verb, resource and namespace"
            )
        return self

    def fits(self, asked: Asked) -> bool:
        """Whether the rule is about this request or message."""
        return (
            self.messages is asked.direction
            and self.method.upper() in {"", asked.method}
            and self._fits_path(asked.path)
            and _globbed(self.slack, asked.slack)
            and self.verb in {None, asked.verb}
            and _globbed(self.resource, asked.resource)
            and _globbed(self.namespace, asked.namespace)
            and all(asked.query.get(name) == wanted for name, wanted in self.query.items())
            and self.contains in asked.text
        )

    def _fits_path(self, path: str) -> bool:
        if self.path.endswith("/") and path.startswith(self.path):
            return True
        return _globbed(self.path, path)


def _globbed(pattern: str, text: str) -> bool:
    return not pattern or (bool(text) and fnmatchcase(text, pattern))
