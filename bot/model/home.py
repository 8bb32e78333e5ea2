"""What the App Home tab tells a person: the state of what they may see, and of podbot itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.answers import ClusterState, PodRow, Rule
from bot.model.commands import Command
from bot.model.messages import Block
from bot.model.people import Person
from bot.model.pods import ClusterName


@dataclass(frozen=True, slots=True, kw_only=True)
class BotHealth:
    """How well podbot itself is."""

    version: str
    watch_problem: str
    """Why what is known of the pods may be old, in words; empty while the watch is in step."""
    last_contact: datetime | None
    """When the cluster last said anything; None: it never has."""
    slack_connected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCommand:
    """Something that a person asked for."""

    command: Command
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeAlerts:
    """What is open and silenced of the incidents that a person may see, in the incidents' own words."""

    title: str
    open: int
    """Incidents, of which the first are shown."""
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Everything that the tab shows, for one person at one moment."""

    person: Person
    cluster: ClusterName
    broken: tuple[PodRow, ...]
    """Worst first; the first of `broken_in_all`."""
    broken_in_all: int
    pods: int
    """Pods in the namespaces that the person may list."""
    namespaces: int
    """How many such namespaces have pods."""
    namespaces_left_out: bool
    """There are pods in other namespaces."""
    rules: tuple[Rule, ...]
    policy_problem: str
    recent: tuple[PastCommand, ...]
    """The person's own, newest first."""
    health: BotHealth
    as_of: datetime
    alerts: HomeAlerts | None = None
    """None: nothing is open or silenced, or no record is kept of it."""

    @property
    def state(self) -> ClusterState:
        """How the cluster is, as far as the person may know of it."""
        return ClusterState(
            cluster=self.cluster,
            watch_problem=self.health.watch_problem,
            pods=self.pods,
            namespaces=self.namespaces,
            broken=self.broken_in_all,
        )
