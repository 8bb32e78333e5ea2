"""How a container's log is answered: its end inline, the whole as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.commands.prose import clipped, counted, joined, message, said, shortened
from bot.model import durations
from bot.model.answers import LogExcerpt
from bot.model.commands import DescribePod, GetLogs
from bot.model.messages import (
    Actions,
    Attachment,
    Audience,
    Button,
    Choice,
    Context,
    Line,
    Menu,
    Message,
    Moment,
    Paragraph,
    Preformatted,
    code,
    plain,
)

LINES_INLINE = 25
CHARACTERS_INLINE = 2_500
_LINE_LENGTH = 300
_MOST_CHOICES = 100
"""Slack's limit for a menu."""
_FILENAME = 120


def log_excerpt(answer: LogExcerpt) -> Message:
    """The log's end, which run and how much of it this is, and ways to the rest."""
    tail, shortened_lines = _tail(answer.lines)
    head = joined(code(answer.pod), answer.container, _run(answer), answer.asked.namespace)
    blocks = (
        Paragraph((head, *_remarks(answer, len(tail), shortened_lines))),
        *((Preformatted("\n".join(tail)),) if any(tail) else ()),
        Actions(tuple(_actions(answer))),
        Context(said("read ", Moment(answer.read_at))),
    )
    whole = len(tail) == len(answer.lines) and not shortened_lines
    return replace(message(*blocks), attachments=() if whole else (_file(answer),))


def _run(answer: LogExcerpt) -> str:
    return "previous run" if answer.previous else "current run"


def _remarks(answer: LogExcerpt, inline: int, shortened_lines: int) -> Iterator[Line]:
    """Everything that the lines below do not say of themselves."""
    since = f" in the last {durations.spell(answer.asked.since)}" if answer.asked.since else ""
    if answer.lines:
        total = counted(len(answer.lines), "line")
        part = f"the last {inline:,} of {total}, all in the file" if inline < len(answer.lines) else total
        long = f"{counted(shortened_lines, 'long line')} shortened here" if shortened_lines else ""
        masked = f"{counted(answer.masked, 'secret')} masked" if answer.masked else ""
        yield joined(f"{part}{since}", long, masked)
    else:
        yield plain(f"It wrote nothing{since}.")
    if answer.previous_by_itself:
        yield plain("The current run has not started, so this is the one before it.")
    if answer.cut:
        yield plain("Reading stopped at the size limit: there is more. Ask for less with --tail or --since.")


def _tail(lines: Sequence[str]) -> tuple[list[str], int]:
    """The last lines that fit inline, each of bearable length, and how many of them were shortened."""
    chosen: list[str] = []
    room, cut = CHARACTERS_INLINE, 0
    for line in reversed(lines[-LINES_INLINE:]):
        fitted = _fitted(line)
        room -= len(fitted) + 1
        if room < 0:
            break
        chosen.append(fitted)
        cut += fitted != line
    return chosen[::-1], cut


def _fitted(line: str) -> str:
    if len(line) <= _LINE_LENGTH:
        return line
    return f"{clipped(line, _LINE_LENGTH)} (+{len(line) - _LINE_LENGTH + 1:,} characters)"


def _actions(answer: LogExcerpt) -> Iterator[Button | Menu]:
    asked, namespace = answer.asked, answer.asked.namespace
    this = GetLogs(
        namespace=namespace,
        pod=answer.pod,
        container=answer.container,
        previous=answer.previous,
        tail=asked.tail,
        since=asked.since,
    )
    if answer.has_previous and not answer.previous:
        yield Button(
            "Previous run",
            GetLogs(namespace=namespace, pod=answer.pod, container=answer.container, previous=True),
        )
    if answer.previous and not answer.previous_by_itself:
        yield Button("Current run", GetLogs(namespace=namespace, pod=answer.pod, container=answer.container))
    yield Button("Describe", DescribePod(namespace=namespace, pod=answer.pod))
    yield Button("Share", this, audience=Audience.CHANNEL)
    if answer.other_containers:
        yield Menu("Other container", tuple(_choices(answer)))


def _choices(answer: LogExcerpt) -> Iterator[Choice]:
    for container in answer.other_containers[:_MOST_CHOICES]:
        yield Choice(
            container,
            GetLogs(
                namespace=answer.asked.namespace, pod=answer.pod, container=container, tail=answer.asked.tail
            ),
        )


def _file(answer: LogExcerpt) -> Attachment:
    run = "-previous" if answer.previous else ""
    name = f"{shortened(f'{answer.pod}-{answer.container}', _FILENAME)}{run}.log"
    return Attachment(
        filename=name.replace("…", "..."),
        title=clipped(f"{answer.container} of {answer.pod}, {_run(answer)}", _FILENAME),
        content="".join(f"{line}\n" for line in answer.lines).encode(errors="replace"),
    )
