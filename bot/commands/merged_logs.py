"""How the logs of several containers are answered: merged, told apart, and with what could not be read."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from bot.commands import log_text
from bot.commands.prose import clipped, counted, joined, marked, message, said
from bot.model.commands import FollowLogs, GetLogs, ListPods
from bot.model.log_answers import LogOrigin, MergedLogs
from bot.model.messages import (
    CHOICE_LABEL,
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

_PROBLEMS_SHOWN = 5
_PROBLEM_LENGTH = 200


def merged_logs(answer: MergedLogs) -> Message:
    """The end of the merge, which containers it is of, and ways to each of them."""
    tail = log_text.tail(answer.lines)
    head = joined(code(answer.subject), _sources(answer), answer.asked.namespace)
    blocks = (
        Paragraph((head, *_remarks(answer, tail))),
        *((Preformatted(tail.text),) if any(tail.lines) else ()),
        Actions(tuple(_actions(answer))),
        Context(said("read ", Moment(answer.read_at))),
    )
    whole = log_text.file(f"logs-{answer.subject}", f"Logs of {answer.subject}, merged", answer.lines)
    return structs.replace(message(*blocks), attachments=() if tail.whole else (whole,))


def _sources(answer: MergedLogs) -> str:
    containers = counted(len(answer.origins), "container")
    pods = counted(len({origin.pod for origin in answer.origins}), "pod")
    before = sum(origin.previous for origin in answer.origins)
    runs = f", {before} of them in their previous run" if 0 < before < len(answer.origins) else ""
    runs = ", previous runs" if before and before == len(answer.origins) else runs
    return f"{containers} of {pods}{runs}"


def _remarks(answer: MergedLogs, tail: log_text.Tail) -> Iterator[Line]:
    if answer.asked.around_death:
        yield plain("Of each the minute before its last death.")
    yield from log_text.remarks(answer.asked, tail, masked=answer.masked, found=answer.found, cut=answer.cut)
    silent = [origin for origin in answer.origins if not origin.lines and not origin.problem]
    if silent and len(silent) < len(answer.origins) and answer.found is None:
        yield plain(f"{counted(len(silent), 'container')} of these wrote nothing.")
    if answer.left_out:
        yield marked(
            f"{counted(answer.left_out, 'more container')} not read: that is too many at once. "
            "Choose with `-c`, `-l` or a pod's name."
        )
    yield from _problems(answer)


def _problems(answer: MergedLogs) -> Iterator[Line]:
    failed = [origin for origin in answer.origins if origin.problem]
    for origin in failed[:_PROBLEMS_SHOWN]:
        problem = marked(clipped(origin.problem, _PROBLEM_LENGTH))
        yield said(code(f"{origin.pod} {origin.container}"), " could not be read: ", problem)
    if len(failed) > _PROBLEMS_SHOWN:
        yield plain(f"Nor could {len(failed) - _PROBLEMS_SHOWN} others.")


def _actions(answer: MergedLogs) -> Iterator[Button | Menu]:
    asked = answer.asked
    if not asked.previous and not asked.around_death:
        yield Button(
            "Follow",
            FollowLogs(
                logs=GetLogs(
                    namespace=asked.namespace,
                    pod=asked.pod,
                    targets=asked.targets,
                    selector=asked.selector,
                    container=asked.container,
                    all_containers=asked.all_containers,
                    timestamps=asked.timestamps,
                    grep=asked.grep,
                    invert=asked.invert,
                )
            ),
        )
    if asked.selector:
        yield Button("Pods", ListPods(namespace=asked.namespace, selector=asked.selector))
    yield Button("Share", asked, audience=Audience.CHANNEL)
    yield Menu("One container", tuple(_choices(answer)))


def _choices(answer: MergedLogs) -> Iterator[Choice]:
    for origin in answer.origins[:MOST_CHOICES]:
        yield Choice(
            _label(origin),
            GetLogs(
                namespace=answer.asked.namespace,
                pod=origin.pod,
                container=origin.container,
                previous=origin.previous,
            ),
        )


def _label(origin: LogOrigin) -> str:
    return clipped(f"{origin.prefix or origin.container}: {counted(origin.lines, 'line')}", CHOICE_LABEL)
