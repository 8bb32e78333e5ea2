"""The rules for a message as a whole: text, blocks and metadata, refused with Slack's codes.

Used by every way a message can arrive: the Web API, response URLs and the answers to slash commands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.rules import limits
from bot.playground.workspace.rules.blocks import Surface, check_blocks, message_size, table_count
from bot.playground.workspace.wire import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message says, already checked."""

    text: str
    blocks: tuple[Json, ...] = ()
    metadata: Json | None = None


def checked_content(said: Mapping[str, Any]) -> Content:
    """Reads `text`, `blocks` and `metadata` and refuses what Slack refuses.

    Raises:
        Refused: `no_text`, `msg_too_long`, `invalid_blocks_format`, `invalid_blocks`, `invalid_attachments`,
            `msg_blocks_too_long`, `invalid_metadata_format` or `metadata_too_large`.
    """
    text = said.get("text") or ""
    if not isinstance(text, str):
        raise Refused(
            "invalid_arguments", response_metadata={"messages": ["[ERROR] must provide a string: text"]}
        )
    blocks = checked_blocks(said.get("blocks"))
    if not text.strip() and not blocks:
        raise Refused("no_text")
    if len(text) > limits.MESSAGE_TEXT:
        raise Refused("msg_too_long")
    return Content(text=text, blocks=tuple(blocks), metadata=_checked_metadata(said.get("metadata")))


def checked_blocks(given: Any) -> list[Json]:
    """The blocks of a message, or the refusal Slack gives for them."""
    blocks = _decoded(given, "invalid_blocks_format")
    if blocks is None:
        return []
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    problems = check_blocks(blocks, Surface.MESSAGE)
    if problems:
        raise Refused("invalid_blocks", problems=problems)
    if table_count(blocks) > limits.TABLES:
        # Slack stores tables as attachments, hence the name of the code.
        messages = ["[ERROR] only_one_table_allowed"]
        raise Refused("invalid_attachments", response_metadata={"messages": messages})
    if message_size(blocks) > limits.MESSAGE_SIZE:
        raise Refused("msg_blocks_too_long")
    return blocks


def _checked_metadata(given: Any) -> Json | None:
    metadata = _decoded(given, "invalid_metadata_format")
    if metadata is None:
        return None
    if (
        not isinstance(metadata, dict)
        or not isinstance(metadata.get("event_type"), str)
        or not metadata["event_type"]
        or not isinstance(metadata.get("event_payload"), dict)
        or not all(map(_may_be_in_metadata, metadata["event_payload"].values()))
        or metadata.keys() - {"event_type", "event_payload"}
    ):
        raise Refused("invalid_metadata_format")
    if len(json.dumps(metadata)) > limits.METADATA_BYTES:
        raise Refused("metadata_too_large")
    return metadata


def _may_be_in_metadata(value: Any) -> bool:
    """Plain values, and objects and lists of objects that hold nothing else."""
    if isinstance(value, list):
        return all(isinstance(each, dict) and _may_be_in_metadata(each) for each in value)
    if isinstance(value, dict):
        return all(isinstance(each, str | int | float) for each in value.values())
    return isinstance(value, str | int | float)


def _decoded(given: Any, code: str) -> Any:
    """Form bodies carry arrays and objects as JSON text."""
    if not isinstance(given, str):
        return given
    if not given.strip():
        return None
    try:
        return json.loads(given)
    except ValueError:
        raise Refused(code) from None
