"""How the workspace says no: Slack's own error codes, with what Slack adds to each."""

from __future__ import annotations

from collections.abc import Iterable

from bot.playground.workspace.rules.shapes import Problem
from bot.playground.workspace.wire import Json


class Refused(Exception):
    """A call or a person's act that is refused.

    Attributes:
        code: Slack's error code, such as `not_in_channel`.
        more: Further fields of the answer (`needed`, `provided`, `response_metadata` ...).
        retry_after: Seconds to wait, only with `ratelimited`.
    """

    def __init__(
        self,
        code: str,
        *,
        problems: Iterable[Problem] = (),
        retry_after: int | None = None,
        **more: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
        self.more: Json = dict(more)
        said = [str(problem) for problem in problems]
        if said:
            self.more["errors"] = said
            self.more["response_metadata"] = {"messages": [f"[ERROR] {line}" for line in said]}

    def answer(self) -> Json:
        """The body Slack would send."""
        return {"ok": False, "error": self.code, **self.more}


def missing_field(name: str) -> Refused:
    """The refusal of a call that lacks a required argument."""
    messages = [f"[ERROR] missing required field: {name}"]
    return Refused("invalid_arguments", response_metadata={"messages": messages})
