"""What a scenario is: an entry of the panel's table and the action behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.playground.cluster.scenarios.stage import Choice, Stage


class Group(StrEnum):
    """Where a scenario stands in the panel."""

    DIES = "dies"
    NEVER_STARTS = "never starts"
    STAYS_SILENT = "stays silent"
    RECOVERS = "recovers"


class TargetKind(StrEnum):
    """What a scenario befalls."""

    POD = "pod"
    WORKLOAD = "workload"
    NODE = "node"
    CLUSTER = "cluster"


class ScenarioError(Exception):
    """The scenario cannot be played: no such scenario, or nothing that it fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario. `usual` is the namespace and workload that it befalls when nothing is chosen."""

    id: str
    title: str
    hint: str
    group: Group
    target: TargetKind
    usual: tuple[str, str]
    act: Callable[[Stage, Choice], str]
