"""The letter that tells an incident: the message as it stands, and how urgent it is."""

from __future__ import annotations

from datetime import datetime

from msgspec import structs

from bot import logs
from bot.incidents import announce
from bot.model.incidents import Incident, IncidentState, Severity
from bot.model.letters import Letter, LetterKey, Urgency
from bot.model.messages import Context, Message, plain
from bot.model.people import ChannelId

UNSAVED = "podbot cannot save at the moment: this comes from memory, and may be told again after a restart."

log = logs.get(__name__)


def key_of(incident: Incident) -> LetterKey:
    """The key of an incident's one message."""
    return LetterKey(f"incident/{incident.id}")


def letter_of(incident: Incident, channel: ChannelId, now: datetime, *, unsaved: bool, final: bool) -> Letter:
    """The incident as one letter. `unsaved` marks it; `final`: nothing more will be said."""
    message = _message(incident)
    if unsaved:
        message = structs.replace(message, blocks=(*message.blocks, Context(plain(UNSAVED))))
    return Letter(
        key=key_of(incident),
        cluster=incident.key.cluster,
        channel=channel,
        message=message,
        revision=incident.revision,
        urgency=_urgency(incident),
        incident=incident.id,
        created_at=now,
        final=final,
    )


def _urgency(incident: Incident) -> Urgency:
    pages = incident.state is IncidentState.FIRING and incident.severity is Severity.PAGE
    return Urgency.CRITICAL if pages else Urgency.NORMAL


def _message(incident: Incident) -> Message:
    try:
        return announce.message(incident)
    except Exception:
        # A death that we cannot put into words must not silence those that come after it.
        log.exception("incident_without_words", incident=incident.id)
        return announce.bare(incident)
