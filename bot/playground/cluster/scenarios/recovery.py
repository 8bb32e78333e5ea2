"""Coming back: everything is put back as it was at the beginning, or one workload is rolled back."""

from bot.playground.cluster.controllers.deployments import HASH, replica_sets_of
from bot.playground.cluster.kubelet.pods import runs_for_ever
from bot.playground.cluster.objects import (
    Json,
    controller_of,
    copied,
    is_deleting,
    is_terminal,
    name_of,
    namespace_of,
    uid_of,
)
from bot.playground.cluster.pod_template import completed_pod
from bot.playground.cluster.resources import BY_KIND, DEPLOYMENTS, JOBS, NODES, PODS
from bot.playground.cluster.scenarios.stage import Choice, NothingFits, Stage
from bot.playground.cluster.scenarios.table import Group, Scenario, TargetKind

HEAL_ALL = "heal-all"


def _heal(stage: Stage, _choice: Choice) -> str:
    """Withdraw every plan, restore every node, put workloads back and start what waits."""
    stage.kubelet.host.plans.withdraw_all()
    for pod in stage.world.store.all(PODS):
        if controller_of(pod) is None and not runs_for_ever(pod):
            stage.plan_success(pod)  # that it runs to its end was a plan, too
    for name in [name_of(n) for n in stage.world.store.all(NODES)] + list(stage.lost_nodes):
        lost = stage.lost_nodes.pop(name, None)
        stage.nodes.restore(name, lost)
    put_back = [name_of(each) for each in stage.beginning.workloads if _put_back(stage, each)]
    for job in stage.world.store.all(JOBS):
        if uid_of(job) not in stage.beginning.jobs:
            stage.world.store.remove(job)
    for runtime in stage.kubelet.runtimes():
        stage.kubelet.unblock(runtime)
    _tidy_up(stage)
    put_back += [name_of(each) for each in stage.beginning.bare_pods if _make_again(stage, each)]
    names = ", ".join(put_back)
    return f"everything is healed{f'; put back: {names}' if names else ''}"


def _put_back(stage: Stage, workload: Json) -> bool:
    """Give a workload the template and the number of pods that it began with; whether it had others."""
    now = stage.world.store.find(BY_KIND[workload["kind"]], namespace_of(workload), name_of(workload))
    if now is None or now["spec"] == workload["spec"]:
        return False
    now["spec"] = copied(workload["spec"])
    now["metadata"]["generation"] += 1
    stage.world.store.update(now)
    return True


def _tidy_up(stage: Stage) -> None:
    """End what is being deleted, and take away what has failed, or is over and of no Job."""
    for pod in stage.world.store.all(PODS):
        owner = controller_of(pod)
        of_a_job = owner is not None and owner["kind"] == "Job"
        if is_deleting(pod):
            stage.world.delete_pod(pod, grace=0)
        elif is_terminal(pod) and not of_a_job:
            stage.world.delete_pod(pod)


def _make_again(stage: Stage, pod: Json) -> bool:
    """Make a bare pod again that is there no more; whether it was missing."""
    if stage.world.store.find(PODS, namespace_of(pod), name_of(pod)) is not None:
        return False
    stage.world.store.create(completed_pod(pod, stage.world.names, stage.world.agenda.now()))
    return True


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
        id=HEAL_ALL,
        title="Heal everything",
        hint="Faults and outages end; nodes, workloads and bare pods are as at the beginning",
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
