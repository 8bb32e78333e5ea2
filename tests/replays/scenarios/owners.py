"""What the owner of a pod says: whether the pod is missed, and whether all is well again."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from bot.model.pods import OwnerReference, Pod, PodUid
from tests.replays.script import Step, clock, gone, incident, listed, scenario, see, told
from tests.support.pods import (
    JOB,
    READY,
    SCHEDULED,
    a_pod,
    at,
    condition,
    crashed,
    disrupted,
    ended,
    running,
    waiting,
)

WELL = [SCHEDULED, READY]
UNREADY = [SCHEDULED, condition("Ready", "False", since=10)]


def deployment(seconds: float, *, desired: int, present: int, ready: int) -> Step:
    """The Deployment `web` as its controller sees it."""
    return _owner(
        seconds,
        "Deployment",
        "web",
        {"replicas": desired, "selector": {"matchLabels": {"app": "web"}}},
        {"replicas": present, "readyReplicas": ready, "observedGeneration": 1},
    )


def replica_set(seconds: float, name: str, *, revision: int, image: str, made: float) -> Step:
    """A revision of the Deployment `web`, made at that moment."""
    meta = {
        "name": name,
        "namespace": "shop",
        "creationTimestamp": at(made).isoformat(),
        "annotations": {"deployment.kubernetes.io/revision": str(revision)},
        "ownerReferences": [{"kind": "Deployment", "name": "web", "uid": "uid-of-web", "controller": True}],
    }
    template = {"spec": {"containers": [{"name": "app", "image": image}]}}
    spec = {"replicas": 1, "template": template}
    return Step(at=seconds, type="NOTED", other={"kind": "ReplicaSet", "metadata": meta, "spec": spec})


def _of_the_next(pod: Pod) -> Pod:
    """The pod as one of the ReplicaSet `web-8c5e0d`."""
    made_by = OwnerReference(kind="ReplicaSet", name="web-8c5e0d", uid="rs-2", controller=True)
    meta = replace(
        pod.metadata,
        name="web-8c5e0d-q4w7z",
        uid=PodUid("uid-2"),
        creation_timestamp=at(30),
        labels={"pod-template-hash": "8c5e0d"},
        owner_references=(made_by,),
    )
    return replace(pod, metadata=meta)


def job(seconds: float, *, failed: int, ended: str = "", reason: str = "") -> Step:
    """The Job `report`; `ended` is the condition that it ended with."""
    conditions = [{"type": ended, "status": "True", "reason": reason}] if ended else []
    return _owner(
        seconds,
        "Job",
        "report",
        {"parallelism": 1, "backoffLimit": 1},
        {"failed": failed, "active": 0 if ended else 1, "conditions": conditions},
    )


def _owner(seconds: float, kind: str, name: str, spec: dict[str, Any], status: dict[str, Any]) -> Step:
    meta = {"name": name, "namespace": "shop", "uid": f"uid-of-{name}", "generation": 1}
    return Step(
        at=seconds, type="NOTED", other={"kind": kind, "metadata": meta, "spec": spec, "status": status}
    )


scenario(
    "bare-pod-deleted-by-somebody",
    "Nothing replaces a bare pod: ten seconds after it has gone its people are told.",
    listed(0, a_pod(running(), name="once", owner=None)),
    see(10, a_pod(running(), name="once", owner=None, deleted=10)),
    gone(12, a_pod(crashed(exit_code=143, at=12), name="once", owner=None, deleted=10)),
    clock(60),
    told=[told(22, "Deleted", pod="once", owner="pod/once")],
    incidents=[incident("Deleted", "pod/once", 1, 1)],
)
scenario(
    "bare-pod-replaced",
    "`kubectl replace --force`: it is back under its name within seconds.",
    listed(0, a_pod(running(), name="once", owner=None)),
    gone(12, a_pod(crashed(exit_code=143, at=12), name="once", owner=None, deleted=10)),
    see(14, a_pod(running(since=14), name="once", uid="again", owner=None)),
    clock(600),
)
scenario(
    "bare-pod-drained",
    "A drain takes bare pods, too, and somebody wanted it so.",
    listed(0, a_pod(running(), name="once", owner=None)),
    gone(
        12,
        a_pod(
            crashed(exit_code=143, at=12),
            name="once",
            owner=None,
            deleted=10,
            conditions=[disrupted("EvictionByEvictionAPI")],
        ),
    ),
    clock(600),
)
scenario(
    "finished-bare-pod-deleted",
    "It had run to its end; that somebody tidies up is no loss.",
    listed(
        0, a_pod(crashed(exit_code=0), name="once", owner=None, restart_policy="Never", phase="Succeeded")
    ),
    gone(
        12,
        a_pod(
            crashed(exit_code=0),
            name="once",
            owner=None,
            restart_policy="Never",
            phase="Succeeded",
            deleted=12,
            grace=0,
        ),
    ),
    clock(600),
)
scenario(
    "removed-and-its-owner-wants-another",
    "The Deployment lacks a pod for more than a minute: something keeps it from making one.",
    listed(
        0,
        a_pod(running(), name="web-7d4b9c-a", uid="a", conditions=WELL),
        a_pod(running(), name="web-7d4b9c-b", uid="b", conditions=WELL),
    ),
    deployment(5, desired=2, present=2, ready=2),
    gone(12, a_pod(crashed(exit_code=143, at=12), name="web-7d4b9c-b", uid="b", deleted=10)),
    deployment(13, desired=2, present=1, ready=1),
    clock(120),
    told=[told(87, "Deleted", pod="web-7d4b9c-b")],
    incidents=[incident("Deleted", "deployment/web", 1, 1, around=["1 of 2 Ready"])],
)
scenario(
    "removed-and-its-owner-is-content",
    "Scaled down to one: nobody misses the other.",
    listed(0, a_pod(running(), name="web-7d4b9c-a", uid="a"), a_pod(running(), name="web-7d4b9c-b", uid="b")),
    deployment(9, desired=1, present=2, ready=2),
    gone(12, a_pod(crashed(exit_code=143, at=12), name="web-7d4b9c-b", uid="b", deleted=10)),
    deployment(13, desired=1, present=1, ready=1),
    clock(600),
)
scenario(
    "removed-with-its-owner",
    "The Deployment is deleted, and its pods with it.",
    listed(0, a_pod(running())),
    deployment(5, desired=1, present=1, ready=1),
    Step(
        at=10,
        type="NOTED_GONE",
        other={
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {},
            "status": {},
        },
    ),
    gone(12, a_pod(crashed(exit_code=143, at=12), deleted=10)),
    clock(600),
)
scenario(
    "recovers-after-a-crash",
    "Ready for the hold-down with a flat restart count, and the Deployment has what it wants: over.",
    listed(0, a_pod(running(), conditions=WELL)),
    see(10, a_pod(crashed(), conditions=UNREADY)),
    deployment(11, desired=1, present=1, ready=0),
    see(22, a_pod(running(restarts=1, last=ended(1), since=22), conditions=WELL)),
    deployment(23, desired=1, present=1, ready=1),
    clock(300),
    told=[told(10, "Error", "app", 0, 1)],
    incidents=[incident("Error", "deployment/web", 1, 1, state="recovered")],
)
scenario(
    "does-not-recover-while-the-owner-lacks-a-pod",
    "This pod is well again; the Deployment is not.",
    listed(0, a_pod(running(), conditions=WELL)),
    see(10, a_pod(crashed(), conditions=UNREADY)),
    see(22, a_pod(running(restarts=1, last=ended(1), since=22), conditions=WELL)),
    deployment(23, desired=3, present=2, ready=2),
    clock(1_800),
    told=[told(10, "Error", "app", 0, 1)],
    incidents=[incident("Error", "deployment/web", 1, 1, around=["1 of 3 Ready"])],
)
scenario(
    "does-not-recover-between-two-crashes",
    "Half a minute of being Ready is no recovery in a crash loop.",
    listed(0, a_pod(running(), conditions=WELL)),
    deployment(5, desired=1, present=1, ready=1),
    see(10, a_pod(crashed(run="a"), conditions=UNREADY)),
    see(22, a_pod(running(restarts=1, last=ended(1, run="a"), since=22), conditions=WELL)),
    see(52, a_pod(crashed(at=52, run="b", restarts=1, last=ended(1, run="a")), conditions=UNREADY)),
    see(72, a_pod(running(restarts=2, last=ended(1, at=52, run="b"), since=72), conditions=WELL)),
    clock(100),
    told=[told(10, "Error", "app", 0, 1), told(52, "Error", "app", 1, 1)],
    incidents=[incident("Error", "deployment/web", 2, 1, around=["1 of 1 Ready"])],
)
scenario(
    "mended-by-a-rollout",
    "A new image is rolled out while it fails, and all is well after it: the incident tells both.",
    listed(0, a_pod(running(), conditions=WELL)),
    deployment(1, desired=1, present=1, ready=1),
    replica_set(1, "web-7d4b9c", revision=2, image="registry.example/web:1.5.0", made=-600),
    see(10, a_pod(crashed(), conditions=UNREADY)),
    replica_set(30, "web-8c5e0d", revision=3, image="registry.example/web:1.5.1", made=30),
    see(
        30, _of_the_next(a_pod(waiting(reason="ContainerCreating"), conditions=[SCHEDULED], phase="Pending"))
    ),
    see(34, _of_the_next(a_pod(running(since=33), conditions=[SCHEDULED, condition("Ready", since=34)]))),
    see(35, a_pod(crashed(), conditions=UNREADY, deleted=35)),
    gone(37, a_pod(crashed(), conditions=UNREADY, deleted=35)),
    clock(300),
    told=[told(10, "Error", "app", 0, 1)],
    incidents=[
        incident(
            "Error",
            "deployment/web",
            1,
            1,
            state="recovered",
            around=["14:00:30  Revision 3 rolled out: image web:1.5.0 → web:1.5.1"],
        )
    ],
)
scenario(
    "reopened-by-a-death-soon-after",
    "Over for five minutes, then it dies again of the same: the same incident is open again.",
    listed(0, a_pod(running(), conditions=WELL)),
    deployment(5, desired=1, present=1, ready=1),
    see(10, a_pod(crashed(run="a"), conditions=UNREADY)),
    see(22, a_pod(running(restarts=1, last=ended(1, run="a"), since=22), conditions=WELL)),
    see(400, a_pod(crashed(at=400, run="b", restarts=1, last=ended(1, run="a")), conditions=UNREADY)),
    told=[told(10, "Error", "app", 0, 1), told(400, "Error", "app", 1, 1)],
    incidents=[incident("Error", "deployment/web", 2, 1)],
)
scenario(
    "deletion-is-no-recovery",
    "The crashed pod is deleted and its Deployment scaled to nothing: gone, and not well.",
    listed(0, a_pod(running(), conditions=WELL)),
    see(10, a_pod(crashed(), conditions=UNREADY)),
    gone(30, a_pod(crashed(), conditions=UNREADY, deleted=30, grace=0)),
    deployment(31, desired=0, present=0, ready=0),
    clock(300),
    told=[told(10, "Error", "app", 0, 1)],
    incidents=[incident("Error", "deployment/web", 1, 1, state="gone")],
)
scenario(
    "job-succeeds-at-the-second-try",
    "A Job's pod fails, the next one succeeds: over.",
    listed(),
    see(1, a_pod(running(), name="report-a", uid="a", owner=JOB, restart_policy="Never")),
    see(10, a_pod(crashed(), name="report-a", uid="a", owner=JOB, restart_policy="Never", phase="Failed")),
    job(10, failed=1),
    see(20, a_pod(running(since=20), name="report-b", uid="b", owner=JOB, restart_policy="Never")),
    see(
        40,
        a_pod(
            crashed(exit_code=0, at=40),
            name="report-b",
            uid="b",
            owner=JOB,
            restart_policy="Never",
            phase="Succeeded",
        ),
    ),
    job(41, failed=1, ended="Complete"),
    clock(900),
    told=[told(10, "Error", "app", 0, 1, pod="report-a", owner="job/report")],
    incidents=[incident("Error", "job/report", 1, 1, state="recovered")],
)
scenario(
    "job-fails-for-good",
    "Each try failed: the Job's one incident stays open.",
    listed(),
    see(10, a_pod(crashed(), name="report-a", uid="a", owner=JOB, restart_policy="Never", phase="Failed")),
    job(10, failed=1),
    see(
        40, a_pod(crashed(at=40), name="report-b", uid="b", owner=JOB, restart_policy="Never", phase="Failed")
    ),
    job(41, failed=2, ended="Failed", reason="BackoffLimitExceeded"),
    clock(900),
    told=[
        told(10, "Error", "app", 0, 1, pod="report-a", owner="job/report"),
        told(40, "Error", "app", 0, 1, pod="report-b", owner="job/report"),
    ],
)
