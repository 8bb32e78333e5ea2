"""One call of a Web API method: its arguments, read as strictly as Slack reads them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.playground.workspace.people import Channel, ChannelKind
from bot.playground.workspace.refusals import Refused, missing_field
from bot.playground.workspace.state import Workspace
from bot.playground.workspace.wire import Json, Ts

T = TypeVar("T")
MAX_LIMIT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that has passed authentication, scopes and pace.

    Attributes:
        base_url: Where the workspace listens, ending in `/`.
    """

    workspace: Workspace
    method: str
    args: Json
    base_url: str

    def text(self, name: str) -> str:
        """A required text argument."""
        value = self.optional(name)
        if value is None:
            raise missing_field(name)
        return value

    def optional(self, name: str) -> str | None:
        """A text argument, None when absent or empty."""
        value = self.args.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
        raise Refused(
            "invalid_arguments", response_metadata={"messages": [f"[ERROR] must provide a string: {name}"]}
        )

    def flag(self, name: str) -> bool:
        """A boolean argument in any of the spellings of forms and JSON."""
        return self.args.get(name) in (True, "true", "True", "1", 1)

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        value = self.optional(name)
        try:
            return default if value is None else int(value)
        except ValueError:
            raise Refused(
                "invalid_arguments",
                response_metadata={"messages": [f"[ERROR] must provide an integer: {name}"]},
            ) from None

    def json(self, name: str) -> Any:
        """An argument that forms carry as JSON text.

        Raises:
            Refused: `invalid_arguments` when it is absent or not JSON.
        """
        value = self.args.get(name)
        if value is None:
            raise missing_field(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            messages = [f"[ERROR] must be valid JSON: {name}"]
            raise Refused("invalid_arguments", response_metadata={"messages": messages}) from None

    def names(self, name: str) -> list[str]:
        """A list given as an array or with commas."""
        value = self.args.get(name)
        if isinstance(value, list):
            return [str(each) for each in value]
        return [each.strip() for each in (self.optional(name) or "").split(",") if each.strip()]

    def ts(self, name: str) -> Ts | None:
        """A timestamp."""
        value = self.optional(name)
        return None if value is None else Ts(value)

    def need(self, scope: str) -> None:
        """Demands a scope that depends on the arguments.

        Raises:
            Refused: `missing_scope` with what is needed and what is provided.
        """
        if scope not in self.workspace.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(self.workspace.scopes)))

    def channel(self, name: str = "channel") -> Channel:
        """The channel of the call; private ones exist only for their members."""
        found = self.workspace.channel(self.text(name))
        if found.kind is not ChannelKind.PUBLIC and self.workspace.app.user_id not in found.members:
            raise Refused("channel_not_found")
        return found

    def writable_channel(self, name: str = "channel") -> Channel:
        """A channel the app may post to now.

        Raises:
            Refused: `channel_not_found`, `is_archived` or `not_in_channel`.
        """
        channel = self.channel(name)
        if channel.is_archived:
            raise Refused("is_archived")
        outside = self.workspace.app.user_id not in channel.members
        if outside and "chat:write.public" not in self.workspace.scopes:
            raise Refused("not_in_channel")
        return channel

    def page(self, found: Sequence[T], *, default: int = 100) -> tuple[list[T], str]:
        """One page of the results and the cursor of the next one, empty at the end."""
        limit = min(self.number("limit", default) or default, MAX_LIMIT)
        if limit < 1:
            raise Refused("invalid_limit")
        start = _offset(self.optional("cursor"))
        more = start + limit < len(found)
        cursor = base64.b64encode(f"next:{start + limit}".encode()).decode() if more else ""
        return list(found[start : start + limit]), cursor


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (ValueError, binascii.Error):
        raise Refused("invalid_cursor") from None
