"""Text as it was typed: undoes what Slack and phones do to it, then splits it into words as a shell does."""

from __future__ import annotations

import re
import shlex
import unicodedata

from bot.commands.misunderstood import Misunderstood

LONGEST = 4000
"""Characters of a command that are read; Slack lets people send far more."""

# Slack sends a link as <target> or <target|what was typed>, and nothing else in angle brackets: it escapes
# those that people type.
_LINK = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")

# Phones turn two hyphens into a dash. At the start of a word it was a flag: one letter had one hyphen.
_LEADING_DASH = re.compile(r"(?<!\S)[\u2012-\u2015]+(?=(\w(?![\w-]))?)")
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_QUOTES = {ord(each): '"' for each in "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033"} | {
    ord(each): "'" for each in "\u2018\u2019\u201a\u201b\u2032"
}


def words(text: str) -> list[str]:
    """The words of a command as it was typed, quotes resolved. Raises `Misunderstood`."""
    text = text.strip()
    if len(text) > LONGEST:
        raise Misunderstood(
            f"That is {len(text):,} characters; podbot reads commands of at most {LONGEST:,}. "
            "Nothing was done. Send a shorter one."
        )
    text = as_typed(text)
    odd = next((each for each in text if unicodedata.category(each) in {"Cc", "Cs"}), None)
    if odd is not None:
        raise Misunderstood(
            f"The command holds a control character (U+{ord(odd):04X}), so it was not read. "
            "Type it instead of pasting it."
        )
    try:
        return shlex.split(text)
    except ValueError as error:
        what = "a quotation mark is never closed" if "quotation" in str(error) else "it ends in a backslash"
        raise Misunderstood(
            f"The command cannot be read: {what}. Close it and send the command again."
        ) from error


def as_typed(text: str) -> str:
    """The text before Slack made links and entities of it, and a phone or an editor typographic signs."""
    text = _LINK.sub(_link_as_typed, text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = text.replace("`", "")
    text = "".join(map(_space, text))
    text = _LEADING_DASH.sub(lambda match: "-" if match[1] else "--", text)
    return text.translate(_HYPHENS).translate(_QUOTES)


def _link_as_typed(link: re.Match[str]) -> str:
    target, label = link[1], link[2]
    sign = target[0] if target[:1] in {"@", "#"} else ""
    if label:
        return label if label.startswith(sign) else sign + label
    return target.removeprefix("mailto:")


def _space(character: str) -> str:
    """Any white space as a plain space; invisible formatting characters (zero width, bidi) as nothing."""
    if character.isspace() and (character in "\t\n\r" or unicodedata.category(character).startswith("Z")):
        return " "
    return "" if unicodedata.category(character) == "Cf" else character
