"""Deaths that take the pod as a whole: evictions, lost nodes, rejections."""

from __future__ import annotations

from tests.replays.script import clock, gone, incident, listed, restarted, scenario, see, told
from tests.support.pods import (
    DAEMON_SET,
    JOB,
    a_pod,
    condition,
    crashed,
    disrupted,
    ended,
    lost,
    running,
    terminated,
    waiting,
)

KILLED = crashed(exit_code=137)
WOUND_UP = condition("Ready", "False", reason="PodFailed", since=10)
_LOST = [condition("Ready", "False", since=50), condition("ContainersReady")]


def _failed(
    name: str, intent: str, cause: str, reason: str, *, message: str = "", disruption: str = ""
) -> None:
    """A running pod ends as a whole, and its own status says why."""
    conditions = [disrupted(disruption)] if disruption else []
    over = a_pod(KILLED, phase="Failed", reason=reason, message=message, conditions=conditions)
    scenario(
        name,
        intent,
        listed(),
        see(1, a_pod(running())),
        see(10, over),
        told=[told(10, cause)],
    )


_failed("evicted-for-memory", "The kubelet evicts for the node's sake; the container's 137 is part of it.",
        "Evicted", "Evicted", message="The node was low on resource: memory. ",
        disruption="TerminationByKubelet")  # fmt: skip
_failed("evicted-older-kubelet", "Before 1.25 there is no condition, only the reason.",
        "Evicted", "Evicted", message="The node was low on resource: ephemeral-storage. ")  # fmt: skip
_failed("evicted-over-its-own-storage-limit", "Not the node's pressure but the pod's own limit.",
        "Evicted", "Evicted",
        message="Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ")  # fmt: skip
_failed("preempted-by-the-kubelet", "Room for a critical pod, made by the kubelet itself.",
        "Preempted", "Preempting", message="Preempted in order to admit critical pod",
        disruption="TerminationByKubelet")  # fmt: skip
_failed("node-shut-down", "A graceful shutdown of the node ends its pods.",
        "NodeShutdown", "Terminated", message="Pod was terminated in response to imminent node shutdown.",
        disruption="TerminationByKubelet")  # fmt: skip
_failed("node-shut-down-older", "The reason that kubelets of 1.20 and 1.21 write.",
        "NodeShutdown", "Shutdown", message="Node is shutting, evicting pods")  # fmt: skip
_failed("terminated-by-the-kubelet", "The condition alone, without a reason of the pod.",
        "NodeShutdown", "", disruption="TerminationByKubelet")  # fmt: skip
_failed("lost-with-its-node", "The pod collector closes the books of a node that is gone.",
        "NodeLost", "", disruption="DeletionByPodGC")  # fmt: skip
_failed("deadline-exceeded", "activeDeadlineSeconds of the pod.",
        "DeadlineExceeded", "DeadlineExceeded",
        message="Pod was active on the node longer than the specified deadline")  # fmt: skip

for reason in ("OutOfcpu", "OutOfmemory", "OutOfpods", "NodeAffinity", "UnexpectedAdmissionError"):
    scenario(
        f"rejected-{reason.lower()}",
        "The kubelet turned it away before anything ran.",
        listed(),
        see(1, a_pod(phase="Pending")),
        see(3, a_pod(phase="Failed", reason=reason, message=f"Pod was rejected: {reason}")),
        told=[told(3, "Rejected")],
    )
scenario(
    "rejected-for-a-reason-in-no-table",
    "Kubelets have more words for turning a pod away than any list.",
    listed(),
    see(1, a_pod(phase="Pending")),
    see(3, a_pod(phase="Failed", reason="PodOSNotSupported", message="Failed to admit pod")),
    told=[told(3, "Rejected")],
)
scenario(
    "rejected-again-and-again",
    "The ReplicaSet makes a new one each time: three deaths, one incident.",
    listed(),
    *(
        see(n * 2.0, a_pod(phase="Failed", reason="NodeAffinity", name=f"web-7d4b9c-{n}", uid=f"u{n}"))
        for n in (1, 2, 3)
    ),
    told=[told(n * 2.0, "Rejected", pod=f"web-7d4b9c-{n}") for n in (1, 2, 3)],
)
scenario(
    "evicted-in-two-writings",
    "The kubelet writes the containers' ends first and the eviction a moment later: one death, the eviction.",
    listed(),
    see(1, a_pod(running(), running("proxy"))),
    see(10, a_pod(KILLED, crashed("proxy", 143), conditions=[WOUND_UP])),
    see(
        11,
        a_pod(KILLED, crashed("proxy", 143), conditions=[WOUND_UP], phase="Failed", reason="Evicted"),
    ),
    told=[told(11, "Evicted")],
)
scenario(
    "evicted-with-containers-lost-from-sight",
    "After an eviction the kubelet may not find the containers any more: still one death.",
    listed(),
    see(1, a_pod(running(), running("proxy"))),
    see(10, a_pod(KILLED, terminated("proxy", lost()), phase="Failed", reason="Evicted")),
    see(12, a_pod(terminated("app", lost()), terminated("proxy", lost()), phase="Failed", reason="Evicted")),
    told=[told(10, "Evicted")],
)
scenario(
    "crash-before-the-eviction",
    "It ran out of memory, was started again and then evicted: two deaths of two causes.",
    listed(),
    see(1, a_pod(running())),
    see(
        30,
        a_pod(
            crashed(exit_code=137, at=30, restarts=1, last=ended(137, reason="OOMKilled", at=10)),
            phase="Failed",
            reason="Evicted",
        ),
    ),
    told=[told(30, "Evicted"), told(30, "OOMKilled", "app", 0, 137)],
)
scenario(
    "lost-from-sight-before-the-eviction",
    "The run before was lost from sight, this one ends with the pod: the eviction explains the second only.",
    listed(),
    see(1, a_pod(running())),
    see(
        30,
        a_pod(crashed(exit_code=137, at=30, restarts=1, last=lost()), phase="Failed", reason="Evicted"),
    ),
    told=[told(30, "Evicted"), told(30, "Error", "app", 0, 137)],
)
scenario(
    "evicted-and-then-cleaned-up",
    "The evicted pod is deleted an hour later: no second death.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(KILLED, phase="Failed", reason="Evicted")),
    see(3_000, a_pod(KILLED, phase="Failed", reason="Evicted", deleted=3_000, grace=0)),
    gone(3_000, a_pod(KILLED, phase="Failed", reason="Evicted", deleted=3_000, grace=0)),
    told=[told(10, "Evicted")],
)
scenario(
    "evicted-and-replaced-and-evicted",
    "The replacement lands on the same full node.",
    listed(),
    see(1, a_pod(running(), name="web-7d4b9c-a", uid="a")),
    see(10, a_pod(KILLED, name="web-7d4b9c-a", uid="a", phase="Failed", reason="Evicted")),
    see(12, a_pod(running(since=12), name="web-7d4b9c-b", uid="b")),
    see(
        60,
        a_pod(crashed(exit_code=137, at=60), name="web-7d4b9c-b", uid="b", phase="Failed", reason="Evicted"),
    ),
    told=[told(10, "Evicted", pod="web-7d4b9c-a"), told(60, "Evicted", pod="web-7d4b9c-b")],
    incidents=[incident("Evicted", "deployment/web", deaths=2, pods=2)],
)
scenario(
    "preempted-by-the-scheduler",
    "The scheduler marks its victim and deletes it: the deletion is no wish of the pod's people.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(running(), conditions=[disrupted("PreemptionByScheduler")])),
    see(10, a_pod(running(), conditions=[disrupted("PreemptionByScheduler")], deleted=10)),
    gone(
        20, a_pod(crashed(exit_code=143, at=19), conditions=[disrupted("PreemptionByScheduler")], deleted=10)
    ),
    told=[told(10, "Preempted")],
)
scenario(
    "evicted-for-a-taint",
    "NoExecute: the pod is marked and deleted.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(running(), conditions=[disrupted("DeletionByTaintManager")])),
    see(10, a_pod(running(), conditions=[disrupted("DeletionByTaintManager")], deleted=10)),
    gone(
        41, a_pod(crashed(exit_code=137, at=40), conditions=[disrupted("DeletionByTaintManager")], deleted=10)
    ),
    told=[told(10, "TaintEviction")],
)
scenario(
    "node-lost-older-controller",
    "Where the taint manager is off, the node controller writes NodeLost on a pod that it then deletes.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(running(), reason="NodeLost", message="Node node-1 which was running pod is unresponsive")),
    see(10, a_pod(running(), reason="NodeLost", message="Node node-1 is unresponsive", deleted=10)),
    told=[told(10, "NodeLost")],
)
scenario(
    "node-lost-and-its-pods-deleted-without-a-word",
    "As 1.20 does it with its taint manager: marked not Ready at once, deleted minutes later, never gone.",
    listed(),
    see(1, a_pod(running(), conditions=[condition("Ready"), condition("ContainersReady")])),
    see(50, a_pod(running(), conditions=_LOST)),
    see(350, a_pod(running(), conditions=_LOST, deleted=350)),
    clock(3_600),
    told=[told(50, "NodeLost")],
)
scenario(
    "node-lost-while-the-bot-was-down",
    "It was deleted since, and is still there: it is lost, not stuck.",
    listed(0, a_pod(running(), conditions=[condition("Ready"), condition("ContainersReady")])),
    restarted(400, a_pod(running(), conditions=_LOST, deleted=350)),
    clock(3_600),
    told=[told(400, "NodeLost")],
)
scenario(
    "daemon-of-a-removed-node",
    "A node that was taken out takes its daemons along, as it should.",
    listed(),
    see(1, a_pod(running(), name="agent-x", owner=DAEMON_SET)),
    see(10, a_pod(running(), name="agent-x", owner=DAEMON_SET, phase="Failed",
                  conditions=[disrupted("DeletionByPodGC")])),
    gone(10, a_pod(running(), name="agent-x", owner=DAEMON_SET, phase="Failed",
                   conditions=[disrupted("DeletionByPodGC")])),
)  # fmt: skip
scenario(
    "deleted-before-its-node-was-lost",
    "Somebody deleted it first; that the node never answered does not make it lost.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(running(), deleted=10)),
    gone(100, a_pod(running(), deleted=10, conditions=[disrupted("DeletionByPodGC", since=100)])),
)
scenario(
    "disruption-that-came-to-nothing",
    "The condition is False: the pod was let live after all.",
    listed(),
    see(1, a_pod(running())),
    see(
        10,
        a_pod(running(), conditions=[condition("DisruptionTarget", "False", reason="PreemptionByScheduler")]),
    ),
)
scenario(
    "evicted-while-an-image-is-missing",
    "A pod that is over waits for nothing any more, whatever its container's status still says.",
    listed(),
    see(1, a_pod(waiting("app", "ErrImagePull"), phase="Pending")),
    see(10, a_pod(waiting("app", "ErrImagePull"), phase="Failed", reason="Evicted")),
    clock(3_600),
    told=[told(10, "Evicted")],
)
scenario(
    "evicted-job",
    "A pod of a job is evicted like any other.",
    listed(),
    see(1, a_pod(running(), owner=JOB, restart_policy="Never")),
    see(10, a_pod(KILLED, owner=JOB, restart_policy="Never", phase="Failed", reason="Evicted")),
    told=[told(10, "Evicted", owner="job/report")],
)
scenario(
    "deadline-in-two-writings",
    "As with an eviction, the containers' ends come first.",
    listed(),
    see(1, a_pod(running(), owner=JOB, restart_policy="Never")),
    see(10, a_pod(crashed(exit_code=143), owner=JOB, restart_policy="Never", conditions=[WOUND_UP])),
    see(
        11,
        a_pod(
            crashed(exit_code=143),
            owner=JOB,
            restart_policy="Never",
            conditions=[WOUND_UP],
            phase="Failed",
            reason="DeadlineExceeded",
        ),
    ),
    told=[told(11, "DeadlineExceeded", owner="job/report")],
)
scenario(
    "failed-job-in-two-writings",
    "The last word has no reason, so the container's own end is the story, told once with the last word.",
    listed(),
    see(1, a_pod(running(), owner=JOB, restart_policy="Never")),
    see(10, a_pod(crashed(exit_code=3), owner=JOB, restart_policy="Never", conditions=[WOUND_UP])),
    see(
        11,
        a_pod(crashed(exit_code=3), owner=JOB, restart_policy="Never", conditions=[WOUND_UP], phase="Failed"),
    ),
    told=[told(11, "Error", "app", 0, 3, owner="job/report")],
)
scenario(
    "vanishes-while-wound-up",
    "The pod was deleted before the kubelet's last word: what was shown counts.",
    listed(),
    see(1, a_pod(running(), owner=JOB, restart_policy="Never")),
    see(10, a_pod(crashed(exit_code=3), owner=JOB, restart_policy="Never", conditions=[WOUND_UP])),
    gone(11, a_pod(crashed(exit_code=3), owner=JOB, restart_policy="Never", conditions=[WOUND_UP])),
    told=[told(11, "Error", "app", 0, 3, owner="job/report")],
)
