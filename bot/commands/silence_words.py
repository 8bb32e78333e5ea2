"""What is said of silences: one that was begun, edited or ended, and all that hold."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.prose import clipped, counted, joined, message, said
from bot.model.incident_answers import SilenceChange, SilenceChanged, SilenceList
from bot.model.incident_commands import EditSilence, EndSilence, ListSilences
from bot.model.incidents import Severity
from bot.model.messages import (
    Actions,
    Block,
    Button,
    Context,
    Line,
    Mention,
    Message,
    Moment,
    Paragraph,
    bold,
    code,
    plain,
)
from bot.model.silences import Silence

_SHOWN = 20
"""Silences of one list: each takes two of the 50 blocks of a message."""

_REASON_SHOWN = 200


def silence_changed(answer: SilenceChanged) -> Message:
    """What holds now, until when, and what still gets through."""
    silence = answer.silence
    what = silence.covered
    if answer.change is SilenceChange.ENDED:
        return message(
            Paragraph(
                (
                    said("Ended the silence of ", bold(what), f". It kept back {kept_back(silence)}."),
                    plain("What still fires is told now, unless another silence covers it."),
                )
            )
        )
    begun = "⚪ Silent: " if answer.change is SilenceChange.BEGUN else "⚪ Still silent: "
    return message(
        Paragraph(
            (
                joined(said(begun, bold(what)), until(silence), because(silence)),
                said("By ", Mention(answer.by), f"{_why_these(answer)}. {_gets_through(silence)}"),
            )
        ),
        Actions(_buttons(silence)),
        Context(said(f"silence {silence.id}")),
    )


def silence_list(answer: SilenceList) -> Message:
    """All that hold, the one that ends first before the others, each with what can be done about it."""
    number = len(answer.silences)
    hidden = f"{answer.hidden} more over namespaces that you may not see" if answer.hidden else ""
    if not number:
        first = said("Nothing is silenced", f" that you may see; {hidden}." if hidden else ".")
        hint = said("To silence something: ", code("/pods silence deploy/web -n shop --for 1h"))
        return message(Paragraph((first, hint)), Context(said(str(answer.cluster))))
    blocks: list[Block] = [Paragraph((joined(bold(counted(number, "silence")), hidden),))]
    for each in answer.silences[:_SHOWN]:
        blocks += [Paragraph(tuple(_lines(each))), Actions(_buttons(each))]
    left_out = f"{number - _SHOWN} that end later are not shown" if number > _SHOWN else ""
    again = Button("Refresh", ListSilences(), replaces=True)
    return message(*blocks, Actions((again,)), Context(joined(str(answer.cluster), left_out)))


def until(silence: Silence) -> Line:
    """When it ends by itself."""
    if silence.incident is not None:
        return said(
            f"until incident {silence.incident} is over, and no longer than ",
            Moment(silence.until, with_date=True),
        )
    return said("until ", Moment(silence.until, with_date=True))


def because(silence: Silence) -> Line:
    """The reason that its author gave."""
    return plain(clipped(" ".join(silence.reason.split()), _REASON_SHOWN)) if silence.reason else ()


def kept_back(silence: Silence) -> str:
    """What it has kept back."""
    if not silence.deaths:
        return "nothing so far" if silence.ended_at is None else "nothing"
    return f"{counted(len(silence.incidents), 'incident')}, {counted(silence.deaths, 'death')}"


def _why_these(answer: SilenceChanged) -> str:
    chosen = answer.silence.known and answer.change is SilenceChange.BEGUN
    return ", for what fires there now" if chosen else ""


def _gets_through(silence: Silence) -> str:
    if not silence.scope.cause and not silence.known:
        return "Whatever it dies of is kept back."
    worse = " So is what matters more." if silence.severity is Severity.MINOR else ""
    return f"Another cause is told all the same.{worse}"


def _lines(silence: Silence) -> Iterator[Line]:
    yield joined(bold(silence.covered), until(silence))
    yield joined(
        said("by ", Mention(silence.author)), because(silence), f"kept back {kept_back(silence)}", silence.id
    )


def _buttons(silence: Silence) -> tuple[Button, ...]:
    return (
        Button("Change …", EditSilence(silence=silence.id)),
        Button("End", EndSilence(silence=silence.id), replaces=True),
    )
