"""Markdown in which foreign text stays text: names, reasons and logs cannot become structure. Pure.

A post-mortem is pasted into wikis and issue trackers of every kind, and each links, mentions and draws in its
own way, also from what was escaped. Inside code nothing of this happens anywhere. So every word of which a
renderer might make something is set as code; the rest is plain letters and numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from bot.model.messages import ChannelMention, GroupMention, Inline, Line, Link, Mention, Moment, Style, Text
from bot.model.people import NAMELESS, Names

CELL = 400
"""Characters of foreign text in a cell or a line."""

_PLAIN = re.compile(
    r"\(?[^\W_]+(?:[-'/][^\W\d_]+)*\)?[,;.:]?\)?"  # letters or digits
    r"|\d{1,3}(?:,\d{3})+|[·\u2013\u2014→…%,;:.]"  # 1,204, and what stands alone
)
"""A word of which no renderer makes anything: letters, or digits, with what belongs to a sentence around."""

_NUMBERED = re.compile(r"(?=.*\d)(?=.*[^\W\d_])")
"""Digits and letters in one word: a commit, a ticket, an id."""

_RUNS = {"`": re.compile("`+"), "~": re.compile("~+")}


def code(text: str, most: int = CELL) -> str:
    """Foreign text as a code span on one line, which is also a table's cell; `-` where nothing is left."""
    said = " ".join(_visible(text).split())
    if len(said) > most:
        said = said[: most - 1] + "…"
    if not said:
        return "-"
    # A table is cut at `|` before code is seen, and not every renderer gives `\\|` back: another bar does.
    said = said.replace("|", "\N{BROKEN BAR}")
    fence = "`" * (_longest(said, "`") + 1)
    space = " " if "`" in (said[0], said[-1]) else ""
    return f"{fence}{space}{said}{space}{fence}"


def fenced(lines: Iterable[str]) -> str:
    """Foreign lines as a block of code, whose end they cannot write."""
    text = "\n".join(" ".join(_visible(line).splitlines()) for line in lines)
    fence = "`" * max(3, _longest(text, "`") + 1)
    return f"{fence}text\n{text}\n{fence}"


def words(text: str) -> str:
    """A sentence of podbot's own in which foreign words may stand; those that could be markup become code.

    Not for the beginning of a line, where also a number and a full stop would begin something.
    """
    return " ".join(_joined(_visible(text).split()))


def line(parts: Line, names: Names = NAMELESS) -> str:
    """A line of a message, in the middle of a line; times are in UTC, people have their names."""
    said = ""
    for piece in filter(None, (_inline(each, names) for each in parts)):
        said += piece if not said or piece[0] in ",;:." else f" {piece}"
    return said


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown already."""
    head = (columns, ["---"] * len(columns))
    return "\n".join(f"| {' | '.join(row)} |" for row in (*head, *rows))


def _inline(inline: Inline, names: Names) -> str:
    match inline:
        case Text(text=text, style=Style.CODE):
            return code(text) if text.strip() else ""
        case Text(text=text):
            return words(text)
        case Moment(at=at, with_date=with_date):
            return f"{at:%Y-%m-%d} {at:%H:%M} UTC" if with_date else f"{at:%H:%M} UTC"
        case Mention(user=user):
            return code(names.of_person(user))
        case GroupMention(group=group):
            return code(names.of_group(group))
        case ChannelMention(channel=channel):
            return code(f"#{channel}")
        case Link(url=url):
            return code(url)


def _joined(pieces: Sequence[str]) -> Iterator[str]:
    """Words as they are, and neighbours that are not plain as one span, which a comma ends."""
    strange: list[str] = []
    for piece in pieces:
        if _is_plain(piece):
            if strange:
                yield code(" ".join(strange))
                strange = []
            yield piece
        elif piece[-1] in ",;:" and len(piece) > 1:
            yield code(" ".join([*strange, piece[:-1]])) + piece[-1]
            strange = []
        else:
            strange.append(piece)
    if strange:
        yield code(" ".join(strange))


def _is_plain(word: str) -> bool:
    return _PLAIN.fullmatch(word) is not None and _NUMBERED.match(word) is None


def _visible(text: str) -> str:
    """Without what nobody sees: control characters, marks of direction, halves of pairs."""
    return "".join(
        each if each in "\n\t" else " " if unicodedata.category(each) in {"Cc", "Zl", "Zp"} else each
        for each in text
        if unicodedata.category(each) not in {"Cf", "Cs", "Co", "Cn"}
    )


def _longest(text: str, sign: str) -> int:
    return max(map(len, _RUNS[sign].findall(text)), default=0)
