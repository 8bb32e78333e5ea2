"""Neutral messages as plain text, for golden files: what is said, with just enough of how."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bot.model.messages import (
    Actions,
    Block,
    Button,
    ChannelMention,
    Context,
    Divider,
    GroupMention,
    Inline,
    Line,
    Link,
    Mention,
    Message,
    Moment,
    Paragraph,
    Preformatted,
    Style,
    Table,
    Text,
)

_MARKS = {Style.PLAIN: "", Style.BOLD: "*", Style.CODE: "`", Style.QUIET: ""}


def as_read(message: Message) -> str:
    """The notification, then the blocks, then what buttons would do and what machines are told."""
    lines = [f"notification: {_visible(message.text)}", ""]
    for block in message.blocks:
        lines += [*_block(block), ""]
    if message.metadata is not None:
        lines.append(f"metadata: {message.metadata.event_type} {message.metadata.payload}")
    return "\n".join(lines) + "\n"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(lines=lines):
            yield from map(_line, lines)
        case Preformatted(text=text):
            yield from (f"┃ {_visible(line)}" for line in text.split("\n"))
        case Context(line=line):
            yield f"({_line(line)})"
        case Actions(elements=elements):
            for each in elements:
                if isinstance(each, Button):
                    yield f"[ {each.label} ] {msgspec.json.encode(each.command).decode()}"
                else:
                    yield f"[ {each.placeholder} ▾ ]"
                    yield from (
                        f"    {choice.label}: {msgspec.json.encode(choice.command).decode()}"
                        for choice in each.choices
                    )
        case Table() | Divider():
            yield type(block).__name__


def _visible(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _line(line: Line) -> str:
    return "".join(map(_inline, line))


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text=text, style=style):
            return f"{_MARKS[style]}{_visible(text)}{_MARKS[style]}"
        case Moment(at=moment):
            return f"{moment:%H:%M:%S}"
        case Mention(user=user):
            return f"@{user}"
        case GroupMention(group=group):
            return f"@{group}"
        case ChannelMention(channel=channel):
            return f"#{channel}"
        case Link(text=text):
            return text
