"""What can happen to an incident: the inputs of `reducer`. Tagged, so that they can be kept and replayed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec

from bot.model.deaths import Death
from bot.model.escalations import NOBODY, EscalationPlan
from bot.model.incidents import (
    Ending,
    Evidence,
    Incident,
    IncidentId,
    IncidentKey,
    Replacements,
    SilencedBy,
    SilenceId,
)
from bot.model.people import UserId
from bot.model.revisions import RevisionChange
from bot.model.situations import Situation


class _Input(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of the inputs."""


class Opened(_Input, frozen=True, kw_only=True):
    """The first death of an incident: the only input that makes one out of none."""

    identity: IncidentId
    key: IncidentKey
    death: Death
    silence: SilencedBy | None = None
    """What keeps it back, where something does (`silencing.over`)."""
    storm: IncidentId | None = None
    """The digest that tells of it in its stead (`storm.placed`)."""


class Died(_Input, frozen=True, kw_only=True):
    """One more death of it."""

    death: Death
    silence: SilencedBy | None = None
    """What covers this death. An incident that is silent and gets a death that nothing covers is heard."""


class Corrected(_Input, frozen=True, kw_only=True):
    """The cause of its latest death became known late."""

    death: Death
    silence: SilencedBy | None = None
    """What covers the death as it is known now. What is silent and has another cause that nothing covers is
    heard."""


class EvidenceRead(_Input, frozen=True, kw_only=True):
    """What was found out about a death of it."""

    evidence: Evidence


class NewRevision(_Input, frozen=True, kw_only=True):
    """Its workload was rolled out anew while it is open: a new chapter."""

    change: RevisionChange


class Acknowledged(_Input, frozen=True, kw_only=True):
    """Somebody has it."""

    by: UserId
    until: datetime


class Unacknowledged(_Input, frozen=True, kw_only=True):
    """They let go of it."""

    by: UserId


class Silenced(_Input, frozen=True, kw_only=True):
    """Somebody wants to hear no more of it for a while."""

    silence: SilencedBy


class SilenceEnded(_Input, frozen=True, kw_only=True):
    """The silence that it is under was ended by a person, or does not cover it any more."""

    silence: SilenceId
    by: UserId | None = None
    then: SilencedBy | None = None
    """Another that covers it still: it stays silent under that one."""


class Escalate(_Input, frozen=True, kw_only=True):
    """It pages from now on: the Job has given up."""

    why: str


class Recovering(_Input, frozen=True, kw_only=True):
    """All of it is Ready; whether that holds is still to be seen."""

    since: datetime
    after: timedelta
    """How long it has to hold until it is called recovered."""


class Relapsed(_Input, frozen=True, kw_only=True):
    """It did not hold."""


class Replaced(_Input, frozen=True, kw_only=True):
    """How the pods are that take the place of those that died."""

    replacements: Replacements


class Looked(_Input, frozen=True, kw_only=True):
    """How it is around it by now."""

    situation: Situation


class Recovered(_Input, frozen=True, kw_only=True):
    """All of it has been well for the hold-down."""

    ending: Ending
    of_deaths: int
    """The deaths that the judgement was about: one that came meanwhile makes it out of date."""


class Gone(_Input, frozen=True, kw_only=True):
    """What was broken is not there any more."""

    ending: Ending
    of_deaths: int
    """As above."""


class Resolved(_Input, frozen=True, kw_only=True):
    """A person calls it over."""

    by: UserId
    reason: str = ""
    failing: bool
    """Something of it is still broken, or nobody knows."""
    force: bool = False
    """They know that, and want it closed all the same."""


class Widened(_Input, frozen=True, kw_only=True):
    """It is about more than it seemed: a node, an image, the CronJob whose Job it was."""

    key: IncidentKey


class PageAnswered(_Input, frozen=True, kw_only=True):
    """What came of telling a webhook how the incident stands."""

    webhook: str
    problem: str = ""
    """Why it was not taken; empty where it was."""


class PodsDeleted(_Input, frozen=True, kw_only=True):
    """Somebody had podbot delete pods of it."""

    by: UserId
    names: tuple[str, ...]
    reason: str = ""


class Absorbed(_Input, frozen=True, kw_only=True):
    """Another incident turned out to be part of it; that one gets `Merged`."""

    other: Incident


class Merged(_Input, frozen=True, kw_only=True):
    """It turned out to be part of another incident."""

    into: IncidentId


class Tick(_Input, frozen=True, kw_only=True):
    """Time has passed: what goes by it is due (`reducer.due_at` says when)."""

    plan: EscalationPlan = NOBODY


Input: TypeAlias = (
    Opened
    | Died
    | Corrected
    | EvidenceRead
    | NewRevision
    | Acknowledged
    | Unacknowledged
    | Silenced
    | SilenceEnded
    | Escalate
    | Recovering
    | Relapsed
    | Replaced
    | Looked
    | Recovered
    | Gone
    | Resolved
    | Widened
    | PageAnswered
    | PodsDeleted
    | Absorbed
    | Merged
    | Tick
)

BY_A_PERSON = Acknowledged | Unacknowledged | Silenced | SilenceEnded | Resolved | PodsDeleted
"""What a person presses, who then looks at the message. (A silence that ran its time ends as well.)"""
