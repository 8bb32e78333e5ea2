"""A simulated Kubernetes cluster: the HTTP API as clients see it, and pods whose lives are written as a
kubelet writes them.

It imports nothing from the rest of the bot. Made for the demo, for rehearsals and for tests:

    async with serve(demo_cluster()) as running:
        print(running.url, await running.cluster.play("oom-kill"))
"""

from bot.playground.cluster.clock import Clock, ManualClock, SystemClock
from bot.playground.cluster.cluster import SimulatedCluster
from bot.playground.cluster.faults import Faults
from bot.playground.cluster.panel import ExtraButton
from bot.playground.cluster.scenarios import SCENARIOS, ScenarioError
from bot.playground.cluster.seed import demo_cluster
from bot.playground.cluster.server import RunningCluster, kubeconfig, serve

__all__ = [
    "SCENARIOS",
    "Clock",
    "ExtraButton",
    "Faults",
    "ManualClock",
    "RunningCluster",
    "ScenarioError",
    "SimulatedCluster",
    "SystemClock",
    "demo_cluster",
    "kubeconfig",
    "serve",
]
