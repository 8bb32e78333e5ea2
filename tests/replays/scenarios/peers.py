"""Failures of other detectors: a file for each hole that is known, which a detector of that kind fails.

The names give the detector and the hole's number in our notes on them.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.model.pods import OwnerReference, Pod
from tests.replays.script import (
    clock,
    event,
    gone,
    incident,
    listed,
    lost,
    restarted,
    scenario,
    see,
    told,
)
from tests.support.pods import (
    JOB,
    READY,
    SCHEDULED,
    a_pod,
    condition,
    crashed,
    ended,
    running,
    waiting,
)

OOM = ended(137, reason="OOMKilled")
PULLING = waiting("app", "ImagePullBackOff", message="not found")


def of_next_revision(pod: Pod) -> Pod:
    """The same pod under the Deployment's next ReplicaSet."""
    owner = OwnerReference(kind="ReplicaSet", name="web-5f6c8d", uid="rs-2", controller=True)
    labels = {"pod-template-hash": "5f6c8d"}
    return replace(pod, metadata=replace(pod.metadata, owner_references=(owner,), labels=labels))


# Botkube: warnings among the events, and comparisons of fields.

scenario(
    "botkube-1-1-crash-without-an-event",
    "A crash with an instant restart leaves no event: the status alone tells it.",
    listed(0, a_pod(running())),
    see(12, a_pod(running(restarts=1, last=ended(1), since=12))),
    told=[told(12, "Error", "app", 0, 1)],
)
scenario(
    "botkube-1-2-event-written-anew-after-an-hour",
    "BackOff events are counted up and, when the old one has expired, written anew: the crash is told once.",
    listed(0, a_pod(running())),
    see(10, a_pod(crashed())),
    see(12, a_pod(waiting(last=ended(1)))),
    event(20, "BackOff", "Back-off restarting failed container", name="web.1"),
    event(2_000, "BackOff", "Back-off restarting failed container", name="web.1", count=150),
    event(3_700, "BackOff", "Back-off restarting failed container", name="web.2"),
    see(3_700, a_pod(waiting(last=ended(1)))),
    told=[told(10, "Error", "app", 0, 1)],
)
scenario(
    "botkube-1-3-death-before-the-process-began",
    "It died while the bot was being restarted.",
    listed(0, a_pod(running())),
    restarted(100, a_pod(running(restarts=1, last=ended(1, at=50), since=51))),
    told=[told(100, "Error", "app", 0, 1)],
)
scenario(
    "botkube-1-4-unhealthy-during-a-rollout",
    "Readiness warnings of new pods and of old ones that go: none is a death.",
    listed(0, a_pod(running(), name="web-7d4b9c-old", uid="old")),
    see(1, a_pod(running(ready=False, since=1))),
    event(3, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", count=5),
    see(20, a_pod(running(since=1), conditions=[SCHEDULED, READY])),
    see(21, a_pod(running(), name="web-7d4b9c-old", uid="old", deleted=21)),
    event(22, "Unhealthy", "Readiness probe failed: connection refused", pod="web-7d4b9c-old", uid="old"),
    gone(25, a_pod(crashed(exit_code=143, at=24), name="web-7d4b9c-old", uid="old", deleted=21)),
    clock(3_600),
)
scenario(
    "botkube-1-5-workload-from-the-pods-own-labels",
    "What a death belongs to is read off the pod, not off an event about it.",
    listed(0, a_pod(running())),
    event(9, "BackOff", "Back-off restarting failed container"),
    see(10, a_pod(crashed())),
    told=[told(10, "Error", "app", 0, 1)],
    incidents=[incident("Error", "deployment/web", 1, 1)],
)
scenario(
    "botkube-1-6-one-update-by-several-routes",
    "The same update arrives three times, and the one of a healthy pod in between: one death.",
    listed(0, a_pod(running()), a_pod(running(), name="web-7d4b9c-b", uid="b")),
    see(10, a_pod(crashed())),
    see(10, a_pod(running(), name="web-7d4b9c-b", uid="b")),
    see(10, a_pod(crashed())),
    see(10, a_pod(crashed())),
    told=[told(10, "Error", "app", 0, 1)],
)
scenario(
    "botkube-1-7-gone-without-a-last-line",
    "Deleted while the watch was lost, after the end of its container was seen but not yet explained.",
    listed(0, a_pod(running(), owner=JOB, restart_policy="Never")),
    see(
        10,
        a_pod(
            crashed(exit_code=3),
            owner=JOB,
            restart_policy="Never",
            conditions=[condition("Ready", "False", reason="PodFailed", since=10)],
        ),
    ),
    lost(60),
    told=[told(60, "Error", "app", 0, 3, owner="job/report")],
)

# Robusta: triggers on a pod's current state, and rate limits in memory.

scenario(
    "robusta-2-1-oom-fast-restart",
    "Out of memory and running again before the next look: only lastState has it.",
    listed(0, a_pod(running())),
    see(12, a_pod(running(restarts=1, last=OOM, since=11))),
    told=[told(12, "OOMKilled", "app", 0, 137)],
)
scenario(
    "robusta-2-1-single-crash",
    "One crash is a death; nobody waits for the second.",
    listed(0, a_pod(running())),
    see(10, a_pod(crashed())),
    see(21, a_pod(running(restarts=1, last=ended(1), since=21))),
    clock(3_600),
    told=[told(10, "Error", "app", 0, 1)],
)
scenario(
    "robusta-2-1-slow-crasher",
    "It crashes every fifty minutes and never gets into CrashLoopBackOff.",
    listed(0, a_pod(running())),
    see(3_000, a_pod(running(restarts=1, last=ended(1, at=2_999, run="a"), since=3_000))),
    see(6_000, a_pod(running(restarts=2, last=ended(1, at=5_999, run="b"), since=6_000))),
    told=[told(3_000, "Error", "app", 0, 1), told(6_000, "Error", "app", 1, 1)],
)
scenario(
    "robusta-2-1-never-and-failed",
    "restartPolicy Never: it fails once and is never restarted.",
    listed(0, a_pod(running(), owner=JOB, restart_policy="Never")),
    see(10, a_pod(crashed(exit_code=2), owner=JOB, restart_policy="Never", phase="Failed")),
    told=[told(10, "Error", "app", 0, 2, owner="job/report")],
)
scenario(
    "robusta-2-2-waiting-for-no-reason",
    "A container that waits without a reason, which the API allows, after two restarts.",
    listed(0, a_pod(running(restarts=1, last=ended(1, at=-60, run="a")))),
    see(10, a_pod(crashed(run="b", restarts=1, last=ended(1, at=-60, run="a")))),
    see(11, a_pod(waiting("app", "", restarts=2, last=ended(1, run="b")))),
    told=[told(10, "Error", "app", 1, 1)],
)
scenario(
    "robusta-2-3-duplicates-after-a-restart",
    "A crash loop before and after a restart of the bot: each death once.",
    listed(0, a_pod(running())),
    see(12, a_pod(waiting(last=ended(1, run="a")))),
    restarted(20, a_pod(waiting(last=ended(1, run="a")))),
    see(25, a_pod(waiting(last=ended(1, run="a")))),
    told=[told(12, "Error", "app", 0, 1)],
)
scenario(
    "robusta-2-4-two-bad-containers",
    "Two containers of one workload with two causes: neither is swallowed by the other's limit.",
    listed(0, a_pod(running(), running("proxy"))),
    see(10, a_pod(crashed(), running("proxy"))),
    see(12, a_pod(waiting(last=ended(1)), crashed("proxy", 137, at=12, reason="OOMKilled"))),
    told=[told(10, "Error", "app", 0, 1), told(12, "OOMKilled", "proxy", 0, 137)],
)
scenario(
    "robusta-2-4-the-next-replica-set",
    "The next revision of the same Deployment crashes alike: one incident goes on, no second one begins.",
    listed(0, a_pod(running())),
    see(10, a_pod(crashed())),
    see(30, of_next_revision(a_pod(running(since=30), name="web-5f6c8d-p1q2r", uid="next"))),
    see(40, of_next_revision(a_pod(crashed(at=40), name="web-5f6c8d-p1q2r", uid="next"))),
    told=[told(10, "Error", "app", 0, 1), told(40, "Error", "app", 0, 1, pod="web-5f6c8d-p1q2r")],
    incidents=[incident("Error", "deployment/web", deaths=2, pods=2)],
)
scenario(
    "robusta-2-5-storm",
    "More deaths at one moment than a queue of five hundred holds: all are told.",
    listed(),
    see(10, *(a_pod(crashed(), name=f"web-7d4b9c-{n:03}", uid=f"u{n}") for n in range(510))),
    told=[told(10, "Error", "app", 0, 1, pod=f"web-7d4b9c-{n:03}") for n in range(510)],
)
scenario(
    "robusta-2-6-evicted-and-its-node-is-gone",
    "Nothing is left to ask about the node; the eviction is told all the same.",
    listed(0, a_pod(running(), node="node-gone")),
    see(10, a_pod(crashed(exit_code=137), node="node-gone", phase="Failed", reason="Evicted")),
    told=[told(10, "Evicted")],
)

# kubewatch: a message for each change.

scenario(
    "kubewatch-4-one-message-per-status-update",
    "Ten updates of a pod that comes up and lives: nothing.",
    listed(),
    see(1, a_pod(phase="Pending")),
    see(2, a_pod(waiting("app", "ContainerCreating"), phase="Pending")),
    *(see(3 + n, a_pod(running(since=3), conditions=[SCHEDULED, condition("Ready", since=3 + n)]))
      for n in range(8)),
)  # fmt: skip
scenario(
    "kubewatch-4-scale-down-is-no-alarm",
    "Pods that are removed because somebody wants fewer.",
    listed(0, *(a_pod(running(), name=f"web-7d4b9c-{n}", uid=n) for n in "ab")),
    see(10, a_pod(running(), name="web-7d4b9c-b", uid="b", deleted=10)),
    gone(11, a_pod(crashed(exit_code=0, at=11), name="web-7d4b9c-b", uid="b", deleted=10)),
    clock(3_600),
)
scenario(
    "kubewatch-4-absolute-restart-count",
    "It restarted once, long ago; each update since is no death.",
    listed(0, a_pod(running(restarts=1, last=ended(1, at=-9_000), since=-8_990))),
    *(
        see(
            10 * n,
            a_pod(
                running(restarts=1, last=ended(1, at=-9_000), since=-8_990),
                conditions=[SCHEDULED, condition("Ready", since=10 * n)],
            ),
        )
        for n in range(1, 6)
    ),
)
scenario(
    "kubewatch-4-err-image-pull",
    "ErrImagePull is as good as ImagePullBackOff.",
    listed(),
    see(1, a_pod(waiting("app", "ErrImagePull"), phase="Pending")),
    clock(61),
    told=[told(61, "ImagePull", "app", 0)],
)

# k8s-pod-restart-info-collector: the sum of a pod's restart counts.

scenario(
    "restart-info-5-init-container",
    "The sum over the app containers does not grow when an init container fails.",
    listed(),
    see(1, a_pod(waiting("app", "PodInitializing"), init=[crashed("migrate", 1, at=1)], phase="Pending")),
    told=[told(1, "InitFailed", "migrate", 0, 1)],
)
scenario(
    "restart-info-5-image-pull",
    "Nothing restarts that never ran.",
    listed(),
    see(1, a_pod(PULLING, phase="Pending")),
    clock(120),
    told=[told(61, "ImagePull", "app", 0)],
)
scenario(
    "restart-info-5-failed-and-evicted",
    "restartCount stays 0.",
    listed(
        0, a_pod(running()), a_pod(running(), name="report-1", uid="r", owner=JOB, restart_policy="Never")
    ),
    see(10, a_pod(crashed(exit_code=137), phase="Failed", reason="Evicted")),
    see(
        11, a_pod(crashed(at=11), name="report-1", uid="r", owner=JOB, restart_policy="Never", phase="Failed")
    ),
    told=[told(10, "Evicted"), told(11, "Error", "app", 0, 1, pod="report-1", owner="job/report")],
)
scenario(
    "restart-info-5-wrong-container",
    "proxy restarted long ago, app crashes now: it is app that is named.",
    listed(0, a_pod(running("proxy", restarts=4, last=ended(1, at=-9_000), since=-8_990), running("app"))),
    see(
        10,
        a_pod(running("proxy", restarts=4, last=ended(1, at=-9_000), since=-8_990), crashed("app", 2)),
    ),
    told=[told(10, "Error", "app", 0, 2)],
)
scenario(
    "restart-info-5-second-cause-within-the-mute",
    "A minute after an error it runs out of memory: that is news.",
    listed(0, a_pod(running())),
    see(12, a_pod(running(restarts=1, last=ended(1, run="a"), since=12))),
    see(72, a_pod(running(restarts=2, last=ended(137, at=70, reason="OOMKilled", run="b"), since=72))),
    told=[told(12, "Error", "app", 0, 1), told(72, "OOMKilled", "app", 1, 137)],
)
scenario(
    "restart-info-5-fifty-replicas",
    "Fifty replicas die of one cause: one incident, not fifty messages.",
    listed(),
    see(10, *(a_pod(crashed(), name=f"web-7d4b9c-{n:02}", uid=f"u{n}") for n in range(50))),
    told=[told(10, "Error", "app", 0, 1, pod=f"web-7d4b9c-{n:02}") for n in range(50)],
    incidents=[incident("Error", "deployment/web", deaths=50, pods=50)],
)
scenario(
    "restart-info-5-after-thirty-restarts",
    "The hundredth restart is told like the first.",
    listed(0, a_pod(running(restarts=99, last=ended(1, at=-60, run="a"), since=-50))),
    see(12, a_pod(running(restarts=100, last=ended(1, run="b"), since=12))),
    told=[told(12, "Error", "app", 99, 1)],
)
scenario(
    "restart-info-5-its-pod-is-gone-already",
    "Deleted right after its crash, so nothing can be read of it: told without evidence.",
    listed(0, a_pod(running())),
    see(10, a_pod(crashed())),
    gone(11, a_pod(crashed(), deleted=11, grace=0)),
    told=[told(10, "Error", "app", 0, 1)],
)

# stern and others.

scenario(
    "stern-6-another-container-of-the-same-number",
    "The runtime's id is another one, the restart count is not: the kubelet forgot, the death is real.",
    listed(0, a_pod(running())),
    see(10, a_pod(crashed(run="a"))),
    see(20, a_pod(running(restarts=0, since=20))),
    see(30, a_pod(crashed(at=30, run="b"))),
    told=[told(10, "Error", "app", 0, 1), told(30, "Error", "app", 1, 1)],
)
scenario(
    "kube-slack-6-between-two-polls",
    "It died and came up within a second.",
    listed(0, a_pod(running(), conditions=[SCHEDULED, READY])),
    see(11, a_pod(running(restarts=1, last=ended(1), since=11), conditions=[SCHEDULED, READY])),
    told=[told(11, "Error", "app", 0, 1)],
)
scenario(
    "oom-generator-6-oom-of-an-earlier-life",
    "It ran out of memory before the bot's first look and runs again: no news.",
    listed(0, a_pod(running(restarts=3, last=ended(137, at=-20, reason="OOMKilled", run="a"), since=-1))),
    see(
        5,
        a_pod(running(restarts=3, last=ended(137, at=-20, reason="OOMKilled", run="a"), since=5)),
    ),
    event(5, "Started", "Started container app", kind="Normal"),
)
scenario(
    "oom-generator-6-child-process",
    "The kernel kills a child and the container lives on: its status shows nothing, so nothing is claimed.",
    listed(0, a_pod(running())),
    event(10, "OOMKilling", "Memory cgroup out of memory: Killed process 4242 (worker)", container=""),
    see(11, a_pod(running())),
)
