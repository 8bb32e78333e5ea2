"""What people do on purpose: rollouts, scaling, deletions, drains, jobs that finish. Nothing here is an
incident.
"""

from collections.abc import Callable

from bot.playground.cluster.controllers.budgets import budgets_of
from bot.playground.cluster.controllers.jobs import run_cron_job
from bot.playground.cluster.kubelet.plans import Stop
from bot.playground.cluster.objects import Json, controller_of, name_of, namespace_of, timestamp, uid_of
from bot.playground.cluster.pod_template import completed_pod
from bot.playground.cluster.scenarios.stage import Choice, NothingFits, Stage
from bot.playground.cluster.scenarios.table import Group, Scenario, TargetKind

RETRY_EVICTION = 5.0
DRAIN_TRIES = 60


def _rollout(stage: Stage, choice: Choice) -> str:
    workload = stage.workload(choice)
    seen = []

    def change(template: Json) -> None:
        container = template["spec"]["containers"][0]
        base, _, tag = container["image"].rpartition(":")
        major, _, last = tag.rpartition(".")
        container["image"] = f"{base}:{major}.{int(last) + 1}" if last.isdigit() else f"{base}:{tag}.1"
        seen.append(container["image"])

    for pod in stage.pods_of_workload(namespace_of(workload), name_of(workload)):
        stage.kubelet.stop_like(uid_of(pod), Stop(exit_code=143))
    stage.change_template(workload, change)
    return f"{name_of(workload)} in {namespace_of(workload)}: rolling out {seen[0]}"


def _restart(stage: Stage, choice: Choice) -> str:
    workload = stage.workload(choice)
    now = timestamp(stage.world.agenda.now())

    def change(template: Json) -> None:
        template["metadata"].setdefault("annotations", {})["kubectl.kubernetes.io/restartedAt"] = now

    stage.change_template(workload, change)
    return (
        f"{name_of(workload)} in {namespace_of(workload)}: restarted; init containers end with 0 on the way"
    )


def _scale_down(stage: Stage, choice: Choice) -> str:
    workload = stage.workload(choice)
    for pod in stage.pods_of_workload(namespace_of(workload), name_of(workload)):
        stage.kubelet.stop_like(
            uid_of(pod), Stop(after=60.0)
        )  # ignores SIGTERM: killed with 137 at the end of its grace
    wanted = stage.scale(workload, -1)
    return f"{name_of(workload)} in {namespace_of(workload)}: scaled down to {wanted}"


def _delete(stage: Stage, choice: Choice) -> str:
    pod = stage.pod(choice)
    stage.world.delete_pod(pod)
    return f"{name_of(pod)} in {namespace_of(pod)}: deleted; its owner makes another"


def _drain(stage: Stage, choice: Choice) -> str:
    node = stage.node(choice)
    stage.nodes.cordon(node)
    _evict_all(stage, node, DRAIN_TRIES)
    return f"{node}: cordoned and drained"


def _evict_all(stage: Stage, node: str, tries: int) -> None:
    """Evict what a drain evicts, again and again while disruption budgets hold some of it back."""
    if not stage.nodes.is_cordoned(node):
        return  # it was healed meanwhile
    left = False
    for pod in stage.nodes.pods_on(node):
        owner = controller_of(pod)
        if owner is not None and owner["kind"] == "DaemonSet":
            continue
        if any(b["status"].get("disruptionsAllowed", 0) <= 0 for b in budgets_of(stage.world, pod)):
            left = True
            continue
        marked = stage.world.mark_disrupted(pod, "EvictionByEvictionAPI", "Eviction API: evicting")
        stage.world.delete_pod(marked or pod)
        left = True
    if left and tries:
        stage.world.agenda.after(RETRY_EVICTION, lambda: _evict_all(stage, node, tries - 1))


def _job_done(stage: Stage, choice: Choice) -> str:
    cron_job = stage.workload(choice)
    if cron_job["kind"] != "CronJob":
        raise NothingFits(f"{name_of(cron_job)} is a {cron_job['kind']}, not a CronJob")
    job = run_cron_job(stage.world, namespace_of(cron_job), name_of(cron_job))
    return f"{name_of(job)} in {namespace_of(job)}: runs and completes"


def _bare_done(stage: Stage, _choice: Choice) -> str:
    name = stage.world.names.suffixed("db-report-")
    container = {"name": "report", "image": "registry.example.com/tools/report:2.1.0"}
    pod = {
        "metadata": {"name": name, "namespace": "tools", "labels": {"app": "db-report"}},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }
    created = completed_pod(pod, stage.world.names, stage.world.agenda.now())
    stage.plan_success(created)
    stage.world.store.create(created)
    return f"{name} in tools: a bare pod that runs to its end"


def _silent(
    id_: str,
    title: str,
    hint: str,
    act: Callable[[Stage, Choice], str],
    *,
    usual: tuple[str, str] = ("shop", "web"),
    target: TargetKind = TargetKind.WORKLOAD,
) -> Scenario:
    return Scenario(
        id=id_, title=title, hint=hint, group=Group.STAYS_SILENT, target=target, usual=usual, act=act
    )


SILENCES = (
    _silent("rollout", "Rollout", "A new image, pod by pod; old containers leave with 143", _rollout),
    _silent(
        "restart",
        "Rollout restart",
        "Every pod is replaced; init containers end with 0",
        _restart,
        usual=("shop", "cart"),
    ),
    _silent("scale-down", "Scale down", "One pod fewer; it ignores SIGTERM and leaves with 137", _scale_down),
    _silent(
        "delete",
        "Delete a pod",
        "kubectl delete pod; its owner makes another",
        _delete,
        target=TargetKind.POD,
    ),
    _silent(
        "drain",
        "Drain a node",
        "Cordon, then evict within the disruption budgets",
        _drain,
        usual=("shop", "search"),
        target=TargetKind.NODE,
    ),
    _silent(
        "job-done",
        "Job finishes",
        "The CronJob runs now and completes",
        _job_done,
        usual=("batch", "nightly-import"),
    ),
    _silent(
        "bare-done",
        "Bare pod finishes",
        "A pod with restartPolicy Never ends with 0",
        _bare_done,
        usual=("tools", "toolbox"),
        target=TargetKind.CLUSTER,
    ),
)
