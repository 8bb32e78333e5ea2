"""What Slack does to text: how it stores what an app posts, and how it sends on what a person typed.

Three characters are escaped wherever they are not part of Slack's own markup, bare addresses become links,
and names typed by people become mentions by id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_KEPT = re.compile(
    r"""
    &(?:amp|lt|gt);                                  # already escaped
    | <(?:@[UW]\w+|\#[CDG]\w+|![^<>\n]+|(?:https?|mailto|tel):[^<>\n]+)(?:\|[^<>\n]*)?>   # markup
    | ```.*?``` | `[^`\n]+`                          # code: no links inside
    | https?://[^\s<>|`]*[^\s<>|`.,;:!?)'"\]]        # a bare address
    | [&<>]
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CODE_ESCAPED = re.compile(r"&(?!(?:amp|lt|gt);)|[<>]")
_NAME = re.compile(r"(?<![\w<])([@#])([\w.-]*\w)")
_BROADCASTS = ("here", "channel", "everyone")


def stored(text: str) -> str:
    """An app's text as Slack stores and returns it."""
    return _KEPT.sub(_stored_piece, text)


def _stored_piece(match: re.Match[str]) -> str:
    piece = match.group()
    if piece in _ESCAPES:
        return _ESCAPES[piece]
    if piece.startswith("`"):
        return _CODE_ESCAPED.sub(lambda found: _ESCAPES[found.group()], piece)
    if piece.startswith("http"):
        return f"<{piece.replace('&', '&amp;')}>"
    return piece


def escaped(text: str) -> str:
    """A person's text with the three characters escaped, as apps receive it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str, names: Mapping[str, str]) -> str:
    """A person's message as Slack sends it on: escaped, names turned into mentions, addresses into links.

    Args:
        text: What the person typed.
        names: Mention by typed name, sign included: `{"@alice": "<@U01ALICE>", "#general": "<#C1|general>"}`.
    """

    def mention(match: re.Match[str]) -> str:
        sign, name = match.groups()
        if sign == "@" and name in _BROADCASTS:
            return f"<!{name}>"
        return names.get(match.group(), match.group())

    return stored(_NAME.sub(mention, escaped(text)))
