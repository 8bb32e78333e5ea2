"""The disruption controller: how many pods of a PodDisruptionBudget may go voluntarily just now."""

import math

from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.objects import Json, is_deleting, is_ready, is_terminal, labels_of, name_of
from bot.playground.cluster.resources import DISRUPTION_BUDGETS, PODS
from bot.playground.cluster.selectors import matches_labels


def budgets_of(world: World, pod: Json) -> list[Json]:
    """Return the budgets whose selector takes a pod in."""
    return [
        budget
        for budget in world.store.all(DISRUPTION_BUDGETS, pod["metadata"]["namespace"])
        if matches_labels(budget["spec"]["selector"]["matchLabels"], labels_of(pod))
    ]


def reconcile_budget(world: World, namespace: str, name: str) -> None:
    """Write the status of one budget."""
    budget = world.store.find(DISRUPTION_BUDGETS, namespace, name)
    if budget is None:
        return
    wanted = budget["spec"]["selector"]["matchLabels"]
    pods = [
        pod
        for pod in world.store.all(PODS, namespace)
        if matches_labels(wanted, labels_of(pod)) and not is_terminal(pod) and not is_deleting(pod)
    ]
    healthy = sum(is_ready(pod) for pod in pods)
    if "minAvailable" in budget["spec"]:
        desired = _number(budget["spec"]["minAvailable"], len(pods))
    else:
        desired = len(pods) - _number(budget["spec"].get("maxUnavailable", 1), len(pods))
    budget["status"] = {
        "observedGeneration": 1,
        "disruptionsAllowed": max(0, healthy - desired),
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": len(pods),
    }
    world.store.update(budget)


def reconcile_all_budgets(world: World, namespace: str) -> None:
    """Write the status of every budget of a namespace."""
    for budget in world.store.all(DISRUPTION_BUDGETS, namespace):
        reconcile_budget(world, namespace, name_of(budget))


def _number(text: str | int, total: int) -> int:
    return text if isinstance(text, int) else math.ceil(total * int(text.rstrip("%")) / 100)
