"""Whom an incident calls that nobody acknowledges: the steps of a plan, by severity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.model.incidents import Severity
from bot.model.people import ChannelId, UsergroupId, UserId

ACKNOWLEDGED_FOR = timedelta(hours=4)
"""How long an acknowledgement holds where nobody says otherwise: half a shift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """What is done once an incident has been nobody's for so long. Several things may be done at once."""

    after: timedelta
    groups: tuple[UsergroupId, ...] = ()
    """User groups to mention in the incident's thread."""
    people: tuple[UserId, ...] = ()
    channel: ChannelId | None = None
    """A second channel to tell."""
    webhook: str = ""
    """The name of a webhook to call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPlan:
    """The steps for each severity; a step's number is its place. A severity without steps calls nobody."""

    steps: Mapping[Severity, tuple[EscalationStep, ...]] = field(default_factory=dict)
    acknowledged_for: timedelta = ACKNOWLEDGED_FOR


NOBODY = EscalationPlan()
"""The plan of a channel that calls nobody."""
