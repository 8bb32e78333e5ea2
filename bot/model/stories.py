"""The story of an incident: what happened to it, entry by entry, as its thread and its export show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.model.incidents import Ending, IncidentId, IncidentState
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.model.revisions import RevisionChange


class StoryKind(Enum):
    """What an entry tells."""

    OPENED = "opened"
    DIED = "died"
    """Further deaths, folded."""
    DIED_AGAIN = "died again"
    """After a long quiet in which it was never well."""
    REOPENED = "reopened"
    CHAPTER = "chapter"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    LAPSED = "lapsed"
    """An acknowledgement ended by itself."""
    SILENCED = "silenced"
    SILENCE_ENDED = "silence ended"
    BROKE_THROUGH = "broke through"
    """Something worse than the silence covers happened."""
    NOW_PAGES = "now pages"
    CALLED = "called"
    """A step of the escalation."""
    REACHED = "reached"
    """A webhook has taken what it was told."""
    UNREACHED = "not reached"
    """It has not."""
    DELETED = "deleted"
    """Somebody had podbot delete pods of it."""
    WIDENED = "widened"
    """It turned out to be more than one workload's."""
    TOOK_IN = "took in"
    """Another incident became part of it."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEntry:
    """One entry; which fields are set goes by the kind."""

    number: int
    """Its place in the incident's story, from 1: with it, a repeated write is one entry."""
    at: datetime
    kind: StoryKind
    aloud: bool = True
    """It is said in the thread; otherwise it is only kept: nobody was told of the incident then."""
    broadcast: bool = False
    """The channel sees it, too: it is back, or its message is hours old."""
    by: UserId | None = None
    words: str = ""
    """The reason that a person, the cluster or a webhook gave; text of theirs."""
    deaths: int = 0
    pods: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    until: datetime | None = None
    until_resolved: bool = False
    """Of a silence: it is over with the incident, whatever `until` says."""
    change: RevisionChange | None = None
    """What was rolled out; of a recovery, the revision after which it came."""
    other: IncidentId | None = None
    ending: Ending | None = None
    state: IncidentState | None = None
    """With `ending`: which one."""
    groups: tuple[UsergroupId, ...] = ()
    people: tuple[UserId, ...] = ()
    channel: ChannelId | None = None
    webhook: str = ""
    names: tuple[str, ...] = ()
    """Of pods."""
