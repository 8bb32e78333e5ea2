"""Where the incidents of a pod are told: what is known about it, and what the routes say to that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.deaths import Cause
from bot.model.incidents import Severity
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.model.pods import ClusterName, Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFacts:
    """What routes go by. Labels are the pod's; annotations are text from the cluster, hence hostile."""

    cluster: ClusterName
    namespace: str
    owner: Owner
    cause: Cause
    severity: Severity
    labels: Mapping[str, str] = field(default_factory=dict)
    pod_annotations: Mapping[str, str] = field(default_factory=dict)
    owner_annotations: Mapping[str, str] = field(default_factory=dict)
    part_of: Owner | None = None
    """The owner's own owner, where it has one: the CronJob that made a Job."""
    part_of_annotations: Mapping[str, str] = field(default_factory=dict)
    namespace_annotations: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[tuple[str, str], ...] = ()
    """Whose annotations could not be read, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where an incident goes and whom it calls. It has a channel unless it is muted."""

    names: tuple[str, ...] = ()
    """Of the routes that matched; none: it goes to the alert channel."""
    channels: tuple[ChannelId, ...] = ()
    groups: tuple[UsergroupId, ...] = ()
    """To mention when it opens."""
    people: tuple[UserId, ...] = ()
    escalation: str = ""
    """The name of the plan; empty: nobody is called later."""
    runbook: str = ""
    """An http or https URL."""
    owner: str = ""
    """Whose the workload is, in the words of its annotation."""
    muted: bool = False
    """It is recorded, counted and listed, and told nowhere."""
    why: tuple[str, ...] = ()
    """Which routes and annotations were looked at, and what came of it: a sentence each."""

    @property
    def name(self) -> str:
        """The routes as a message names them: `shop-critical`, or `archive + shop-critical`."""
        return " + ".join(self.names)
