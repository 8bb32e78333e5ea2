"""What a rule can do to a request, to its answer, or to a message of a WebSocket."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

STRICT: Final = ConfigDict(extra="forbid")

Seconds: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Side(StrEnum):
    """Where it goes wrong: on the way to the server, or on the way back, after the server has done it."""

    REQUEST = "request"
    RESPONSE = "response"


class Ending(StrEnum):
    """How a stream that is cut looks to the client: ended in order, torn, or silent for good (half open)."""

    CLEAN = "clean"
    RESET = "reset"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Drop:
    """Never answer. The client waits until it gives up, or until the rule ends: then its connection is reset.

    Of a WebSocket, the message is lost and the connection goes on.
    """

    kind: Literal["drop"] = "drop"
    side: Side = Side.REQUEST


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Reset:
    """Close the connection hard (RST). With `side=RESPONSE`, the server did it and its answer is lost."""

    kind: Literal["reset"] = "reset"
    side: Side = Side.REQUEST


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Delay:
    """Hold it for so many seconds, or until the rule ends. A WebSocket's messages keep their order."""

    seconds: Seconds
    kind: Literal["delay"] = "delay"
    side: Side = Side.REQUEST


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Duplicate:
    """Send it on twice. The client gets the second answer; a WebSocket's message arrives twice.

    A WebSocket as such is never opened twice.
    """

    kind: Literal["duplicate"] = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Answer:
    """Answer in the server's place, as Slack or as an API server would, by what the request asks for.

    Attributes:
        retry_after: Seconds for the `Retry-After` header, None for none.
        error: Slack's error code, or Kubernetes' reason; empty for the status' usual one.
        body: The body itself where it is to be something else; a mapping is sent as JSON.
        as_event: 200 with one ERROR event, which is how an API server mostly ends a watch (410 Expired).
        side: `RESPONSE` lets the server do its part first, and hides its answer.
    """

    status: Annotated[int, Field(ge=200, le=599)]
    retry_after: Annotated[int, Field(ge=0)] | None = None
    headers: Mapping[str, str] = Field(default_factory=dict)
    error: str = ""
    body: str | Mapping[str, Any] | None = None
    as_event: bool = False
    kind: Literal["answer"] = "answer"
    side: Side = Side.REQUEST


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Cut:
    """End a stream or a WebSocket, also one that runs already: after so much of it, whichever comes first.

    An answer that is over before that is not touched.

    Attributes:
        after_bytes: Bytes that still reach the client.
        after_messages: Lines of a stream, messages of a WebSocket that still reach the client.
        after_seconds: Seconds it still runs; with no limit given at all it ends at once.
    """

    after_bytes: Annotated[int, Field(ge=0)] | None = None
    after_messages: Annotated[int, Field(ge=0)] | None = None
    after_seconds: Seconds | None = None
    ending: Ending = Ending.CLEAN
    kind: Literal["cut"] = "cut"


def _named(value: object) -> object:
    """Read the short form: an action that needs no more than its name."""
    return {"kind": value} if isinstance(value, str) else value


Action: TypeAlias = Annotated[
    Annotated[Drop | Reset | Delay | Duplicate | Answer | Cut, Field(discriminator="kind")],
    BeforeValidator(_named),
]
