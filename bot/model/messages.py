"""A message before it is Slack's: what it says, not how it is drawn.

`commands.replies` and `incidents.announce` write these, `slack.blocks` draws them. Text stays raw in here;
it is cleaned and escaped at the one place where it becomes Block Kit. All of these are tagged structs, so
that a message that waits in the outbox can be kept as JSON.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TypeAlias

import msgspec

from bot.model.commands import Command
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.model.pods import ClusterName


class Style(Enum):
    """How a stretch of text is set."""

    PLAIN = "plain"
    BOLD = "bold"
    CODE = "code"
    """A name, image or number that one may copy."""
    QUIET = "quiet"


class Text(msgspec.Struct, frozen=True, tag=True):
    """A stretch of literal text; nothing in it is markup."""

    text: str
    style: Style = Style.PLAIN


class Moment(msgspec.Struct, frozen=True, tag=True):
    """A time, shown in each reader's own zone; `with_date` for what may not be of today."""

    at: datetime
    with_date: bool = False


class Mention(msgspec.Struct, frozen=True, tag=True):
    """A person, named so that Slack links (and notifies) them."""

    user: UserId


class GroupMention(msgspec.Struct, frozen=True, tag=True):
    """A user group, named so that Slack notifies its members. Only ever made from podbot's own settings."""

    group: UsergroupId


class ChannelMention(msgspec.Struct, frozen=True, tag=True):
    """A channel, named so that Slack links it. It notifies nobody."""

    channel: ChannelId


class Link(msgspec.Struct, frozen=True, tag=True):
    """A link with its own words."""

    url: str
    text: str


Inline: TypeAlias = Text | Moment | Mention | GroupMention | ChannelMention | Link
Line: TypeAlias = tuple[Inline, ...]


class Paragraph(msgspec.Struct, frozen=True, tag=True):
    """One or more lines of running text."""

    lines: tuple[Line, ...]


class Preformatted(msgspec.Struct, frozen=True, tag=True):
    """Text whose columns and line ends count: logs."""

    text: str


class Context(msgspec.Struct, frozen=True, tag=True):
    """The quiet line at the end: where this comes from."""

    line: Line


class Table(msgspec.Struct, frozen=True, tag=True):
    """Rows under headings; every row has one cell a heading."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right_aligned: frozenset[int] = frozenset()


class Audience(Enum):
    """Who sees what a button brings."""

    ASKER = "asker"
    CHANNEL = "channel"


class Button(msgspec.Struct, frozen=True, tag=True):
    """A verb to press: it runs a command, for the one who pressed it, with their permissions."""

    label: str
    command: Command
    dangerous: bool = False
    audience: Audience = Audience.ASKER
    replaces: bool = False
    """The answer takes the place of the message that holds the button (paging) instead of following it."""
    cluster: ClusterName | None = None
    """The cluster that it is for; None: the only one, or the default (`model.at_cluster`)."""


MOST_CHOICES = 100
"""Of one menu: Slack takes no more."""

CHOICE_LABEL = 75
"""Characters of a choice's label: Slack takes no more."""


class Choice(msgspec.Struct, frozen=True, tag=True):
    """One entry of a menu."""

    label: str
    command: Command
    cluster: ClusterName | None = None
    """As a button's."""


class Menu(msgspec.Struct, frozen=True, tag=True):
    """A choice among many, each of which runs a command."""

    placeholder: str
    choices: tuple[Choice, ...]
    folded: bool = False
    """What one seldom needs, behind the dots at the end of a row: it never shows what was chosen last."""


class Actions(msgspec.Struct, frozen=True, tag=True):
    """Buttons and menus side by side."""

    elements: tuple[Button | Menu, ...]
    edition: int | None = None
    """Which wording of its message this is part of, where that changes: menus of another show no choice."""


class Divider(msgspec.Struct, frozen=True, tag=True):
    """A thin line."""


Block: TypeAlias = Paragraph | Preformatted | Context | Table | Actions | Divider


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that belongs to a message: what is too long to be read inline."""

    filename: str
    title: str
    content: bytes
    alt: str = ""
    """What a picture shows, for those who do not see it."""


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """Machine-readable facts that travel with a message (Slack's message metadata)."""

    event_type: str
    payload: dict[str, str | int]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Everything said at once.

    `text` alone tells what the first two lines tell: it is what notifications and screen readers get.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    metadata: Metadata | None = None


def plain(text: str) -> Line:
    """A line of literal text."""
    return (Text(text),)


def bold(text: str) -> Text:
    """Literal text, bold."""
    return Text(text, Style.BOLD)


def code(text: str) -> Text:
    """A name, image or number that one may copy."""
    return Text(text, Style.CODE)


def spoken(line: Line) -> str:
    """A line in plain words, for notifications and files; times are in UTC, for want of the reader's zone."""
    return "".join(map(_spoken, line))


def _spoken(inline: Inline) -> str:
    match inline:
        case Text():
            return inline.text
        case Moment():
            return f"{inline.at:%Y-%m-%d %H:%M} UTC" if inline.with_date else f"{inline.at:%H:%M} UTC"
        case Mention():
            return f"@{inline.user}"
        case GroupMention():
            return f"@{inline.group}"
        case ChannelMention():
            return f"#{inline.channel}"
        case Link():
            return inline.text
