"""Wording that the replies share: counts, cuts, code spans, a message's text from its first lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.model import messages
from bot.model.messages import Block, Inline, Line, Message, Paragraph, Text, code

SEPARATOR = " · "


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 pod`, `1,204 pods`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def clipped(text: str, length: int) -> str:
    """Text of at most `length` characters; where it was cut it ends in `…`."""
    return text if len(text) <= length else text[: length - 1] + "…"


def shortened(name: str, length: int) -> str:
    """A name of at most `length` characters, cut in its middle: pods of one workload differ at the end."""
    if len(name) <= length:
        return name
    head = (length - 1) // 2
    return f"{name[:head]}…{name[len(name) - (length - 1 - head) :]}"


def plainly(text: str) -> str:
    """A component's sentence on one line, without the pod's own name and UID, which stand beside it."""
    return _POD_ITSELF.sub("", " ".join(text.split()))


_POD_ITSELF = re.compile(r" (?:in )?pod[ =][-.a-z0-9]{1,253}_[-a-z0-9]{1,63}\([-0-9a-zA-Z]{1,40}\)")
"""As the kubelet's `format.Pod` writes it: `web-1_shop(77216e9e-…)`."""


def joined(*parts: str | Inline | Line) -> Line:
    """Parts with ` · ` between them; empty ones are left out."""
    lines = [_as_line(part) for part in parts if part]
    return tuple(_between(lines, Text(SEPARATOR)))


def said(*parts: str | Inline | Line) -> Line:
    """Parts one after the other; empty ones are left out."""
    return tuple(inline for part in parts if part for inline in _as_line(part))


def marked(text: str) -> Line:
    """A sentence in which back-ticks mark code, as errors and the verb table are written."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # one is left open: the text is a stranger's, so nothing in it is markup
        return (Text(text),)
    return tuple(code(piece) if at % 2 else Text(piece) for at, piece in enumerate(pieces) if piece)


def spoken(lines: Iterable[Line]) -> str:
    """Lines as plain text, for notifications and files."""
    return "\n".join(map(messages.spoken, lines))


def message(*blocks: Block) -> Message:
    """A message whose plain text is the first two lines of its first paragraph."""
    first = next(block for block in blocks if isinstance(block, Paragraph))
    return Message(text=spoken(first.lines[:2]), blocks=blocks)


def _as_line(part: str | Inline | Line) -> Line:
    if isinstance(part, str):
        return (Text(part),)
    return part if isinstance(part, tuple) else (part,)


def _between(lines: Iterable[Line], separator: Inline) -> Iterator[Inline]:
    for at, line in enumerate(lines):
        if at:
            yield separator
        yield from line
