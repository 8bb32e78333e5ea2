"""Draws messages and views as plain text, for assertions and golden files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from typing import Any

Json = dict[str, Any]

_DATE = re.compile(r"<!date\^[^|>]*\|([^>]*)>")
_LINK = re.compile(r"<((?:https?|mailto):[^|>]+)(?:\|([^>]*))?>")
_SELECT = "_select"


def as_text(message: Json) -> str:
    """A message as a person reads it: its blocks if it has any, else its text, then its files."""
    lines = blocks_as_text(message["blocks"]) if message.get("blocks") else [_plain(message.get("text", ""))]
    lines += [f"(file {file['name']}, {file['size']} bytes)" for file in message.get("files", [])]
    return "\n".join(line for line in lines if line)


def view_as_text(view: Json) -> str:
    """A modal or Home tab: title, blocks, buttons."""
    lines = [_text(view["title"])] if "title" in view else []
    lines += blocks_as_text(view["blocks"])
    ends = [view[name] for name in ("submit", "close") if view.get(name)]
    if ends:
        lines.append(" ".join(f"[ {_text(end)} ]" for end in ends))
    return "\n".join(lines)


def blocks_as_text(blocks: Iterable[Json]) -> list[str]:
    """One or more lines for each block."""
    return [line for block in blocks for line in _block(block)]


def _block(block: Json) -> list[str]:
    match block["type"]:
        case "header":
            return [f"# {_text(block['text'])}"]
        case "section":
            return _section(block)
        case "context":
            return [" · ".join(_context(element) for element in block["elements"])]
        case "actions":
            return [" ".join(_element(element) for element in block["elements"])]
        case "divider":
            return ["---"]
        case "markdown":
            return [_plain(block["text"])]
        case "image":
            return [f"(image: {block['alt_text']})"]
        case "input":
            label = _text(block["label"]) + (" (optional)" if block.get("optional") else "")
            return [f"{label} {_element(block['element'])}"]
        case "rich_text":
            return _rich_text(block)
        case "table":
            return _table(block)
        case other:
            return [f"({other})"]


def _section(block: Json) -> list[str]:
    lines = [_text(block["text"])] if "text" in block else []
    lines += [_text(field) for field in block.get("fields", [])]
    if "accessory" in block:
        lines[0] += f" {_element(block['accessory'])}"
    return lines


def _context(element: Json) -> str:
    return f"(image: {element['alt_text']})" if element["type"] == "image" else _text(element)


def _element(element: Json) -> str:
    kind = element["type"]
    if kind == "button":
        return f"[ {_text(element['text'])} ]"
    if kind == "overflow":
        return "[ ⋯ " + " | ".join(_text(option["text"]) for option in element["options"]) + " ]"
    if kind == "image":
        return f"(image: {element['alt_text']})"
    if kind.endswith(_SELECT):
        shown = element.get("placeholder") or element.get("initial_option", {}).get("text")
        return f"[ {_text(shown) if shown else kind} ▾ ]"
    if kind in ("checkboxes", "radio_buttons"):
        mark = "[ ]" if kind == "checkboxes" else "( )"
        return " ".join(f"{mark} {_text(option['text'])}" for option in element["options"])
    return f"[{element.get('initial_value', '')}______]"


def _table(block: Json) -> list[str]:
    rows = [[_cell(cell) for cell in row] for row in block["rows"]]
    columns = max(map(len, rows))
    widths = [max((len(row[n]) for row in rows if n < len(row)), default=0) for n in range(columns)]
    return ["  ".join(cell.ljust(widths[n]) for n, cell in enumerate(row)).rstrip() for row in rows]


def _cell(cell: Json) -> str:
    if cell["type"] == "rich_text":
        return " ".join(_rich_text(cell))
    return _plain(str(cell.get("text", cell.get("value", ""))))


def _rich_text(block: Json) -> list[str]:
    lines: list[str] = []
    for container in block["elements"]:
        match container["type"]:
            case "rich_text_preformatted":
                lines += [f"┃ {line}" for line in _leaves(container).splitlines()]
            case "rich_text_quote":
                lines += [f"> {line}" for line in _leaves(container).splitlines()]
            case "rich_text_list":
                lines += [f"• {_leaves(item)}" for item in container["elements"]]
            case _:
                lines += _leaves(container).splitlines()
    return lines


def _leaves(container: Json) -> str:
    return "".join(_leaf(leaf) for leaf in container["elements"])


def _leaf(leaf: Json) -> str:
    match leaf["type"]:
        case "text":
            return f"`{leaf['text']}`" if leaf.get("style", {}).get("code") else str(leaf["text"])
        case "link":
            return str(leaf.get("text") or leaf["url"])
        case "user":
            return f"<@{leaf['user_id']}>"
        case "usergroup":
            return f"<!subteam^{leaf['usergroup_id']}>"
        case "channel":
            return f"<#{leaf['channel_id']}>"
        case "emoji":
            return f":{leaf['name']}:"
        case "broadcast":
            return f"@{leaf['range']}"
        case "date":
            return str(leaf.get("fallback", leaf["timestamp"]))
        case other:
            return f"({other})"


def _text(text: Json) -> str:
    return _plain(text["text"])


def _plain(text: str) -> str:
    """Dates and links by what they show, escapes undone."""
    shown = _DATE.sub(r"\1", text)
    shown = _LINK.sub(lambda found: found.group(2) or found.group(1), shown)
    return unescape(shown)
