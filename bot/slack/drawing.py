"""One block of a message as Block Kit: text, logs, quiet lines, buttons and menus. `blocks` fits them
together.

Running text and logs become rich_text, whose leaves are literal: nothing in them is ever read as mark-up,
so nothing that a pod wrote can become a mention, a link or a format. Only the quiet line has to use
mark-up, because Slack has no rich_text in a context block; there every word of foreign text is a plain_text
element or is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias, assert_never

from bot.model.messages import (
    Actions,
    Button,
    ChannelMention,
    Context,
    GroupMention,
    Inline,
    Line,
    Link,
    Mention,
    Menu,
    Moment,
    Style,
    Text,
)
from bot.slack import limits
from bot.slack.actions import action_name, button_value, menu_code
from bot.slack.defang import cleaned, code_span, escaped, one_line, shortened, unformatted
from bot.slack.plaintext import line_text, moment_text

Json: TypeAlias = dict[str, Any]

_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{1,30}")
_GROUP = re.compile(r"S[A-Z0-9]{1,30}")
_TAME = re.compile(r"[A-Za-z0-9 ,.()·…-]+")
"""Words that mrkdwn leaves as they are: no mark, no mention, no emoji, no address."""

_WEB = re.compile(r"https?://[^\s<>|\"\x00-\x20]+")
_STYLES: dict[Style, Json] = {
    Style.PLAIN: {},
    Style.BOLD: {"style": {"bold": True}},
    Style.CODE: {"style": {"code": True}},
    Style.QUIET: {"style": {"italic": True}},
}


def rich_text(*elements: Json) -> Json:
    """A rich_text block."""
    return {"type": "rich_text", "elements": list(elements)}


def section(lines: Iterable[Line], room: int) -> tuple[Json, bool]:
    """Lines of running text in at most `room` characters, and whether all of it found room."""
    leaves: list[Json] = []
    left = room
    for number, line in enumerate(lines):
        for inline in (Text("\n"), *line) if number else line:
            leaf = _leaf(inline)
            size = leaf_size(leaf)
            if size > left:
                if leaf["type"] == "text" and left > 0:
                    _append(leaves, {**leaf, "text": shortened(leaf["text"], left)})
                return {"type": "rich_text_section", "elements": leaves}, False
            left -= size
            _append(leaves, leaf)
    return {"type": "rich_text_section", "elements": leaves}, True


def preformatted(text: str) -> Json:
    """Text whose columns and line ends count; `text` is clean already and not empty."""
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}


def note(text: str) -> Json:
    """A remark of podbot's own about what stands beside it."""
    return {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": text, "style": {"italic": True}}],
    }


def context(block: Context) -> Json | None:
    """The quiet line; None where it says nothing."""
    elements: list[Json] = []
    for inline in block.line:
        drawn = _quiet(inline)
        if drawn is None:
            continue
        if elements and elements[-1]["type"] == drawn["type"] == "plain_text":
            drawn = _plain(elements.pop()["text"] + drawn["text"], limits.CONTEXT_TEXT)
        elements.append(drawn)
    elements = _run_together(elements)
    if len(elements) > limits.CONTEXT_ELEMENTS:
        words = one_line(line_text(block.line))
        elements = [_plain(words, limits.CONTEXT_TEXT)]
    spoken = [element for element in elements if element["text"].strip()]
    return {"type": "context", "elements": spoken} if spoken else None


def _run_together(elements: list[Json]) -> list[Json]:
    """Slack draws a gap between elements, also before a comma: words that mean nothing in mrkdwn join in."""
    joined: list[Json] = []
    for element in elements:
        before = joined[-1] if joined else None
        if before is not None and _joins(before, element):
            joined[-1] = _mrkdwn(before["text"] + element["text"])
        else:
            joined.append(element)
    return joined


def _joins(left: Json, right: Json) -> bool:
    both: tuple[str, str] = (left["text"], right["text"])
    return (
        any(each["type"] == "mrkdwn" for each in (left, right))
        and all(each["type"] == "mrkdwn" or _TAME.fullmatch(each["text"]) for each in (left, right))
        and (both[0].endswith(" ") or both[1].startswith((" ", ",")))
        and len("".join(both)) <= limits.CONTEXT_TEXT
    )


def actions(block: Actions) -> Json | None:
    """Buttons and menus; what Slack has no room for is left out. None where nothing is left.

    A select goes on showing what somebody chose in it, and choosing that once more does nothing, until its
    message is changed and the block has another id: so Slack's reference has it for every changed message.
    """
    drawn: list[Json] = []
    room = limits.ACTIONS_SIZE
    for position, element in enumerate(block.elements[: limits.ACTIONS_ELEMENTS]):
        each = _button(element, position) if isinstance(element, Button) else _menu(element, position)
        if each is not None and text_size(each) <= room:
            room -= text_size(each)
            drawn.append(each)
    if not drawn:
        return None
    named = {} if block.edition is None else {"block_id": f"actions/{block.edition}"}
    return {"type": "actions", **named, "elements": drawn}


def text_size(value: object) -> int:
    """The characters of all texts and values inside drawn JSON, however deep."""
    if isinstance(value, dict):
        return sum(
            len(inner) if name in {"text", "value"} and isinstance(inner, str) else text_size(inner)
            for name, inner in value.items()
        )
    if isinstance(value, list):
        return sum(map(text_size, value))
    return 0


def leaf_size(leaf: Json) -> int:
    """What a leaf of running text takes of the room: its text, or a word's length where Slack draws it."""
    return len(leaf.get("text", "")) or 16


def mention(inline: Inline) -> str | None:
    """The mark-up for a person, a group or a channel; None for everything else, and for what is no id."""
    match inline:
        case Mention(user=user) if _USER.fullmatch(user):
            return f"<@{user}>"
        case GroupMention(group=group) if _GROUP.fullmatch(group):
            return f"<!subteam^{group}>"
        case ChannelMention(channel=channel) if _CHANNEL.fullmatch(channel):
            return f"<#{channel}>"
        case _:
            return None


def link_or_words(url: str, words: str) -> Json:
    """A link leaf; as literal text where the address is not one that a browser should open."""
    text = one_line(words) or url
    if len(url) > limits.URL or not _WEB.fullmatch(url):
        return {"type": "text", "text": text}
    return {"type": "link", "url": url, "text": text}


def _leaf(inline: Inline) -> Json:
    match inline:
        case Text(text=text, style=style):
            words = one_line(text) if style is Style.CODE else cleaned(text)
            return {"type": "text", "text": words, **_STYLES[style]}
        case Moment(at=at, with_date=with_date):
            shape = "{date_short_pretty} {time}" if with_date else "{time}"
            stamp = max(0, int(at.timestamp()))
            return {"type": "date", "timestamp": stamp, "format": shape, "fallback": moment_text(inline)}
        case Mention(user=user):
            if _USER.fullmatch(user):
                return {"type": "user", "user_id": user}
            return {"type": "text", "text": f"@{one_line(user)}"}
        case GroupMention(group=group):
            if _GROUP.fullmatch(group):
                return {"type": "usergroup", "usergroup_id": group}
            return {"type": "text", "text": f"@{one_line(group)}"}
        case ChannelMention(channel=channel):
            if _CHANNEL.fullmatch(channel):
                return {"type": "channel", "channel_id": channel}
            return {"type": "text", "text": f"#{one_line(channel)}"}
        case Link(url=url, text=text):
            return link_or_words(url, text)
        case _:
            assert_never(inline)


def _append(leaves: list[Json], leaf: Json) -> None:
    """Add a leaf; neighbours of one style are one leaf, and an empty one, which Slack refuses, is none."""
    if leaf["type"] == "text" and not leaf["text"]:
        return
    if (
        leaves
        and leaf["type"] == leaves[-1]["type"] == "text"
        and leaf.get("style") == leaves[-1].get("style")
    ):
        leaves[-1] = {**leaf, "text": leaves[-1]["text"] + leaf["text"]}
    else:
        leaves.append(leaf)


def _quiet(inline: Inline) -> Json | None:
    if (named := mention(inline)) is not None:
        return _mrkdwn(named)
    match inline:
        case Text(text=text, style=Style.CODE):
            return _mrkdwn(code_span(shortened(text, 200))) if one_line(text) else None
        case Text(text=text):
            words = cleaned(text).replace("\n", " ")
            return _plain(words, limits.CONTEXT_TEXT) if words else None
        case Moment(at=at, with_date=with_date):
            shape = "{date_short_pretty} {time}" if with_date else "{time}"
            return _mrkdwn(f"<!date^{max(0, int(at.timestamp()))}^{shape}|{moment_text(inline)}>")
        case Mention(user=user):
            return _plain(f"@{one_line(user)}", 100)
        case GroupMention(group=group):
            return _plain(f"@{one_line(group)}", 100)
        case ChannelMention(channel=channel):
            return _plain(f"#{one_line(channel)}", 100)
        case Link(url=url, text=text):
            words = one_line(text) or url
            if len(url) > limits.CONTEXT_TEXT // 2 or not _WEB.fullmatch(url):
                return _plain(words, limits.CONTEXT_TEXT)
            return _mrkdwn(f"<{escaped(url)}|{unformatted(shortened(words, 200)).replace('|', '/')}>")
        case _:
            assert_never(inline)


def _button(button: Button, position: int) -> Json | None:
    value = button_value(button)
    if value is None:
        return None
    return {
        "type": "button",
        "text": _plain(button.label, limits.BUTTON_TEXT),
        "action_id": action_name(button.command, position),
        "value": value,
        **({"style": "danger"} if button.dangerous else {}),
    }


def _menu(menu: Menu, position: int) -> Json | None:
    if not menu.choices:
        return None
    code = menu_code(menu.choices, position)
    options: list[Json] = []
    values: set[str] = set()
    room = limits.MENU_SIZE
    for choice, value in zip(menu.choices, code.values, strict=True):
        if value is None or value in values or len(options) == limits.OPTIONS:
            continue
        option = {"text": _plain(choice.label, limits.OPTION_TEXT), "value": value}
        room -= text_size(option)
        if room < 0:
            break
        values.add(value)
        options.append(option)
    if not options:
        return None
    if menu.folded and len(menu.choices) <= limits.OVERFLOW_OPTIONS:
        return {"type": "overflow", "action_id": code.action_id, "options": options}
    missing = len(menu.choices) - len(options)
    words = f"{menu.placeholder} ({len(options)} of {len(menu.choices)})" if missing else menu.placeholder
    return {
        "type": "static_select",
        "placeholder": _plain(words, limits.PLACEHOLDER),
        "action_id": code.action_id,
        "options": options,
    }


def _plain(text: str, most: int) -> Json:
    """A plain_text element, never empty; `:smile:` in it stays what it is."""
    spaced = cleaned(text).replace("\n", " ")
    return {"type": "plain_text", "text": shortened(spaced, most) or "…", "emoji": False}


def _mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
