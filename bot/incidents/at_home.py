"""What the Home tab says of incidents and silences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from bot.incidents import headline
from bot.incidents.listing import facts
from bot.model.home import HomeAlerts
from bot.model.incident_commands import (
    AcknowledgeIncident,
    EndSilence,
    ListIncidents,
    ListSilences,
    ShowIncident,
    ShowStats,
)
from bot.model.incidents import Incident
from bot.model.messages import (
    Actions,
    Block,
    Button,
    Context,
    Line,
    Mention,
    Moment,
    Paragraph,
    Text,
    code,
    plain,
)
from bot.model.past import IncidentsListed
from bot.model.pods import ClusterName
from bot.model.silences import Silence

INCIDENTS_SHOWN = 5
SILENCES_SHOWN = 5


def at_home(found: IncidentsListed, silences: Iterable[Silence], cluster: ClusterName) -> HomeAlerts | None:
    """The open incidents with a button each, and the silences that hold here; None where there are none."""
    holding = [each for each in silences if _is_here(each, cluster)]
    if not found.incidents and not holding:
        return None
    title = f"{found.total:,} open incident{'' if found.total == 1 else 's'}" if found.total else "Silences"
    return HomeAlerts(
        title=title,
        open=found.total,
        blocks=(*_incidents(found), *_silences(holding)),
    )


def _incidents(found: IncidentsListed) -> Iterator[Block]:
    for each in found.incidents[:INCIDENTS_SHOWN]:
        yield Paragraph((headline.first_line(each), (*facts(each), Text(" · incident "), code(each.id))))
        yield Actions(tuple(_buttons(each)))
    more = found.total - min(len(found.incidents), INCIDENTS_SHOWN)
    if found.total:
        label = f"And {more:,} more" if more > 0 else "All incidents"
        yield Actions(
            (
                Button(label, ListIncidents()),
                Button("Figures", ShowStats()),
            )
        )


def _buttons(incident: Incident) -> Iterator[Button]:
    if incident.acknowledged is None:
        yield Button("Acknowledge", AcknowledgeIncident(incident=incident.id))
    yield Button("Show", ShowIncident(incident=incident.id))


def _silences(holding: list[Silence]) -> Iterator[Block]:
    if not holding:
        return
    yield Paragraph(tuple(_silence(each) for each in holding[:SILENCES_SHOWN]))
    ends = [
        Button(f"End silence {each.id}", EndSilence(silence=each.id))
        for each in holding[: SILENCES_SHOWN - 2]
    ]
    yield Actions((*ends, Button("All silences", ListSilences())))
    more = len(holding) - SILENCES_SHOWN
    if more > 0:
        yield Context(plain(f"and {more:,} more silences"))


def _silence(silence: Silence) -> Line:
    kept = f" · {silence.deaths:,} deaths kept back" if silence.deaths else ""
    return (
        Text(f"⚪ Silenced: {silence.covered} until "),
        Moment(silence.until, with_date=True),
        Text(" by "),
        Mention(silence.author),
        *headline.reason(silence.reason),
        Text(kept),
    )


def _is_here(silence: Silence, cluster: ClusterName) -> bool:
    pattern = silence.scope.cluster
    return not pattern or fnmatchcase(cluster.lower(), pattern.lower())
