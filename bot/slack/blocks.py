"""From a neutral message to Block Kit, within Slack's limits: a pure path, held by golden files.

`render` is the only place where text becomes Block Kit. What is too long for its block is shown by its most
useful part (a table's first rows, a log's last lines) with a word about what is missing, and the whole of
it goes along as a file. Where even that finds no room, the head of the message stays, its buttons stay, and
everything is in a file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.model.messages import (
    Actions,
    Attachment,
    Block,
    Context,
    Divider,
    Line,
    Message,
    Paragraph,
    Preformatted,
    Table,
)
from bot.slack import drawing, limits
from bot.slack.defang import cleaned, escaped, one_line, shortened, within
from bot.slack.drawing import Json
from bot.slack.plaintext import aligned, block_text, line_text

_SIDE_BLOCKS = 2
"""Blocks kept free: one for a remark beside a table, one for the links to the files."""
_FEW_LINES = 500
"""Characters of a log or a table without which it is not worth showing."""
_NOT_IN_FILENAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMessage:
    """A message in Slack's own terms."""

    text: str
    """What notifications and screen readers get, escaped; all there is where there are no blocks."""
    blocks: tuple[Json, ...]
    """Empty: `text` is all there is."""
    metadata: Json | None = None
    attachments: tuple[Attachment, ...] = ()
    """The message's own files and those that hold what was too long."""

    @property
    def content(self) -> Json:
        """Text and blocks as a call takes them. No blocks are an empty list, which takes old ones away."""
        return {"text": self.text, "blocks": list(self.blocks)}

    def ending_with(self, line: Line) -> RenderedMessage:
        """The same with one more line at its end, such as links to its files."""
        if len(self.blocks) >= limits.MESSAGE_BLOCKS or not self.blocks:
            return replace(self, text=f"{self.text}\n{escaped(line_text(line))}")
        return replace(
            self, blocks=(*self.blocks, drawing.rich_text(drawing.section([line], limits.PARAGRAPH)[0]))
        )


def render(message: Message) -> RenderedMessage:
    """Draw a message so that Slack takes it, whatever is in it."""
    kept, everything = _kept(message.blocks)
    sheet = _Sheet(kept)
    for block in kept:
        sheet.draw(block)
    if everything is not None:
        sheet.say_that_the_rest_is_in("message", everything)
    own = tuple(safe_file(each) for each in message.attachments if each.content)
    metadata = message.metadata
    return RenderedMessage(
        text=notification(message),
        blocks=tuple(sheet.drawn),
        metadata={"event_type": metadata.event_type, "event_payload": dict(metadata.payload)}
        if metadata
        else None,
        attachments=own + tuple(sheet.files),
    )


def notification(message: Message) -> str:
    """The message's plain text for notifications and screen readers, escaped; never empty."""
    said = cleaned(message.text).strip()
    if not said:
        said = next((words for block in message.blocks if (words := block_text(block).strip())), "podbot")
    return within(escaped(said), limits.PLAIN_TEXT).replace("`", "'")


def _kept(blocks: Sequence[Block]) -> tuple[tuple[Block, ...], str | None]:
    """The blocks that find room, and the text of all where some do not.

    From the front as many as fit, and always the last row of buttons and the last quiet line.
    """
    most = limits.MESSAGE_BLOCKS - _SIDE_BLOCKS
    if len(blocks) <= most and sum(map(_least, blocks)) <= limits.MESSAGE_SIZE:
        return tuple(blocks), None
    ending = [each for each in blocks[-2:] if isinstance(each, Actions | Context)]
    room = limits.MESSAGE_SIZE - sum(map(_least, ending)) - limits.BLOCK_WEIGHT * _SIDE_BLOCKS
    front: list[Block] = []
    for block in blocks[: len(blocks) - len(ending)]:
        room -= _least(block)
        if room < 0 or len(front) + len(ending) + 1 >= most:
            break
        front.append(block)
    everything = "\n\n".join(words for block in blocks if (words := block_text(block)))
    return (*front, *ending), everything


def _least(block: Block) -> int:
    """The room that a block needs at least: all of it, or for what can be cut, a remark and a few lines."""
    match block:
        case Paragraph(lines=lines):
            return limits.BLOCK_WEIGHT + drawing.text_size(drawing.section(lines, limits.PARAGRAPH)[0])
        case Context():
            return limits.BLOCK_WEIGHT + drawing.text_size(drawing.context(block))
        case Actions():
            return limits.BLOCK_WEIGHT + drawing.text_size(drawing.actions(block))
        case Table() | Preformatted():
            return 2 * limits.BLOCK_WEIGHT + _FEW_LINES
        case Divider():
            return limits.BLOCK_WEIGHT


class _Sheet:
    """Blocks drawn one after another, and the room that is left for the next."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.drawn: list[Json] = []
        self.files: list[Attachment] = []
        self._elastic = [each for each in blocks if isinstance(each, Table | Preformatted)]
        rigid = sum(_least(each) for each in blocks if not isinstance(each, Table | Preformatted))
        self._room = limits.MESSAGE_SIZE - rigid - len(self._elastic) * 2 * limits.BLOCK_WEIGHT
        self._has_table = False

    def draw(self, block: Block) -> None:
        """Draw a block, or what of it finds room."""
        match block:
            case Paragraph():
                self._draw_paragraph(block)
            case Preformatted(text=text):
                self._draw_preformatted(cleaned(text).rstrip("\n"), "log")
            case Table():
                self._draw_table(block)
            case Context():
                self._add(drawing.context(block))
            case Actions():
                self._add(drawing.actions(block))
            case Divider():
                self._add({"type": "divider"})

    def say_that_the_rest_is_in(self, stem: str, content: str) -> None:
        """Put everything into a file and say so, before the buttons."""
        name = self._file(stem, "The whole message", content)
        at = next((n for n, each in enumerate(self.drawn) if each["type"] == "actions"), len(self.drawn))
        self.drawn.insert(at, drawing.rich_text(drawing.note(f"This message goes on in the file {name}.")))

    def _draw_paragraph(self, block: Paragraph) -> None:
        section, complete = drawing.section(block.lines, limits.PARAGRAPH)
        elements = [section] if section["elements"] else []
        if not complete:
            name = self._file("text", "The whole text", block_text(block))
            elements.append(drawing.note(f"Cut here: the whole text is in the file {name}."))
        if elements:
            self._add(drawing.rich_text(*elements))

    def _draw_preformatted(self, text: str, stem: str, *, from_start: bool = False) -> None:
        room = min(self._share(), limits.PREFORMATTED)
        if not text.strip():
            return
        if len(text) <= room:
            self._take(len(text))
            self._add(drawing.rich_text(drawing.preformatted(text)))
            return
        lines = text.split("\n")
        shown = _fitting(lines, room, from_start=from_start)
        name = self._file(stem, "All lines", text)
        which = "first" if from_start else "last"
        remark = f"The {which} {shown.count} of {len(lines):,} lines; all are in the file {name}.\n"
        self._take(len(shown.text))
        visible = [drawing.preformatted(shown.text)] if shown.text.strip() else []
        self._add(drawing.rich_text(drawing.note(remark), *visible))

    def _draw_table(self, table: Table) -> None:
        if not table.columns:
            return
        if self._has_table or len(table.columns) > limits.TABLE_COLUMNS:
            self._draw_preformatted(aligned(table), "table", from_start=True)
            return
        self._has_table = True
        room = min(self._share(), limits.TABLE_SIZE)
        rows: list[list[Json]] = []
        for row in (table.columns, *table.rows):
            cells = [{"type": "raw_text", "text": one_line(cell) or "-"} for cell in row]
            size = drawing.text_size(cells)
            if size > room or len(rows) == limits.TABLE_ROWS:
                break
            room -= size
            self._take(size)
            rows.append(cells)
        if len(rows) > 1 or (rows and not table.rows):
            alignment = [
                {"align": "right" if column in table.right_aligned else "left"}
                for column in range(len(table.columns))
            ]
            self._add({"type": "table", "rows": rows, "column_settings": alignment})
        shown = max(0, len(rows) - 1)
        if shown < len(table.rows):
            name = self._file("table", "All rows", aligned(table))
            remark = f"The first {shown} of {len(table.rows):,} rows; all are in the file {name}."
            self._add(drawing.rich_text(drawing.note(remark)))

    def _share(self) -> int:
        """The room for the next elastic block: its part of what is left."""
        waiting = max(1, len(self._elastic))
        if self._elastic:
            self._elastic.pop()
        return max(0, self._room // waiting)

    def _take(self, size: int) -> None:
        self._room -= size

    def _add(self, block: Json | None) -> None:
        if block is not None:
            self.drawn.append(block)

    def _file(self, stem: str, title: str, content: str) -> str:
        """Keep text that is clean already as a file; its name."""
        number = sum(each.filename.startswith(stem) for each in self.files)
        name = f"{stem}-{number + 1}.txt" if number else f"{stem}.txt"
        self.files.append(Attachment(filename=name, title=title, content=content.encode()))
        return name


@dataclass(frozen=True, slots=True)
class _Shown:
    text: str
    count: int


def _fitting(lines: Sequence[str], room: int, *, from_start: bool) -> _Shown:
    """As many whole lines as fit, from the start or up to the end; a part of one where none fits whole."""
    shown: list[str] = []
    for line in lines if from_start else reversed(lines):
        room -= len(line) + 1
        if room < 0:
            break
        shown.append(line)
    if not shown:
        whole = lines[0] if from_start else lines[-1]
        room = max(1, room + len(whole))
        return _Shown(whole[:room] if from_start else whole[-room:], 1)
    return _Shown("\n".join(shown if from_start else reversed(shown)), len(shown))


def safe_file(file: Attachment) -> Attachment:
    """The file with a name that any system takes, and with its text cleaned, where it is text."""
    name = _NOT_IN_FILENAMES.sub("-", file.filename).strip("-.")[-limits.FILENAME :] or "podbot.txt"
    try:
        content = cleaned(file.content.decode()).encode()
    except UnicodeDecodeError:
        content = file.content
    return Attachment(
        filename=name,
        title=shortened(one_line(file.title) or name, limits.FILE_TITLE),
        content=content,
        alt=shortened(one_line(file.alt), limits.FILE_ALT),
    )


def as_plain(message: Message) -> RenderedMessage:
    """The message without Block Kit, for when Slack refuses its blocks: all it says, as far as text goes.

    Whom it calls is called by this, too.
    """
    said = "\n".join(words for block in message.blocks if (words := _in_words(block).strip()))
    words = said or escaped(message.text).strip() or "podbot"
    return RenderedMessage(text=within(words, limits.PLAIN_TEXT), blocks=())


def _in_words(block: Block) -> str:
    match block:
        case Paragraph(lines=lines):
            return "\n".join(map(_marked_up, lines))
        case Context(line=line):
            return _marked_up(line)
        case _:
            return escaped(block_text(block))


def _marked_up(line: Line) -> str:
    """The line's words, escaped, with mark-up for those it names."""
    said, words = "", ""
    for inline in line:
        named = drawing.mention(inline)
        if named is None:
            words += line_text((inline,))
        else:
            said, words = said + escaped(words) + named, ""
    return said + escaped(words)
