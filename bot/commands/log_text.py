"""What the replies about logs share: the end of a log that fits inline, remarks on the rest, and the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.commands.prose import clipped, counted, joined, said, shortened
from bot.model import durations
from bot.model.commands import GetLogs
from bot.model.log_answers import Found
from bot.model.messages import Attachment, Line, Moment, code, plain

LINES_INLINE = 25
CHARACTERS_INLINE = 2_500
_LINE_LENGTH = 300
_FILENAME = 120
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
"""What stands in no file's name: selectors may hold anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The last lines that fit inline, each of bearable length."""

    lines: tuple[str, ...]
    shortened: int
    """How many of them were."""
    of: int
    """How many there are in all."""

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return len(self.lines) == self.of and not self.shortened

    @property
    def text(self) -> str:
        """As it stands in the message."""
        return "\n".join(self.lines)


def tail(lines: Sequence[str]) -> Tail:
    """The end of a log, as much of it as fits inline."""
    chosen: list[str] = []
    room, cut = CHARACTERS_INLINE, 0
    for line in reversed(lines[-LINES_INLINE:]):
        fitted = _fitted(line)
        room -= len(fitted) + 1
        if room < 0:
            break
        chosen.append(fitted)
        cut += fitted != line
    return Tail(lines=tuple(chosen[::-1]), shortened=cut, of=len(lines))


def remarks(asked: GetLogs, shown: Tail, *, masked: int, found: Found | None, cut: bool) -> Iterator[Line]:
    """Everything that the lines themselves do not say of themselves."""
    since = _since(asked)
    secrets = f"{counted(masked, 'secret')} masked" if masked else ""
    long = f"{counted(shown.shortened, 'long line')} shortened here" if shown.shortened else ""
    total = counted(shown.of, "line")
    part = (
        f"the last {len(shown.lines):,} of {total}, all in the file" if len(shown.lines) < shown.of else total
    )
    if found is not None:
        yield said(*_result(asked, found), *since, ".")
        if shown.of:
            yield joined(part, long, secrets)
    elif shown.of:
        yield joined(said(part, *since), long, secrets)
    else:
        yield said("It wrote nothing", *since, ".")
    if cut:
        yield plain(
            "Reading stopped at the size limit: there is more before this. Ask for less with --since or -c."
        )


def file(name: str, title: str, lines: Sequence[str]) -> Attachment:
    """The whole of it; `name` without its ending."""
    return Attachment(
        filename=f"{_NO_NAME.sub('-', shortened(name, _FILENAME).replace('…', '...'))}.log",
        title=clipped(title, _FILENAME),
        content="".join(f"{line}\n" for line in lines).encode(errors="replace"),
    )


def _since(asked: GetLogs) -> Line:
    if asked.since:
        return plain(f" in the last {durations.spell(asked.since)}")
    return said(" since ", Moment(asked.since_time, with_date=True)) if asked.since_time else ()


def _result(asked: GetLogs, found: Found) -> Line:
    """What a search came to: `12 of 3,000 lines with timeout`."""
    word = "without" if asked.invert else "with"
    around = f", and {asked.context} around each" if asked.context else ""
    looked = counted(found.lines, "line")
    number = f"{found.matches:,} of {looked}" if found.matches else f"None of {looked}"
    return said(f"{number} {word} ", code(asked.grep), around)


def _fitted(line: str) -> str:
    if len(line) <= _LINE_LENGTH:
        return line
    return f"{clipped(line, _LINE_LENGTH)} (+{len(line) - _LINE_LENGTH + 1:,} characters)"
