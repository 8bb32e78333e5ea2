"""The rules for views: modals and Home tabs as `views.*` takes them.

Neighbours: `blocks` for what is inside, `views` for the views that are open.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.rules import limits
from bot.playground.workspace.rules.blocks import Surface, check_blocks
from bot.playground.workspace.rules.composition import plain_text
from bot.playground.workspace.rules.shapes import Check, Problem, anything, boolean, record, string, tagged
from bot.playground.workspace.wire import Json

_shared: dict[str, Check] = {
    "private_metadata": string(most=limits.VIEW_PRIVATE_METADATA, least=0),
    "callback_id": string(most=limits.VIEW_CALLBACK_ID, least=0),
    "external_id": string(most=limits.VIEW_EXTERNAL_ID, least=0),
}
_button = plain_text(limits.VIEW_BUTTON)

_modal = record(
    {"type": anything, "title": plain_text(limits.VIEW_TITLE), "blocks": anything},
    {
        **_shared,
        "submit": _button,
        "close": _button,
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_home = record({"type": anything, "blocks": anything}, _shared)


def check_view(view: Any, kind: Surface) -> None:
    """Refuses a view that Slack would not open as this kind.

    Raises:
        Refused: `invalid_arguments` with every problem listed, or `view_too_large`.
    """
    frame = tagged({"modal": _modal} if kind is Surface.MODAL else {"home": _home})
    problems = list(frame(view, "/view"))
    if isinstance(view, dict) and "blocks" in view:
        problems.extend(check_blocks(view["blocks"], kind, "/view/blocks"))
    if not problems and kind is Surface.MODAL:
        problems.extend(_inputs_need_submit(view))
    if problems:
        raise Refused("invalid_arguments", problems=problems)
    if len(json.dumps(view)) > limits.VIEW_BYTES:
        raise Refused("view_too_large")


def _inputs_need_submit(view: Json) -> Iterator[Problem]:
    if "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
        yield Problem(says="missing required field: submit", pointer="/view")
