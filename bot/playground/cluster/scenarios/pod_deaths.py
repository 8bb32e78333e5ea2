"""Pods that are ended as a whole: evicted, preempted, rejected, out of time, deleted, failing jobs."""

from bot.playground.cluster.controllers.world import disruption
from bot.playground.cluster.kubelet.plans import ContainerPlan, Ending, PodPlan, Stop
from bot.playground.cluster.objects import Json, name_of, namespace_of, timestamp, uid_of
from bot.playground.cluster.scenarios.deaths import dies
from bot.playground.cluster.scenarios.stage import Choice, Stage
from bot.playground.cluster.scenarios.table import TargetKind


def _evicted_memory(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    node = actor.runtime.node
    message = (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 51204Ki. Container "
        f"{actor.container.name} was using 412Mi, request is 128Mi, has larger consumption of memory. "
    )
    pressure = (
        "MemoryPressure",
        "True",
        "KubeletHasInsufficientMemory",
        "kubelet has insufficient memory available",
    )
    stage.nodes.set_condition(node, *pressure)
    _evict(stage, actor.pod, message, disruption("TerminationByKubelet", message))
    relief = (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    )
    stage.world.agenda.after(60.0, lambda: stage.nodes.set_condition(node, *relief))
    return f"{name_of(actor.pod)} in {namespace_of(actor.pod)}: evicted, {node} is low on memory"


def _evicted_storage(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    message = f'Container {actor.container.name} exceeded its local ephemeral storage limit "1Gi". '
    _evict(stage, actor.pod, message, None)
    return f"{name_of(actor.pod)} in {namespace_of(actor.pod)}: evicted, over its ephemeral storage limit"


def _evict(stage: Stage, pod: Json, message: str, mark: Json | None) -> None:
    runtime = stage.kubelet.runtime(uid_of(pod))
    if runtime is not None:
        stage.kubelet.host.tell(runtime, "Evicted", message, bad=True)
    stage.kubelet.end_pod(uid_of(pod), reason="Evicted", message=message, disruption=mark)


def _preempted(stage: Stage, choice: Choice) -> str:
    pod = stage.pod(choice)
    message = "default-scheduler: preempting to accommodate a higher priority pod"
    marked = stage.world.mark_disrupted(pod, "PreemptionByScheduler", message) or pod
    text = f"Preempted by pod {stage.world.names.uid()} on node {pod['spec']['nodeName']}"
    stage.world.events.warning(marked, "Preempted", text, component="default-scheduler")
    stage.kubelet.stop_like(uid_of(pod), Stop(exit_code=143))
    stage.world.delete_pod(marked)
    return f"{name_of(pod)} in {namespace_of(pod)}: preempted by a pod of higher priority"


def _rejected(stage: Stage, choice: Choice) -> str:
    workload = stage.workload(choice)
    why = "Node didn't have enough resource: cpu, requested: 500, used: 3900, capacity: 4000"
    stage.plan_pods(workload, PodPlan(rejection=("OutOfcpu", why), times=1))
    wanted = stage.scale(workload, 1)
    return f"{name_of(workload)} in {namespace_of(workload)}: scaled to {wanted}; the new pod is rejected"


def _deadline(stage: Stage, choice: Choice) -> str:
    pod = stage.pod(choice)
    pod["spec"]["activeDeadlineSeconds"] = 3600
    stage.world.store.update(pod)
    stage.kubelet.exceed_deadline(uid_of(pod))
    return f"{name_of(pod)} in {namespace_of(pod)}: past its active deadline"


def _bare_deleted(stage: Stage, choice: Choice) -> str:
    pod = stage.pod(choice)
    stage.world.delete_pod(pod)
    return f"{name_of(pod)} in {namespace_of(pod)}: deleted by someone; nothing makes it again"


def _job_failing(stage: Stage, choice: Choice) -> str:
    cron_job = stage.workload(choice)
    namespace, name = namespace_of(cron_job), f"{name_of(cron_job)}-manual-{stage.world.names.suffixed('')}"
    words = ("ERROR import failed: 403 from s3://exports", "ERROR run aborted")
    ending = Ending(after=4.0, exit_code=3, last_words=words)
    stage.kubelet.host.plans.for_workload((namespace, "Job", name), ContainerPlan(ending=ending))
    spec = cron_job["spec"].get("jobTemplate", cron_job)["spec"] | {"backoffLimit": 2}
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": stage.world.names.uid(),
        "creationTimestamp": timestamp(stage.world.agenda.now()),
        "generation": 1,
        "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
    }
    job = {"kind": "Job", "apiVersion": "batch/v1", "metadata": metadata, "spec": spec, "status": {}}
    stage.world.store.create(job)
    return f"{name} in {namespace}: the job's pods fail until its backoffLimit of 2 is reached"


POD_DEATHS = (
    dies("evicted-memory", "Evicted: memory", "The node is low on memory", _evicted_memory),
    dies(
        "evicted-storage",
        "Evicted: storage",
        "It wrote more than its ephemeral storage limit",
        _evicted_storage,
    ),
    dies("preempted", "Preempted", "A pod of higher priority needs the room", _preempted),
    dies(
        "rejected", "Rejected", "The node refuses a new pod (OutOfcpu)", _rejected, target=TargetKind.WORKLOAD
    ),
    dies(
        "deadline",
        "Deadline exceeded",
        "activeDeadlineSeconds is over",
        _deadline,
        usual=("tools", "toolbox"),
    ),
    dies(
        "bare-deleted",
        "Bare pod deleted",
        "Someone deletes a pod without an owner",
        _bare_deleted,
        usual=("tools", "toolbox"),
    ),
    dies(
        "job-failing",
        "Job fails",
        "Three pods fail, then the job itself",
        _job_failing,
        usual=("batch", "nightly-import"),
        target=TargetKind.WORKLOAD,
    ),
)
