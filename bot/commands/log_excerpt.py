"""How one container's log is answered: its end inline, the whole as a file."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from bot.commands import log_text
from bot.commands.prose import joined, message, said
from bot.model import exits
from bot.model.commands import DescribePod, FollowLogs, GetLogs
from bot.model.log_answers import LogExcerpt
from bot.model.messages import (
    MOST_CHOICES,
    Actions,
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


def log_excerpt(answer: LogExcerpt) -> Message:
    """The log's end, which run and how much of it this is, and ways to the rest."""
    tail = log_text.tail(answer.lines)
    head = joined(code(answer.pod), answer.container, _run(answer), answer.asked.namespace)
    blocks = (
        Paragraph((head, *_remarks(answer, tail))),
        *((Preformatted(tail.text),) if any(tail.lines) else ()),
        Actions(tuple(_actions(answer))),
        Context(said("read ", Moment(answer.read_at))),
    )
    run = "-previous" if answer.previous else ""
    whole = log_text.file(
        f"{answer.pod}-{answer.container}{run}",
        f"{answer.container} of {answer.pod}, {_run(answer)}",
        answer.lines,
    )
    return structs.replace(message(*blocks), attachments=() if tail.whole else (whole,))


def _run(answer: LogExcerpt) -> str:
    return "previous run" if answer.previous else "current run"


def _remarks(answer: LogExcerpt, tail: log_text.Tail) -> Iterator[Line]:
    if answer.death is not None:
        died = answer.death
        how = exits.explain(died.exit_code, died.reason, signal=died.signal)
        at = said(" at ", Moment(died.finished_at, with_date=True)) if died.finished_at else ()
        yield said("The minute before it died", *at, f": {how}.")
    if answer.asked.ended_at is not None:
        yield said("The run that ended ", Moment(answer.asked.ended_at, with_date=True), ".")
    yield from log_text.remarks(answer.asked, tail, masked=answer.masked, found=answer.found, cut=answer.cut)
    if answer.previous_by_itself:
        yield plain("The current run has not started, so this is the one before it.")


def _actions(answer: LogExcerpt) -> Iterator[Button | Menu]:
    namespace = answer.asked.namespace
    plainly = GetLogs(namespace=namespace, pod=answer.pod, container=answer.container)
    if answer.has_previous and not answer.previous:
        yield Button("Previous run", structs.replace(plainly, previous=True))
    if answer.previous and not answer.previous_by_itself:
        yield Button("Current run", plainly)
    if answer.previous and answer.death is None:
        yield Button("Around its death", structs.replace(plainly, around_death=True))
    if not answer.previous:
        yield Button("Follow", FollowLogs(logs=_followed(answer)))
    yield Button("Describe", DescribePod(namespace=namespace, pod=answer.pod))
    yield Button("Share", _this(answer), audience=Audience.CHANNEL)
    if answer.other_containers:
        yield Menu("Other container", tuple(_choices(answer)))


def _this(answer: LogExcerpt) -> GetLogs:
    """The same again, whatever the container that podbot would choose then."""
    return structs.replace(
        answer.asked,
        pod=answer.pod,
        targets=(),
        selector="",
        container=answer.container,
        all_containers=False,
        previous=answer.previous and answer.death is None,
    )


def _followed(answer: LogExcerpt) -> GetLogs:
    asked = answer.asked
    return GetLogs(
        namespace=asked.namespace,
        pod=answer.pod,
        container=answer.container,
        timestamps=asked.timestamps,
        grep=asked.grep,
        invert=asked.invert,
    )


def _choices(answer: LogExcerpt) -> Iterator[Choice]:
    for container in answer.other_containers[:MOST_CHOICES]:
        yield Choice(
            container,
            GetLogs(
                namespace=answer.asked.namespace, pod=answer.pod, container=container, tail=answer.asked.tail
            ),
        )
