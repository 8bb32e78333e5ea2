"""Blocks as plain text: for files, and for what has to go without Block Kit."""

from __future__ import annotations

from datetime import UTC
from typing import assert_never

from bot.model.messages import (
    Actions,
    Block,
    ChannelMention,
    Context,
    Divider,
    GroupMention,
    Inline,
    Line,
    Link,
    Mention,
    Moment,
    Paragraph,
    Preformatted,
    Table,
    Text,
)
from bot.slack.defang import cleaned, one_line


def block_text(block: Block) -> str:
    """What a block says, cleaned; buttons say nothing without Slack."""
    match block:
        case Paragraph(lines=lines):
            return "\n".join(line_text(line) for line in lines)
        case Preformatted(text=text):
            return cleaned(text)
        case Context(line=line):
            return line_text(line)
        case Table():
            return aligned(block)
        case Divider() | Actions():
            return ""
        case _:
            assert_never(block)


def line_text(line: Line) -> str:
    """A line's words; times in UTC, for want of the reader's own zone."""
    return "".join(_inline_text(inline) for inline in line)


def moment_text(moment: Moment) -> str:
    """A time as Slack's own fallback and as files show it."""
    at = moment.at.astimezone(UTC)
    return at.strftime("%Y-%m-%d %H:%M UTC" if moment.with_date else "%H:%M UTC")


def aligned(table: Table) -> str:
    """A table in columns of equal width, as kubectl prints it."""
    rows = [[one_line(cell) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.columns))]
    return "\n".join(
        "   ".join(
            cell.rjust(width) if column in table.right_aligned else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _inline_text(inline: Inline) -> str:
    match inline:
        case Text(text=text):
            return cleaned(text)
        case Moment():
            return moment_text(inline)
        case Mention(user=user):
            return f"@{one_line(user)}"
        case GroupMention(group=group):
            return f"@{one_line(group)}"
        case ChannelMention(channel=channel):
            return f"#{one_line(channel)}"
        case Link(url=url, text=text):
            return f"{one_line(text)} ({one_line(url)})"
        case _:
            assert_never(inline)
