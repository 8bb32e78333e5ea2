"""Letters: what podbot says of its own accord, each kept until Slack has it.

A letter is one message in one place: posted once, then brought up to date. Who has something to say writes a
letter in the transaction that changed what it tells of; the outbox delivers it, whatever happens in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import NewType

from bot.model.incidents import IncidentId
from bot.model.messages import Message
from bot.model.people import ChannelId, MessageTs
from bot.model.pods import ClusterName

LetterKey = NewType("LetterKey", str)
"""Which message it is: `incident/1F3K`, `incident/1F3K/story/2`. One key, one message."""


class Urgency(IntEnum):
    """Which goes first where several wait for one channel; the lower the sooner."""

    CRITICAL = 0
    """A page: an incident that fires, the mention of who is to look."""
    NORMAL = 1
    """What became of it."""
    QUIET = 2
    """Stories, digests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is to be said. A later one with the same key and a higher revision takes its place."""

    key: LetterKey
    cluster: ClusterName
    """Whose leader delivers it."""
    channel: ChannelId
    message: Message
    revision: int
    """Grows with each wording, from 1."""
    urgency: Urgency = Urgency.NORMAL
    thread: LetterKey | None = None
    """The letter in whose thread this one goes; that one is delivered first."""
    broadcast: bool = False
    """A reply that the channel sees, too (Slack's `reply_broadcast`)."""
    incident: IncidentId | None = None
    """The incident whose deaths are announced once this is delivered."""
    created_at: datetime
    """When this letter was first written, or before: no post of it is older. Of podbot's own troubles: since
    when it lasts this time."""
    edit_only: bool = False
    """Worth saying only where an earlier wording stands already; otherwise it counts as said."""
    final: bool = False
    """Nothing more will be said under this key: once delivered, it may be forgotten."""
    awaited: bool = False
    """Somebody has just pressed a button for it, and looks at the message: its updates do not slow down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """How far a letter has come."""

    revision: int = 0
    """The last revision that Slack has; 0: none yet."""
    channel: ChannelId | None = None
    """Where it really went, which is not the letter's channel after a fallback."""
    ts: MessageTs | None = None
    """Slack's id of the message; None: not posted, or nobody knows."""
    tried_at: datetime | None = None
    """When a post was begun of which nobody knows the outcome: it has to be looked for before another."""
    plain: bool = False
    """Slack refused its blocks; it goes on as plain text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLetter:
    """A letter as the store keeps it."""

    letter: Letter
    posted: Posted

    @property
    def waits(self) -> bool:
        """Whether there is something to be said still."""
        return self.letter.revision > self.posted.revision


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLetter:
    """A letter of podbot's about itself, as the replicas' store keeps it."""

    teller: str
    """The replica that tells it."""
    is_ours: bool
    """Whether that is the one that asks."""
    sign: datetime
    """Its last sign of life, by its own clock: another one after each sign."""
    kept: KeptLetter
