"""What a second channel is told of an incident whose message stands in another. Pure.

It is brought up to date as that message is, and what calls people again there is a reply to it.
"""

from __future__ import annotations

from bot.incidents import announce, buttons
from bot.model.incidents import Incident, IncidentState
from bot.model.messages import Actions, Line, Link, Message, Moment, Paragraph, Text, code


def message(incident: Incident, link: str = "") -> Message:
    """The incident as it stands now; `link`: where its own message is, as far as that is known."""
    place: Line = (Link(link, "The whole message"), Text(" · ")) if link else ()
    place = (*place, code(f"/pods incident {incident.id}"))
    row = () if incident.state.is_over else (Actions((buttons.acknowledge(incident),)),)
    nobodys = _nobodys(incident)
    lines = (*announce.in_short(incident), *([nobodys] if nobodys else []), place)
    return Message(
        text=f"{announce.message(incident).text} · incident {incident.id}",
        blocks=(Paragraph(lines=lines), *row),
    )


def _nobodys(incident: Incident) -> Line:
    since = incident.attention.unattended_since
    calm = incident.acknowledged is not None or incident.silenced is not None
    if incident.state is not IncidentState.FIRING or calm or since is None:
        return ()
    return (Text("Nobody has had it since "), Moment(since))
