"""How `incidents` is answered: a page of them, and the way to each. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bot.incidents import headline
from bot.model.durations import in_words, spell
from bot.model.incident_commands import Among, ListIncidents, ShowIncident, ShowStats
from bot.model.incidents import Incident, Scope
from bot.model.messages import (
    CHOICE_LABEL,
    Actions,
    Audience,
    Block,
    Button,
    Choice,
    Context,
    Line,
    Menu,
    Message,
    Moment,
    Paragraph,
    Text,
    bold,
    code,
    plain,
)
from bot.model.past import IncidentsListed
from bot.model.pods import ClusterName

_NAMED = 60
"""Characters of a workload's name in a line: a name of Kubernetes may have 253."""


def listing(asked: ListIncidents, found: IncidentsListed, cluster: ClusterName, *, partly: bool) -> Message:
    """A page; `partly`: there may be more, where the asker may not look."""
    head = _head(asked, found, cluster)
    blocks: list[Block] = [Paragraph((head,)), *(Paragraph(tuple(_lines(each))) for each in found.incidents)]
    blocks.append(Actions(tuple(_buttons(asked, found))))
    quiet = [f"page {found.page + 1} of {found.pages}"] if found.pages > 1 else []
    quiet += ["only namespaces that you may see"] if partly else []
    blocks.append(Context(plain(" · ".join([cluster, *quiet]))))
    text = "".join(each.text for each in head if isinstance(each, Text))
    first = "".join(f"\n{_in_words(each)}" for each in found.incidents[:1])
    return Message(text=f"{text}{first}", blocks=tuple(blocks))


def _head(asked: ListIncidents, found: IncidentsListed, cluster: ClusterName) -> Line:
    where = " · ".join(shortened(each, _NAMED) for each in (asked.owner, asked.namespace) if each)
    kind = "open" if asked.among is Among.OPEN else "recent"
    since = f" · in the last {spell(asked.since)}" if asked.since is not None else ""
    what = f"{found.total:,} {kind} incident{'' if found.total == 1 else 's'}" if found.total else ""
    if not found.total:
        what = "🟢 No open incident" if asked.among is Among.OPEN else "No recent incident"
    parts = (where or cluster, what) if found.total else (what, where or cluster)
    return (bold(" · ".join(parts)), *plain(since))


def _lines(incident: Incident) -> Iterator[Line]:
    yield headline.first_line(incident)
    yield (*facts(incident), Text(" · incident "), code(incident.id))


def facts(incident: Incident) -> Line:
    """How bad and how long, in a line."""
    pods = _count(len(incident.pods), "pod")
    deaths = "" if incident.key.cause.is_stuck else f"{_count(incident.deaths, 'death')} of "
    what = f"{headline.what(incident)} · " if incident.state.is_over else ""
    workloads = ""
    if incident.key.scope is not Scope.WORKLOAD:
        names = {(each.namespace, each.owner) for each in incident.workloads if each.told_in is None}
        workloads = f" in {_count(len(names), 'workload')}"
    parts: Line = (
        Text(f"{what}{deaths}{pods}{workloads} · since "),
        Moment(incident.first_at, with_date=True),
    )
    ending = incident.ending
    if ending is not None and ending.unwatched:
        return parts  # how long it lasted, nobody knows
    if ending is not None:
        lasted = in_words(ending.since - incident.first_at)
        return (*parts, Text(f", lasted {lasted}"))
    if incident.last_at > incident.first_at:
        parts = (*parts, Text(", last "), Moment(incident.last_at, with_date=True))
    return (*parts, Text(f"{headline.state_in_words(incident)}"))


def _buttons(asked: ListIncidents, found: IncidentsListed) -> Iterator[Button | Menu]:
    if found.incidents:
        yield Menu("Show one", tuple(_choice(each) for each in found.incidents))
    if found.page > 0:
        yield Button("Later ones", msgspec.structs.replace(asked, page=found.page - 1), replaces=True)
    if found.page + 1 < found.pages:
        yield Button("Earlier ones", msgspec.structs.replace(asked, page=found.page + 1), replaces=True)
    other = Among.RECENT if asked.among is Among.OPEN else Among.OPEN
    label = "Recent ones" if other is Among.RECENT else "Open ones"
    yield Button(label, msgspec.structs.replace(asked, among=other, page=0), replaces=True)
    yield Button("Figures", ShowStats(namespace=asked.namespace))
    yield Button("Share", asked, audience=Audience.CHANNEL)


def _choice(incident: Incident) -> Choice:
    return Choice(
        shortened(f"{incident.id} · {_in_words(incident)}", CHOICE_LABEL), ShowIncident(incident=incident.id)
    )


def _in_words(incident: Incident) -> str:
    return f"{headline.what(incident)} · {' · '.join(headline.where(incident))}"


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def shortened(name: str, length: int) -> str:
    """A name of at most `length` characters, cut in its middle: what runs in one place differs at the end."""
    if len(name) <= length:
        return name
    head = (length - 1) // 2
    return f"{name[:head]}…{name[len(name) - (length - 1 - head) :]}"
