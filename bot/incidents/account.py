"""How `incident ID` is answered: what it is, as its message says, and its whole timeline. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incidents import announce, buttons, group_words, headline
from bot.incidents.timeline import Happening, timeline
from bot.model.incident_commands import ExportForm, ExportIncident, ShowIncident, ShowRestarts
from bot.model.incidents import Scope
from bot.model.messages import (
    Actions,
    Audience,
    Block,
    Button,
    Context,
    Inline,
    Line,
    Message,
    Moment,
    Paragraph,
    Text,
    bold,
    plain,
)
from bot.model.past import Account

BEGINNING_SHOWN = 12
LATEST_SHOWN = 24
"""Lines of the timeline in a message; what lies between is in the export."""

_PARAGRAPH = 12
"""Lines that go into one block: Slack cuts those of more than 3,000 characters."""


def account(told: Account, *, route: str = "", runbook: str = "") -> Message:
    """The incident, its timeline, and what can be done with it."""
    incident = told.incident
    said = announce.message(incident, route=route, runbook=runbook)
    facts = tuple(each for each in said.blocks if not isinstance(each, Actions | Context))
    live = () if incident.state.is_over else (buttons.row(incident),)
    if incident.state.is_over and incident.key.scope is Scope.STORM:
        facts += tuple(group_words.listing(incident))
    quiet = Context(headline.provenance(incident, route, runbook))
    return Message(
        text=said.text, blocks=(*facts, *_timeline(timeline(told)), *live, _looks(told), *_cut(told), quiet)
    )


def _timeline(happenings: Sequence[Happening]) -> Iterator[Block]:
    lines = [_line(each) for each in happenings]
    left_out = len(lines) - BEGINNING_SHOWN - LATEST_SHOWN
    if left_out > 1:
        between = plain(f"… {left_out} more, which the export has …")
        lines = [*lines[:BEGINNING_SHOWN], between, *lines[-LATEST_SHOWN:]]
    if not lines:
        return
    yield Paragraph(((bold("What happened"),), *lines[:_PARAGRAPH]))
    for start in range(_PARAGRAPH, len(lines), _PARAGRAPH):
        yield Paragraph(tuple(lines[start : start + _PARAGRAPH]))


def _line(happening: Happening) -> Line:
    when: tuple[Inline, ...] = (Moment(happening.at, with_date=True),)
    if happening.until is not None:
        when += (Text("\N{EN DASH}"), Moment(happening.until))
    return (*when, Text("  "), *happening.line)


def _looks(told: Account) -> Actions:
    identity = told.incident.id
    return Actions(
        (
            Button("Export Markdown", ExportIncident(incident=identity)),
            Button("Export JSON", ExportIncident(incident=identity, form=ExportForm.JSON)),
            *(
                [Button("Restart history", ShowRestarts(incident=identity))]
                if told.incident.state.is_over
                else []
            ),
            Button("Share", ShowIncident(incident=identity), audience=Audience.CHANNEL),
        )
    )


def _cut(told: Account) -> Iterator[Block]:
    if told.deaths_in_all > len(told.deaths):
        yield Context(
            plain(f"The timeline has the first {len(told.deaths):,} of {told.deaths_in_all:,} deaths.")
        )
