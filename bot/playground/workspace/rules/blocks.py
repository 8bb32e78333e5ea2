"""The rules of Block Kit for the blocks of messages, modals and Home tabs, as strict as Slack's own.

`check_blocks` finds every problem of a list of blocks on one surface; the rules over a whole message (size,
tables) are here too. Blocks that this workspace's page cannot draw (video, file, card and the like) are
refused as unsupported. Neighbours: `messages` turns problems into refusals, `decoration` adds what Slack
adds.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

from bot.playground.workspace.rules import limits
from bot.playground.workspace.rules.composition import block_id, plain_text, text_object, url
from bot.playground.workspace.rules.elements import SECTION_ACCESSORIES, in_actions, in_input
from bot.playground.workspace.rules.rich_text import rich_text
from bot.playground.workspace.rules.shapes import (
    Check,
    Problem,
    anything,
    boolean,
    both,
    integer,
    items,
    needs_one,
    number,
    one_of,
    record,
    string,
    tagged,
)
from bot.playground.workspace.wire import Json


class Surface(Enum):
    """Where blocks are shown; each surface takes its own kinds and number of blocks."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


def _block(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    return record({"type": anything, **required}, {"block_id": block_id, **(optional or {})})


_slack_file = both(record({}, {"id": string(), "url": string()}), needs_one("id", "url", exactly=True))
_picture = {"image_url": url(limits.IMAGE_URL), "slack_file": _slack_file}
_alt_text = string(most=limits.IMAGE_ALT_TEXT)
_image_element = both(
    record({"type": anything, "alt_text": _alt_text}, _picture),
    needs_one("image_url", "slack_file", exactly=True),
)


def _unique_actions(value: Any, at: str) -> Iterator[Problem]:
    seen: set[str | None] = set()
    for index, element in enumerate(value["elements"]):
        name = element.get("action_id")
        if name is not None and name in seen:
            says = f'`action_id` "{name}" already exists for another element'
            yield Problem(says=says, pointer=f"{at}/elements/{index}/action_id")
        seen.add(name)


_raw_text = record({"type": anything, "text": string()})
_raw_number = record({"type": anything, "value": number}, {"text": string()})
_cell = tagged({"raw_text": _raw_text, "raw_number": _raw_number, "rich_text": rich_text})
_column = record({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})


_TEXT_BLOCKS: dict[str, Check] = {
    "section": both(
        _block(
            {},
            {
                "text": text_object(limits.SECTION_TEXT),
                "fields": items(text_object(limits.SECTION_FIELD_TEXT), most=limits.SECTION_FIELDS),
                "accessory": tagged({**SECTION_ACCESSORIES, "image": _image_element}),
                "expand": boolean,
            },
        ),
        needs_one("text", "fields"),
    ),
    "header": _block({"text": plain_text(limits.HEADER_TEXT)}, {"level": integer(least=1, most=4)}),
    "divider": _block({}),
    "context": _block(
        {
            "elements": items(
                tagged(
                    {
                        "image": _image_element,
                        "mrkdwn": text_object(limits.CONTEXT_TEXT),
                        "plain_text": text_object(limits.CONTEXT_TEXT),
                    }
                ),
                most=limits.CONTEXT_ELEMENTS,
            )
        }
    ),
    "actions": both(
        _block({"elements": items(in_actions, most=limits.ACTIONS_ELEMENTS)}),
        _unique_actions,
    ),
    "image": both(
        _block({"alt_text": _alt_text}, {**_picture, "title": plain_text(limits.IMAGE_TITLE)}),
        needs_one("image_url", "slack_file", exactly=True),
    ),
    "rich_text": rich_text,
    "input": _block(
        {"label": plain_text(limits.INPUT_LABEL), "element": in_input},
        {"hint": plain_text(limits.INPUT_HINT), "optional": boolean, "dispatch_action": boolean},
    ),
}

_MESSAGE_BLOCKS: dict[str, Check] = {
    **_TEXT_BLOCKS,
    "markdown": _block({"text": string(most=limits.MARKDOWN_TEXT)}),
    "table": _block(
        {"rows": items(items(_cell, most=limits.TABLE_COLUMNS), most=limits.TABLE_ROWS)},
        {"column_settings": items(_column, most=limits.TABLE_COLUMNS, least=0)},
    ),
}

_SURFACES: dict[Surface, Check] = {
    Surface.MESSAGE: items(tagged(_MESSAGE_BLOCKS), most=limits.MESSAGE_BLOCKS, least=0),
    Surface.MODAL: items(tagged(_TEXT_BLOCKS), most=limits.VIEW_BLOCKS, least=0),
    Surface.HOME: items(tagged(_TEXT_BLOCKS), most=limits.VIEW_BLOCKS, least=0),
}


def check_blocks(blocks: Any, surface: Surface, at: str = "/blocks") -> list[Problem]:
    """Every problem of the blocks on this surface; an empty list means Slack would take them."""
    problems = list(_SURFACES[surface](blocks, at))
    if problems:
        return problems
    problems.extend(_repeated_ids(blocks, at))
    if surface is Surface.MESSAGE:
        problems.extend(_over_tables(blocks, at))
        markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
        if markdown > limits.MARKDOWN_TEXT:
            says = f"markdown blocks must be less than {limits.MARKDOWN_TEXT + 1} characters together"
            problems.append(Problem(says=says, pointer=at))
    return problems


def _repeated_ids(blocks: list[Json], at: str) -> Iterator[Problem]:
    seen: set[str | None] = set()
    for index, block in enumerate(blocks):
        name = block.get("block_id")
        if name is not None and name in seen:
            yield Problem(says=f'`block_id` "{name}" already exists', pointer=f"{at}/{index}/block_id")
        seen.add(name)


def _over_tables(blocks: list[Json], at: str) -> Iterator[Problem]:
    characters = sum(text_length(block) for block in blocks if block["type"] == "table")
    if characters > limits.TABLE_CHARACTERS:
        yield Problem(says=f"tables must be less than {limits.TABLE_CHARACTERS + 1} characters", pointer=at)


def table_count(blocks: list[Json]) -> int:
    """How many tables there are; a message may hold one."""
    return sum(block.get("type") == "table" for block in blocks)


def text_length(value: Any) -> int:
    """The characters of all texts inside a block, however deep."""
    if isinstance(value, dict):
        own = value.get("text")
        here = len(own) if isinstance(own, str) else 0
        return here + sum(text_length(inner) for inner in value.values() if isinstance(inner, dict | list))
    if isinstance(value, list):
        return sum(text_length(inner) for inner in value)
    return 0


def message_size(blocks: list[Json]) -> int:
    """What Slack weighs against its limit for one message, see `limits.MESSAGE_SIZE`."""
    return text_length(blocks) + limits.BLOCK_COST * len(blocks)
