"""The Job controller: one pod until it succeeds, another after a delay when it fails, an end when too many
failed.
"""

from collections import defaultdict

from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.objects import (
    Json,
    condition_is_true,
    copied,
    is_deleting,
    name_of,
    namespace_of,
    owner_reference,
    timestamp,
    uid_of,
    with_condition,
)
from bot.playground.cluster.pod_template import pod_from_template
from bot.playground.cluster.resources import CRONJOBS, JOBS

COMPONENT = "job-controller"
RETRY_SECONDS = 10.0
"""Delay before the second try, doubled with each failure (`DefaultJobPodFailureBackOff`)."""


class JobController:
    """Runs jobs to their end. It remembers the pods it made, because a pod that is gone still counts as a
    failure.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._made: defaultdict[str, set[str]] = defaultdict(set)
        self._retrying: set[str] = set()

    def reconcile(self, namespace: str, name: str) -> None:
        """Take one step of a job's life, and write its status."""
        job = self._world.store.find(JOBS, namespace, name)
        if job is None or condition_is_true(job, "Complete") or condition_is_true(job, "Failed"):
            return
        made = self._made[uid_of(job)]
        pods = {uid_of(pod): pod for pod in self._world.pods_of(job)}
        made |= pods.keys()
        active = [
            p
            for p in pods.values()
            if p["status"].get("phase") in {"Pending", "Running"} and not is_deleting(p)
        ]
        succeeded = [p for p in pods.values() if p["status"].get("phase") == "Succeeded"]
        failed = len(made) - len(active) - len(succeeded)
        status = job["status"]
        status.setdefault("startTime", timestamp(self._world.agenda.now()))
        if succeeded:
            self._complete(job)
        elif failed > job["spec"].get("backoffLimit", 6):
            self._fail(job)
        elif not active and uid_of(job) not in self._retrying:
            self._start_after(job, RETRY_SECONDS * 2 ** (failed - 1) if failed else 0.0)
        counts = {"active": len(active), "failed": failed, "succeeded": len(succeeded)}
        job["status"] = {key: value for key, value in status.items() if key not in counts}
        job["status"] |= {key: value for key, value in counts.items() if value}
        job["status"]["ready"] = sum(condition_is_true(p, "Ready") for p in active)
        self._world.store.update(job)

    def _start_after(self, job: Json, delay: float) -> None:
        uid, namespace, name = uid_of(job), namespace_of(job), name_of(job)
        self._retrying.add(uid)

        def start() -> None:
            self._retrying.discard(uid)
            current = self._world.store.find(JOBS, namespace, name)
            if current is not None and uid_of(current) == uid:
                self._create_pod(current)

        self._world.agenda.after(delay, start)

    def _create_pod(self, job: Json) -> None:
        labels = {
            "batch.kubernetes.io/controller-uid": uid_of(job),
            "batch.kubernetes.io/job-name": name_of(job),
            "controller-uid": uid_of(job),
            "job-name": name_of(job),
        }
        world = self._world
        template = job["spec"]["template"]
        pod = world.store.create(
            pod_from_template(job, template, world.names, world.agenda.now(), labels=labels)
        )
        self._made[uid_of(job)].add(uid_of(pod))
        world.events.normal(job, "SuccessfulCreate", f"Created pod: {name_of(pod)}", component=COMPONENT)

    def _complete(self, job: Json) -> None:
        job["status"]["completionTime"] = timestamp(self._world.agenda.now())
        for kind in ("SuccessCriteriaMet", "Complete"):
            self._conclude(job, kind, "CompletionsReached", "Reached expected number of succeeded pods")
        self._world.events.normal(job, "Completed", "Job completed", component=COMPONENT)

    def _fail(self, job: Json) -> None:
        message = "Job has reached the specified backoff limit"
        for kind in ("FailureTarget", "Failed"):
            self._conclude(job, kind, "BackoffLimitExceeded", message)
        self._world.events.warning(job, "BackoffLimitExceeded", message, component=COMPONENT)

    def _conclude(self, job: Json, kind: str, reason: str, message: str) -> None:
        now = self._world.agenda.now()
        new = {
            "type": kind,
            "status": "True",
            "reason": reason,
            "message": message,
            "lastProbeTime": timestamp(now),
        }
        job["status"]["conditions"] = with_condition(job["status"].get("conditions", ()), new, now)


def run_cron_job(world: World, namespace: str, name: str) -> Json:
    """Make the job of a CronJob's next run now, named by the minute as the CronJob controller does."""
    cron_job = world.store.get(CRONJOBS, namespace, name)
    now = world.agenda.now()
    template = copied(cron_job["spec"]["jobTemplate"])
    job = world.store.create(
        {
            "kind": "Job",
            "apiVersion": "batch/v1",
            "metadata": {
                "name": f"{name}-{int(now.timestamp()) // 60}",
                "namespace": namespace,
                "uid": world.names.uid(),
                "creationTimestamp": timestamp(now),
                "generation": 1,
                "labels": template.get("metadata", {}).get("labels", {}),
                "ownerReferences": [owner_reference(cron_job)],
            },
            "spec": template["spec"],
            "status": {},
        }
    )
    cron_job["status"]["lastScheduleTime"] = timestamp(now)
    cron_job = world.store.update(cron_job)
    message = f"Created job {name_of(job)}"
    world.events.normal(cron_job, "SuccessfulCreate", message, component="cronjob-controller")
    return job
