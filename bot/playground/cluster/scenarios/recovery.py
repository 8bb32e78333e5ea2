"""Coming back: everything is healed at once, or one workload is rolled back to its revision before."""

from bot.playground.cluster.controllers.deployments import HASH, replica_sets_of
from bot.playground.cluster.objects import Json, copied, is_deleting, is_terminal, name_of, namespace_of
from bot.playground.cluster.resources import DEPLOYMENTS, NODES, PODS
from bot.playground.cluster.scenarios.stage import Choice, NothingFits, Stage
from bot.playground.cluster.scenarios.table import Group, Scenario, TargetKind


def _heal(stage: Stage, _choice: Choice) -> str:
    """Withdraw every plan, restore every node, roll back what hangs, and start what waits."""
    stage.kubelet.host.plans.withdraw_all()
    for name in [name_of(n) for n in stage.world.store.all(NODES)] + list(stage.lost_nodes):
        lost = stage.lost_nodes.pop(name, None)
        stage.nodes.restore(name, lost)
    rolled_back = [
        d for d in stage.world.store.all(DEPLOYMENTS) if _hangs(stage, d) and _roll_back_one(stage, d)
    ]
    for runtime in stage.kubelet.runtimes():
        stage.kubelet.unblock(runtime)
    for pod in stage.world.store.all(PODS):
        if is_deleting(pod):
            stage.world.delete_pod(pod, grace=0)
        elif pod["status"].get("reason") in {"Evicted", "OutOfcpu", "Terminated"} and is_terminal(pod):
            stage.world.delete_pod(pod)
    names = ", ".join(name_of(d) for d in rolled_back)
    return f"everything is healed{f'; rolled back: {names}' if names else ''}"


def _hangs(stage: Stage, deployment: Json) -> bool:
    """Whether a rollout has been begun and its newest pods are not all ready."""
    sets = replica_sets_of(stage.world, deployment)
    newest = sets[-1] if sets else None
    return (
        len(sets) > 1
        and newest is not None
        and (newest["status"].get("readyReplicas", 0) < deployment["spec"]["replicas"])
    )


def _roll_back_one(stage: Stage, deployment: Json) -> bool:
    sets = replica_sets_of(stage.world, deployment)
    if len(sets) < 2:
        return False
    template = copied(sets[-2]["spec"]["template"])
    template["metadata"]["labels"].pop(HASH, None)
    fresh = stage.world.store.get(DEPLOYMENTS, namespace_of(deployment), name_of(deployment))
    fresh["spec"]["template"] = template
    fresh["metadata"]["generation"] += 1
    stage.world.store.update(fresh)
    return True


def _roll_back(stage: Stage, choice: Choice) -> str:
    workload = stage.workload(choice)
    if workload["kind"] != "Deployment" or not _roll_back_one(stage, workload):
        raise NothingFits(f"{name_of(workload)} has no revision before its present one")
    return f"{name_of(workload)} in {namespace_of(workload)}: rolled back to the revision before"


RECOVERIES = (
    Scenario(
        id="heal-all",
        title="Heal everything",
        hint="All faults are withdrawn, nodes return, hanging rollouts are rolled back",
        group=Group.RECOVERS,
        target=TargetKind.CLUSTER,
        usual=("shop", "web"),
        act=_heal,
    ),
    Scenario(
        id="roll-back",
        title="Roll back",
        hint="kubectl rollout undo",
        group=Group.RECOVERS,
        target=TargetKind.WORKLOAD,
        usual=("shop", "web"),
        act=_roll_back,
    ),
)
