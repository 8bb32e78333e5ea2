"""Hostile text made harmless: what a pod, a label or a log may not do to those who read it.

Control characters and terminal sequences go, invisible and direction-changing characters go, lone
surrogates become visible replacements. Escaping for Slack's mark-up is a second step that only mark-up
needs: most text is put into elements that are literal by construction (see `blocks`).
"""

from __future__ import annotations

import re

_MORE_THAN_TYPED = re.compile("[^\t\n -~]")
"""Anything but plain ASCII text; most logs have none of it, and 10 MB of them are looked at only once."""
_TERMINAL = re.compile(
    r"""
    (?: \x1b\[ | \x9b ) [0-?]* [\ -/]* [@-~]                      # CSI: colours, cursor, erasing
    | (?: \x1b[\]PX^_] | [\x9d\x90\x98\x9e\x9f] ) [^\x07\x1b\x9c]* (?: \x07 | \x1b\\ | \x9c )?   # OSC, DCS
    | \x1b [\ -/]* [0-~]                                          # every other escape
    """,
    re.VERBOSE,
)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters but tab and line end
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, marks, fillers
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f"  # zero width, bidirectional overrides and isolates
    "\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb"  # blanks that are not spaces, variation selectors
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # shorthand, music, tag characters
    "]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_BROADCAST = re.compile(r"@(?=(?:here|channel|everyone)\b)", re.IGNORECASE)
_TORN = re.compile(r"(?:&[a-z]*|<[^>]*)$")
"""The beginning of an escaped sign or of mark-up whose end was cut off."""
_FORMATTING = re.compile(r"[*_~`]")
_SPACES = re.compile(r"\s+")


def cleaned(text: str) -> str:
    """The text with everything gone that a reader cannot see but a terminal or a browser would obey.

    Line ends of every kind become a line feed; tabs stay.
    """
    if not _MORE_THAN_TYPED.search(text):
        return text
    text = _TERMINAL.sub("", text)
    text = _LINE_ENDS.sub("\n", text)
    text = _UNSEEN.sub("", text)
    return _SURROGATES.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Cleaned, and every run of white space one space: for labels and titles."""
    return _SPACES.sub(" ", cleaned(text)).strip()


def escaped(text: str) -> str:
    """Cleaned; the characters that begin Slack's mark-up are escaped, and no whole channel can be called."""
    text = cleaned(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _BROADCAST.sub("\uff20", text)


def within(markup: str, most: int) -> str:
    """At most `most` characters of text that is escaped; an ellipsis says that there was more."""
    return markup if len(markup) <= most else _TORN.sub("", markup[: most - 1]) + "…"


def unformatted(text: str) -> str:
    """`escaped`, and without the signs that set bold, italic, struck and code."""
    return _FORMATTING.sub(_look_alike, escaped(text))


def code_span(text: str) -> str:
    """The text as inline code of mark-up, on one line; a back-tick in it cannot end the span."""
    return f"`{escaped(one_line(text)).replace('`', chr(0x2BC))}`"


def shortened(text: str, most: int) -> str:
    """At most `most` characters; an ellipsis says that there was more."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _look_alike(sign: re.Match[str]) -> str:
    return {"*": "\u2217", "_": "\uff3f", "~": "\u223c", "`": "\u02bc"}[sign.group()]
