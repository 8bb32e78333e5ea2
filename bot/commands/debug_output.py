"""How debug containers and `get --raw` are answered. What is too long is made a file by `slack.blocks`."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.prose import clipped, counted, joined, message, said
from bot.model import exits
from bot.model.commands import DescribePod, GetLogs
from bot.model.containers import ContainerState
from bot.model.debugging import DebugOutput, DebugStarted, RawAnswer
from bot.model.messages import (
    Actions,
    Attachment,
    Audience,
    Button,
    Context,
    Line,
    Mention,
    Message,
    Moment,
    Paragraph,
    Preformatted,
    code,
    plain,
)

_COMMAND, _REASON, _FILENAME = 300, 500, 120


def debug_started(answer: DebugStarted) -> Message:
    """For all to see, as it changes the pod: who runs what in which pod."""
    where = said(" in ", code(answer.pod), f" ({answer.namespace})")
    if answer.command:
        first = said(Mention(answer.by.id), " runs ", code(clipped(answer.command, _COMMAND)), where)
        second = said("in a debug container of ", code(answer.image))
    else:
        first = said(Mention(answer.by.id), " runs a debug container", where)
        second = said("of ", code(answer.image))
    seeing = said(" that sees the processes of ", code(answer.target)) if answer.target else ()
    return message(
        Paragraph(
            (
                first,
                said(second, seeing, f". Its output follows, for them alone, within {answer.seconds} s."),
            )
        ),
        Context(said(f"container {answer.container} · it stays in the pod until the pod goes")),
    )


def debug_output(answer: DebugOutput) -> Message:
    """How it ended, and what it wrote."""
    started = answer.started
    command = code(clipped(started.command, _COMMAND)) if started.command else ""
    head = joined(code(started.container), code(started.pod), started.namespace, command)
    text, actions = "\n".join(answer.lines), tuple(_actions(answer))
    return message(
        Paragraph((head, *_ending(answer), *_remarks(answer))),
        *((Preformatted(text),) if text.strip() else ()),
        *((Actions(actions),) if actions else ()),
        Context(said(f"{started.image} · read ", Moment(answer.read_at))),
    )


def raw_answer(answer: RawAnswer) -> Message:
    """What was found at the path, as a file."""
    count = counted(answer.items, "object") if answer.items is not None else ""
    masked = f"{counted(answer.masked, 'secret')} masked" if answer.masked else ""
    size = f"{max(1, len(answer.content) >> 10):,} KB"
    name = answer.path.strip("/").replace("/", "-")[-_FILENAME:]
    file = Attachment(filename=f"{name}.json", title=clipped(answer.path, _FILENAME), content=answer.content)
    drawn = message(
        Paragraph((said(code(answer.path)), joined(answer.kind, count, size, masked, answer.cluster)))
    )
    return Message(text=drawn.text, blocks=drawn.blocks, attachments=(file,))


def _ending(answer: DebugOutput) -> Iterator[Line]:
    state = answer.state
    if answer.problem:
        yield plain("Its output could not be read.")
        yield plain(clipped(answer.problem, _REASON))
    elif state.terminated is not None:
        ended = state.terminated
        words = exits.explain(ended.exit_code, ended.reason, signal=ended.signal)
        yield plain(f"{words[:1].upper()}{words[1:]}.")
    elif state.running is not None:
        yield plain(f"It still runs after {answer.started.seconds} s, and is not waited for any longer.")
    else:
        yield _not_started(state, answer.started.seconds)


def _not_started(state: ContainerState, seconds: int) -> Line:
    if state.waiting is None or not state.waiting.reason:
        return plain(f"It had not started after {seconds} s: its node has not taken it up.")
    why = clipped(state.waiting.message, _REASON)
    return said("It has not started: ", code(state.waiting.reason), f", {why}" if why else "")


def _remarks(answer: DebugOutput) -> Iterator[Line]:
    ran = answer.state.terminated is not None or answer.state.running is not None
    if ran and not answer.problem and not any(answer.lines):
        yield plain("It wrote nothing.")
    if answer.masked:
        yield plain(f"{counted(answer.masked, 'secret')} masked")
    if answer.cut:
        yield plain("Reading stopped at the size limit: there is more.")


def _actions(answer: DebugOutput) -> Iterator[Button]:
    started = answer.started
    log = GetLogs(namespace=started.namespace, pod=started.pod, container=started.container)
    if answer.problem:
        return
    if answer.state.terminated is None:
        yield Button("Look again", log)
    yield Button("Describe", DescribePod(namespace=started.namespace, pod=started.pod))
    if any(answer.lines):
        yield Button("Share", log, audience=Audience.CHANNEL)
