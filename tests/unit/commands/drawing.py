"""Neutral messages drawn as text, so that a golden file shows a reply as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.spelling import spell
from bot.model.messages import (
    Actions,
    Audience,
    Block,
    Button,
    ChannelMention,
    Context,
    Divider,
    GroupMention,
    Inline,
    Link,
    Mention,
    Menu,
    Message,
    Moment,
    Paragraph,
    Preformatted,
    Style,
    Table,
    Text,
)
from tests.support.golden import assert_golden

_MARKS = {Style.PLAIN: "", Style.BOLD: "*", Style.CODE: "`", Style.QUIET: "_"}


def check_golden(name: str, message: Message) -> None:
    """The reply is as its golden file has it."""
    assert_golden(f"replies/{name}.txt", draw(message))


def draw(message: Message) -> str:
    parts = [f"text: {message.text}".replace("\n", "\n      "), "", *map(draw_block, message.blocks)]
    parts += [
        f"file {each.filename} ({each.title}), {len(each.content)} bytes" for each in message.attachments
    ]
    return "\n".join(parts) + "\n"


def draw_block(block: Block) -> str:
    match block:
        case Paragraph():
            return "\n".join("".join(map(_inline, line)) for line in block.lines) + "\n"
        case Preformatted():
            return "".join(f"| {line}\n" for line in block.text.split("\n"))
        case Context():
            return "-- " + "".join(map(_inline, block.line))
        case Table():
            return "\n".join(_rows((block.columns, *block.rows))) + "\n"
        case Actions():
            return "\n".join(line for element in block.elements for line in _element(element)) + "\n"
        case Divider():
            return "----\n"


def _element(element: Button | Menu) -> Iterator[str]:
    if isinstance(element, Menu):
        yield f"[{element.placeholder} v]"
        for choice in element.choices:
            yield f"    {choice.label} -> {spell(choice.command, cluster=choice.cluster)}"
        return
    notes = (
        "danger" if element.dangerous else "",
        "replaces" if element.replaces else "",
        "to the channel" if element.audience is Audience.CHANNEL else "",
        f"page {page}" if (page := getattr(element.command, "page", 0)) else "",
        f"uid {uid}" if (uid := getattr(element.command, "uid", "")) else "",
    )
    spelled = spell(element.command, cluster=element.cluster)
    yield f"[{element.label}] -> {spelled} " + ", ".join(filter(None, notes))


def _rows(rows: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _inline(inline: Inline) -> str:
    match inline:
        case Text():
            mark = _MARKS[inline.style]
            return f"{mark}{inline.text}{mark}"
        case Moment():
            return f"<{inline.at:%Y-%m-%d %H:%M:%S}>" if inline.with_date else f"<{inline.at:%H:%M:%S}>"
        case Mention():
            return f"<@{inline.user}>"
        case GroupMention():
            return f"<!subteam^{inline.group}>"
        case ChannelMention():
            return f"<#{inline.channel}>"
        case Link():
            return f"<{inline.url}|{inline.text}>"
