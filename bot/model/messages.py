"""A message before it is Slack's: what it says, not how it is drawn.

`commands.replies` and `incidents.announce` write these, `slack.blocks` draws them. Text stays raw in here;
it is cleaned and escaped at the one place where it becomes Block Kit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from bot.model.commands import Command
from bot.model.people import UserId


class Style(Enum):
    """How a stretch of text is set."""

    PLAIN = "plain"
    BOLD = "bold"
    CODE = "code"
    """A name, image or number that one may copy."""
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Text:
    """A stretch of literal text; nothing in it is markup."""

    text: str
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, shown in each reader's own zone; `with_date` for what may not be of today."""

    at: datetime
    with_date: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A person, named so that Slack links (and notifies) them."""

    user: UserId


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its own words."""

    url: str
    text: str


Inline: TypeAlias = Text | Moment | Mention | Link
Line: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One or more lines of running text."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Preformatted:
    """Text whose columns and line ends count: logs."""

    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """The quiet line at the end: where this comes from."""

    line: Line


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; every row has one cell a heading."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right_aligned: frozenset[int] = frozenset()


class Audience(Enum):
    """Who sees what a button brings."""

    ASKER = "asker"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Button:
    """A verb to press: it runs a command, for the one who pressed it, with their permissions."""

    label: str
    command: Command
    dangerous: bool = False
    audience: Audience = Audience.ASKER
    replaces: bool = False
    """The answer takes the place of the message that holds the button (paging) instead of following it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a menu."""

    label: str
    command: Command


@dataclass(frozen=True, slots=True)
class Menu:
    """A choice among many, each of which runs a command."""

    placeholder: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Actions:
    """Buttons and menus side by side."""

    elements: tuple[Button | Menu, ...]


@dataclass(frozen=True, slots=True)
class Divider:
    """A thin line."""


Block: TypeAlias = Paragraph | Preformatted | Context | Table | Actions | Divider


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that belongs to a message: what is too long to be read inline."""

    filename: str
    title: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Machine-readable facts that travel with a message (Slack's message metadata)."""

    event_type: str
    payload: dict[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Everything said at once.

    `text` alone tells what the first two lines tell: it is what notifications and screen readers get.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    metadata: Metadata | None = field(default=None)


def plain(text: str) -> Line:
    """A line of literal text."""
    return (Text(text),)


def bold(text: str) -> Text:
    """Literal text, bold."""
    return Text(text, Style.BOLD)


def code(text: str) -> Text:
    """A name, image or number that one may copy."""
    return Text(text, Style.CODE)
