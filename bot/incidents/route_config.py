"""What the configuration file says, as values. `route_file` makes them, `routing` goes by them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo
from enum import Enum

from pydantic import SecretStr

from bot.model.annotations import Annotation
from bot.model.deaths import Cause
from bot.model.escalations import NOBODY, EscalationPlan
from bot.model.incidents import Severity
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.model.tuning import Limits, Timings

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Hours of the week at a place. They go by the clock on the wall there, whatever daylight saving does."""

    name: str
    zone: tzinfo
    days: frozenset[int]
    """Days on which they begin; Monday is 0."""
    begin: int
    """Minutes after midnight, as the clock shows it."""
    end: int
    """Likewise, 24:00 at most. Before `begin`: on the day after."""

    def hold(self, now: datetime) -> bool:
        """Whether it is within them."""
        there = now.astimezone(self.zone)
        minute = there.hour * 60 + there.minute
        if self.begin < self.end:
            return there.weekday() in self.days and self.begin <= minute < self.end
        began_today = there.weekday() in self.days and minute >= self.begin
        return began_today or ((there.weekday() - 1) % 7 in self.days and minute < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a route is for. All that is said must hold; what is left out always does.

    Clusters, namespaces and owners are shell patterns, of which one must fit.
    """

    clusters: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    labels: tuple[tuple[str, frozenset[str]], ...] = ()
    """A label of the pod, and the values of which it must have one."""
    owners: tuple[str, ...] = ()
    """`deployment/web`, or the name alone."""
    causes: frozenset[Cause] = frozenset()
    severities: frozenset[Severity] = frozenset()
    hours: Hours | None = None
    outside: Hours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One route of the file."""

    name: str
    match: Match = Match()
    channels: tuple[ChannelId, ...] = ()
    groups: tuple[UsergroupId, ...] = ()
    people: tuple[UserId, ...] = ()
    escalation: str = ""
    runbook: str = ""
    mute: bool = False
    goes_on: bool = False
    """Routes after it are looked at, too (`continue: true`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationRule:
    """What one annotation may do."""

    allowed: bool
    namespaces: tuple[str, ...] = ("*",)
    """Patterns of namespaces in which it counts."""
    channels: tuple[str, ...] = ()
    """Of `podbot.io/channel`: patterns of the ids that it may name."""


ANNOTATIONS: Mapping[Annotation, AnnotationRule] = {
    Annotation.CHANNEL: AnnotationRule(allowed=False),
    Annotation.MUTE: AnnotationRule(allowed=False),
    Annotation.RUNBOOK: AnnotationRule(allowed=True),
    Annotation.OWNER: AnnotationRule(allowed=True),
}
"""Where the file says nothing: annotations may add words and links, but move and mute nothing."""


class WebhookKind(Enum):
    """What a webhook understands."""

    PAGERDUTY = "pagerduty"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Whom an escalation calls outside of Slack."""

    kind: WebhookKind
    url: SecretStr
    routing_key: SecretStr | None = None
    """Of PagerDuty's Events API v2; set where the kind is `PAGERDUTY`."""
    secret: SecretStr | None = None
    """Signs what goes to a `JSON` webhook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """When the week is summed up, and where."""

    channel: ChannelId
    day: int
    """Monday is 0."""
    at: time
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What is called while podbot is well, so that somebody notices when it is not."""

    url: SecretStr
    every: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file. An empty one sends everything to the alert channel and calls nobody."""

    rules: tuple[Rule, ...] = ()
    annotations: Mapping[Annotation, AnnotationRule] = field(default_factory=lambda: ANNOTATIONS)
    escalations: Mapping[str, EscalationPlan] = field(default_factory=dict)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    digest: Digest | None = None
    heartbeat: Heartbeat | None = None
    timings: Timings = field(default_factory=Timings)
    limits: Limits = field(default_factory=Limits)

    def plan(self, name: str) -> EscalationPlan:
        """The escalation of this name; one that is not in the file any more calls nobody."""
        found = self.escalations.get(name)
        return found or replace(NOBODY, acknowledged_for=self.timings.acknowledgement_lapses)
