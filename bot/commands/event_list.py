"""How `events` is answered: a line each, newest first; what is too much to be read inline comes in a file."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from bot.commands.pod_list import left_out, place
from bot.commands.prose import clipped, counted, joined, message, plainly, said, shortened, spoken
from bot.model import durations
from bot.model.answers import EventList
from bot.model.commands import DescribePod, ListEvents
from bot.model.events import Event
from bot.model.messages import (
    Actions,
    Attachment,
    Audience,
    Button,
    Context,
    Line,
    Message,
    Moment,
    Paragraph,
    bold,
    code,
    plain,
)
from bot.model.pods import ALL_NAMESPACES

_INLINE = 15
_SENTENCE = 160
_NAME = 80
_WHOLE = 10**9
_IN_FILE = 5_000


def event_list(answer: EventList) -> Message:
    """The newest, and how many there are in all."""
    asked, events = answer.asked, answer.events
    shown = tuple(_line(each, asked, sentence=_SENTENCE, name=_NAME) for each in events[:_INLINE])
    whole = tuple(_line(each, asked, sentence=_WHOLE, name=_WHOLE) for each in events[:_IN_FILE])
    more = whole != shown
    drawn = message(
        Paragraph((_head(answer),)),
        *((Paragraph(shown),) if shown else ()),
        *((Paragraph((plain("There is more; all of it is in the file."),)),) if more else ()),
        Actions(tuple(_buttons(answer))),
        Context(joined(answer.cluster, left_out(answer))),
    )
    return structs.replace(drawn, attachments=(_file(answer, whole),)) if more else drawn


def _head(answer: EventList) -> Line:
    asked, warnings = answer.asked, sum(each.type != "Normal" for each in answer.events)
    about = said("about ", code(asked.pod)) if asked.pod else ""
    since = f"in the last {durations.spell(asked.since)}" if asked.since else ""
    if not answer.events:
        what = "no warnings" if asked.warnings else "no events"
        forgotten = "none happened lately, or the cluster has forgotten them"
        return joined(bold(place(asked.namespace)), said(what, " " if about else "", about), since, forgotten)
    number = said(counted(len(answer.events), "event"), " " if about else "", about)
    return joined(
        bold(place(asked.namespace)), number, counted(warnings, "warning") if warnings else "", since
    )


def _line(event: Event, asked: ListEvents, *, sentence: int, name: int) -> Line:
    seen, about = event.last_seen, event.involved_object
    times = f" x{event.times:,}" if event.times > 1 else ""
    word = bold(event.reason) if event.type == "Warning" else event.reason
    what = f"{about.kind.lower()}/{shortened(about.name, name)}" if about.name and not asked.pod else ""
    where = event.metadata.namespace if asked.namespace == ALL_NAMESPACES else ""
    return joined(
        Moment(seen, with_date=True) if seen else "",
        said(word, times),
        where,
        code(what) if what else "",
        clipped(plainly(event.message), sentence),
    )


def _buttons(answer: EventList) -> Sequence[Button]:
    asked = answer.asked
    buttons: list[Button] = []
    if asked.pod:
        buttons.append(Button("Describe", DescribePod(namespace=asked.namespace, pod=asked.pod)))
    if asked.warnings:
        everything = structs.replace(asked, warnings=False)
        buttons.append(Button("All", everything, replaces=True))
    elif any(each.type != "Normal" for each in answer.events):
        warnings = structs.replace(asked, warnings=True)
        buttons.append(Button("Warnings only", warnings, replaces=True))
    buttons.append(Button("Again", asked, replaces=True))
    return (*buttons, Button("Share", asked, audience=Audience.CHANNEL))


def _file(answer: EventList, lines: Sequence[Line]) -> Attachment:
    stem = shortened(answer.asked.pod or answer.asked.namespace or "all", _NAME).replace("…", "...")
    return Attachment(
        filename=f"events-{stem}.txt",
        title=f"{counted(len(lines), 'event')}, newest first",
        content=f"{spoken(lines)}\n".encode(errors="replace"),
    )
