"""Messages that name people and call nobody: what is shared with a channel is a record, not a call.

Slack notifies those who are mentioned in what is posted. What one person alone sees, and what an edit adds,
notifies nobody, so that mentions may stay links there.
"""

from __future__ import annotations

from msgspec import structs

from bot.model.messages import Block, Context, GroupMention, Inline, Line, Mention, Message, Paragraph, Text
from bot.model.people import Names, UsergroupId, UserId


def mentioned(message: Message) -> tuple[frozenset[UserId], frozenset[UsergroupId]]:
    """The people and the user groups that a message mentions."""
    every = [inline for block in message.blocks for line in _lines(block) for inline in line]
    return (
        frozenset(each.user for each in every if isinstance(each, Mention)),
        frozenset(each.group for each in every if isinstance(each, GroupMention)),
    )


def uncalled(message: Message, names: Names) -> Message:
    """The same with names where it mentions somebody."""
    text = message.text
    people, groups = mentioned(message)
    for each in sorted(people):
        text = text.replace(f"@{each}", names.of_person(each))
    for group in sorted(groups):
        text = text.replace(f"@{group}", names.of_group(group))
    return structs.replace(message, text=text, blocks=tuple(_block(each, names) for each in message.blocks))


def _block(block: Block, names: Names) -> Block:
    match block:
        case Paragraph(lines=lines):
            return Paragraph(tuple(_line(each, names) for each in lines))
        case Context(line=line):
            return Context(_line(line, names))
        case _:
            return block


def _lines(block: Block) -> tuple[Line, ...]:
    match block:
        case Paragraph(lines=lines):
            return lines
        case Context(line=line):
            return (line,)
        case _:
            return ()


def _line(line: Line, names: Names) -> Line:
    return tuple(_inline(each, names) for each in line)


def _inline(inline: Inline, names: Names) -> Inline:
    match inline:
        case Mention(user=user):
            return Text(names.of_person(user))
        case GroupMention(group=group):
            return Text(names.of_group(group))
        case _:
            return inline
