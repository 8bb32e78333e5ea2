"""Scenarios: each way in which pods die, fail to start, are taken down on purpose, or come back, at the press
of a button.
"""

from bot.playground.cluster.scenarios.births import BIRTHS
from bot.playground.cluster.scenarios.deaths import DEATHS
from bot.playground.cluster.scenarios.node_deaths import NODE_DEATHS
from bot.playground.cluster.scenarios.pod_deaths import POD_DEATHS
from bot.playground.cluster.scenarios.recovery import HEAL_ALL, RECOVERIES
from bot.playground.cluster.scenarios.silence import SILENCES
from bot.playground.cluster.scenarios.table import Group, Scenario, ScenarioError, TargetKind

SCENARIOS: dict[str, Scenario] = {
    scenario.id: scenario
    for scenario in (*DEATHS, *POD_DEATHS, *NODE_DEATHS, *BIRTHS, *SILENCES, *RECOVERIES)
}
"""All scenarios by id, in the order in which a panel shows them."""

__all__ = ["HEAL_ALL", "SCENARIOS", "Group", "Scenario", "ScenarioError", "TargetKind"]
