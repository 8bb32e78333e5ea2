"""Block Kit's composition objects: texts, options, confirmation dialogs, and the ids and addresses inside
them.

Built from `shapes`, used by `elements`, `blocks` and `views`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.playground.workspace.rules import limits
from bot.playground.workspace.rules.shapes import (
    Check,
    Problem,
    anything,
    boolean,
    both,
    items,
    one_of,
    record,
    string,
    tagged,
)

block_id = string(most=limits.BLOCK_ID)
action_id = string(most=limits.ACTION_ID)


def plain_text(most: int) -> Check:
    """A `plain_text` object of at most `most` characters; mrkdwn is refused."""
    return tagged({"plain_text": _plain(most)})


def text_object(most: int) -> Check:
    """A `plain_text` or `mrkdwn` object of at most `most` characters."""
    return tagged({"plain_text": _plain(most), "mrkdwn": _mrkdwn(most)})


def _plain(most: int) -> Check:
    return record({"type": anything, "text": string(most=most)}, {"emoji": boolean})


def _mrkdwn(most: int) -> Check:
    return record({"type": anything, "text": string(most=most)}, {"verbatim": boolean})


def url(most: int) -> Check:
    """An address a person's browser can open."""

    def scheme(value: Any, at: str) -> Iterator[Problem]:
        if not value.startswith(("http://", "https://", "mailto:")):
            yield Problem(says="must be a valid URL", pointer=at)

    return both(string(most=most), scheme)


style = one_of("primary", "danger")
placeholder = plain_text(limits.PLACEHOLDER)

confirm = record(
    {
        "title": plain_text(limits.CONFIRM_TITLE),
        "text": text_object(limits.CONFIRM_TEXT),
        "confirm": plain_text(limits.CONFIRM_BUTTON),
        "deny": plain_text(limits.CONFIRM_BUTTON),
    },
    {"style": style},
)


def _option(text: Check, description: Check, **more: Check) -> Check:
    value = string(most=limits.OPTION_VALUE)
    return record({"text": text, "value": value}, {"description": description, **more})


select_option = _option(plain_text(limits.OPTION_TEXT), plain_text(limits.OPTION_DESCRIPTION))
overflow_option = _option(
    plain_text(limits.OPTION_TEXT), plain_text(limits.OPTION_DESCRIPTION), url=url(limits.OPTION_URL)
)
choice_option = _option(text_object(limits.OPTION_TEXT), text_object(limits.OPTION_DESCRIPTION))
"""Radio buttons and checkboxes, whose texts may be mrkdwn."""

option_group = record(
    {
        "label": plain_text(limits.OPTION_GROUP_LABEL),
        "options": items(select_option, most=limits.SELECT_OPTIONS),
    }
)
