"""How a deletion is told while it is done and afterwards: one public message, and a word to the asker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.commands.prose import clipped, counted, marked, message, said, shortened, spoken
from bot.model.commands import ListPods
from bot.model.deletions import Aftermath, DeletedPod, Deletion, Fate, Replacement, Successor
from bot.model.last_look import Saved
from bot.model.messages import (
    Actions,
    Button,
    Context,
    Line,
    Mention,
    Message,
    Moment,
    Paragraph,
    Text,
    bold,
    code,
    plain,
)

_NAMED = 40
"""Pods that are named one by one; more than these are only allowed where somebody configured it."""
_NAME, _PROBLEM, _LINES = 80, 240, 6
"""Characters of a name and of a reason, and lines of a paragraph, that let it fit into what Slack takes."""


def deletion_begun(deletion: Deletion) -> Message:
    """To the channel, before anything is deleted: the evidence goes into this message's thread."""
    its = "its" if len(deletion.pods) == 1 else "their"
    return _public(
        deletion, "is deleting", deletion.pods, (plain(f"First {its} logs, describe and events are saved."),)
    )


def deletion_announced(deletion: Deletion, aftermath: Aftermath | None, saved: Saved) -> Message:
    """To the channel: who deleted what and why, what was not deleted, and what came of it so far."""
    done, unknown = deletion.of(Fate.DELETED), deletion.of(Fate.UNKNOWN)
    verb = "deleted" if done else "tried to delete"
    if deletion.manner.force:
        verb = "force-deleted" if done else "tried to force-delete"
    lines = [*_failures(deletion)]
    if done:
        lines += _aftermath(done, aftermath) if aftermath else _expected(done)
    if done or saved is not Saved.WAITING:
        lines.append(plain(_SAVED[saved]))
    return _public(deletion, verb, done or unknown or deletion.pods, tuple(lines))


def not_followed(deletion: Deletion, aftermath: Aftermath | None, saved: Saved, why: str) -> Message:
    """The same, where this is the last that is told of it though not all has come out; `why` says so."""
    told = deletion_announced(deletion, aftermath, saved)
    return Message(text=told.text, blocks=(*told.blocks, Context(plain(why))))


def deletion_unfinished(begun: Deletion) -> Message:
    """To the channel, where a deletion that was begun did not come to a known end."""
    look = plain("It did not come to an end: look whether it was deleted before you try again.")
    return _public(begun, "tried to delete", begun.pods, (look,))


def deletion_ended(deletion: Deletion) -> Message:
    """To the one who deleted: what was done, and where more is told."""
    done = deletion.of(Fate.DELETED)
    head = (said("Deleted ", _names(done), f" in {deletion.namespace}."),) if done else ()
    follows = (plain("What comes of it is told in the channel."),) if done else ()
    return message(
        Paragraph((*head, *_failures(deletion), *follows)),
        Actions((Button("List", ListPods(namespace=deletion.namespace)),)),
    )


def aftermath_told(deletion: Deletion, aftermath: Aftermath) -> Message:
    """To the one who deleted, where the channel's message cannot be changed: what came of it."""
    done = deletion.of(Fate.DELETED)
    lines = _aftermath(done, aftermath)
    head = said("What came of deleting ", _names(done), f" in {deletion.namespace}:")
    return message(Paragraph((head, *lines)))


_SAVED = {
    Saved.WAITING: "Logs, describe and events are being saved to the thread.",
    Saved.THREAD: "Logs, describe and events are in the thread.",
    Saved.ASKER: "Logs, describe and events went to whoever deleted: podbot is not in this channel.",
    Saved.LOST: "Logs, describe and events could not be saved.",
}


def _public(deletion: Deletion, verb: str, pods: Sequence[DeletedPod], lines: tuple[Line, ...]) -> Message:
    reason = f': "{" ".join(deletion.manner.reason.split())}"' if deletion.manner.reason else ""
    if len(deletion.pods) == 1:
        what = said(f" {verb} ", _code(pods[0].name), f" ({deletion.namespace})", reason)
        names: tuple[Line, ...] = ()
    else:
        number = f"{len(pods)} of {len(deletion.pods)}" if len(pods) < len(deletion.pods) else str(len(pods))
        what = said(f" {verb} {number} pods ({deletion.namespace})", reason)
        names = (_names(pods),)
    head = Paragraph((said(Mention(deletion.by.id), what), *names, *lines[:_LINES]))
    rest = (Paragraph(lines[at : at + _LINES]) for at in range(_LINES, len(lines), _LINES))
    return Message(
        text=spoken((said(Text(f"@{deletion.by.name}"), what), *(names or lines[:1]))), blocks=(head, *rest)
    )


def _failures(deletion: Deletion) -> Iterator[Line]:
    for pod in deletion.of(Fate.KEPT):
        yield said(bold("Not deleted: "), _code(pod.name), ": ", _problem(pod))
    for pod in deletion.of(Fate.UNKNOWN):
        yield said(bold("Perhaps deleted: "), _code(pod.name), ": ", _problem(pod))


def _problem(pod: DeletedPod) -> Line:
    return marked(clipped(" ".join(pod.problem.split()), _PROBLEM))


def _expected(done: Sequence[DeletedPod]) -> Iterator[Line]:
    """What is to come, before anything was seen of it."""
    ending = [pod for pod in done if pod.successor is Successor.NOTHING]
    going = [pod for pod in done if pod.successor is Successor.ALREADY]
    waiting = len(done) - len(ending) - len(going)
    if waiting:
        yield plain(f"Waiting for {_replacements(waiting, len(done))} …")
    if going:
        yield plain("It was being deleted already; waiting until it is gone …")
    if ending:
        it = _names(ending) if len(done) > 1 else bold("it")
        yield said(bold("Nothing will recreate "), it, bold("."))


def _aftermath(done: Sequence[DeletedPod], seen: Aftermath) -> Iterator[Line]:
    """What came of it, the worst first."""
    after = _span(seen.after)
    if seen.problem:
        yield plain(f"What came of it is not known: {seen.problem}.")
        return
    for name, until in seen.still_there:
        ends = said("; its grace period ends at ", Moment(until)) if until else ()
        yield said(_code(name), f" is still terminating after {after}", ends, ".")
    for each in seen.replacements:
        if each.crash:
            yield said("Replacement ", _code(each.name), f" crashed too ({each.crash}).")
    yield from _well([each for each in seen.replacements if each.ready_after is not None and not each.crash])
    yield from _starting(seen, after)
    if seen.awaited > 0:
        which = _replacements(seen.awaited, len(done))
        yield plain(
            f"{which.capitalize()} did not come within {after}." if seen.over else f"Waiting for {which} …"
        )
    only = len(done) == 1
    if seen.unseen:
        it = "it" if only else f"{seen.unseen} of them"
        yield plain(f"Whether {it} was replaced is not known: look at the list.")
    if seen.replaced_before:
        gone = said("Gone") if only else said(_codes(seen.replaced_before), ": gone")
        yield said(gone, "; what replaces it had been started before.")
    if seen.gone:
        yield (
            plain("Gone; nothing recreates it.")
            if only
            else said("Gone, and nothing recreates them: ", _codes(seen.gone), ".")
        )


def _starting(seen: Aftermath, after: str) -> Iterator[Line]:
    for each in seen.replacements:
        if each.ready_after is None and not each.crash:
            state = f"is not Ready after {after}" if seen.over else "is starting"
            yield said("Replacement ", _code(each.name), f" {state}: {each.status}.")


def _well(ready: Sequence[Replacement]) -> Iterator[Line]:
    if not ready:
        return
    line: Line = ()
    for each in ready:
        took = f", Ready in {_span(each.ready_after or timedelta())}"
        line = said(line, "; " if line else "", _code(each.name), took)
    yield said("Replaced by ", line, ".")


def _replacements(number: int, deleted: int) -> str:
    if deleted == 1:
        return "its replacement"
    return counted(number, "replacement")


def _span(time: timedelta) -> str:
    seconds = round(time.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def _names(pods: Sequence[DeletedPod]) -> Line:
    return _codes([pod.name for pod in pods])


def _codes(names: Sequence[str]) -> Line:
    line: Line = ()
    for name in names[:_NAMED]:
        line = said(line, ", " if line else "", _code(name))
    return said(line, f" and {len(names) - _NAMED} more") if len(names) > _NAMED else line


def _code(name: str) -> Text:
    return code(shortened(name, _NAME))
