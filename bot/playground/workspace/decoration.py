"""What Slack adds to blocks when it stores them: ids where the app gave none, and the defaults of texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.playground.workspace import mrkdwn
from bot.playground.workspace.rules.elements import ELEMENTS
from bot.playground.workspace.wire import Json


def decorated(blocks: Iterable[Json], new_id: Callable[[], str]) -> tuple[Json, ...]:
    """Copies of the blocks as Slack returns them.

    Every block has a `block_id`, every interactive element an `action_id`, plain texts say `emoji`, mrkdwn
    says `verbatim` and is escaped as stored text is.
    """
    return tuple(
        {**_filled(block, new_id), "block_id": block.get("block_id") or new_id()} for block in blocks
    )


def _filled(value: Any, new_id: Callable[[], str]) -> Any:
    if isinstance(value, list):
        return [_filled(inner, new_id) for inner in value]
    if not isinstance(value, dict):
        return value
    copy = {name: _filled(inner, new_id) for name, inner in value.items()}
    kind = copy.get("type")
    if kind == "plain_text":
        copy.setdefault("emoji", True)
    elif kind == "mrkdwn":
        copy.setdefault("verbatim", False)
        copy["text"] = mrkdwn.stored(copy["text"])
    elif kind in ELEMENTS:
        copy.setdefault("action_id", new_id())
    return copy
