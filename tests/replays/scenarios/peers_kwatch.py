"""Failures of kwatch: the last state kept by pod, filters, and an event's words. Beside `peers`."""

from __future__ import annotations

from tests.replays.script import (
    clock,
    event,
    gone,
    killing,
    listed,
    restarted,
    scenario,
    see,
    told,
)
from tests.support.pods import (
    STATEFUL_SET,
    Built,
    a_pod,
    condition,
    crashed,
    disrupted,
    ended,
    running,
    waiting,
    with_limits,
)

OOM = ended(137, reason="OOMKilled")
PULLING = waiting("app", "ImagePullBackOff", message="not found")


scenario(
    "kwatch-3-1-two-containers-one-memory",
    "app and proxy take turns: each one's deaths are its own, and none is told again.",
    listed(0, a_pod(running(), running("proxy"))),
    see(10, a_pod(waiting(last=ended(1, run="a")), running("proxy"))),
    see(20, a_pod(waiting(last=ended(1, run="a")), crashed("proxy", at=20, run="p"))),
    see(22, a_pod(running(restarts=1, last=ended(1, run="a"), since=22), crashed("proxy", at=20, run="p"))),
    see(
        25,
        a_pod(
            running(restarts=1, last=ended(1, run="a"), since=22),
            running("proxy", restarts=1, last=ended(1, at=20, run="p"), since=25),
        ),
    ),
    see(
        40,
        a_pod(
            running(restarts=1, last=ended(1, run="a"), since=22),
            crashed("proxy", at=40, run="q", restarts=1, last=ended(1, at=20, run="p")),
        ),
    ),
    told=[
        told(10, "Error", "app", 0, 1),
        told(20, "Error", "proxy", 0, 1),
        told(40, "Error", "proxy", 1, 1),
    ],
)
scenario(
    "kwatch-3-2-first-seen-running-after-a-restart",
    "A pod that was born and crashed between two looks, and runs: restartCount 1 at first sight is a death.",
    listed(),
    see(30, a_pod(running(restarts=1, last=OOM, since=12))),
    told=[told(30, "OOMKilled", "app", 0, 137)],
)
scenario(
    "kwatch-3-3-quiet-is-no-recovery",
    "An image is missing for half an hour without an update: one incident, and nothing takes it back.",
    listed(),
    see(1, a_pod(PULLING, phase="Pending")),
    clock(1_800),
    told=[told(61, "ImagePull", "app", 0)],
)
scenario(
    "kwatch-3-4-crash-loops-before-the-start",
    "Crash-looping for days, in its moment of running or not: the bot's restarts do not tell it again.",
    listed(0, a_pod(running(restarts=40, last=ended(1, at=-30, run="x"), since=-5))),
    restarted(60, a_pod(running(restarts=40, last=ended(1, at=-30, run="x"), since=-5))),
    see(62, a_pod(crashed(at=62, run="y", restarts=40, last=ended(1, at=-30, run="x")))),
    restarted(90, a_pod(waiting(restarts=40, last=ended(1, at=62, run="y")))),
    restarted(120, a_pod(running(restarts=41, last=ended(1, at=62, run="y"), since=110))),
    told=[told(62, "Error", "app", 40, 1)],
)
scenario(
    "kwatch-3-5-autoscaler-noise",
    "Unschedulable for a minute, until a node has come.",
    listed(),
    see(1, a_pod(phase="Pending", node="",
                 conditions=[condition("PodScheduled", "False", reason="Unschedulable", since=1)])),
    see(60, a_pod(running(since=60), conditions=[condition("PodScheduled", since=55)])),
    clock(3_600),
)  # fmt: skip
scenario(
    "kwatch-3-5-stuck-mount-without-updates",
    "FailedMount events go on for ever, the pod itself is never updated.",
    listed(),
    see(1, a_pod(waiting("app", "ContainerCreating"), phase="Pending")),
    event(120, "FailedMount", "Unable to attach or mount volumes: timed out waiting", container=""),
    event(240, "FailedMount", "Unable to attach or mount volumes: timed out waiting", container="", count=2),
    clock(3_600),
    told=[told(300, "StuckCreating", "app", 0)],
)
scenario(
    "kwatch-3-6-evictions-are-deaths",
    "Evicted, preempted, lost with their nodes: three pods, none of them suppressed.",
    listed(0, *(a_pod(running(), name=f"web-7d4b9c-{n}", uid=n) for n in "abc")),
    see(10, a_pod(crashed(exit_code=137), name="web-7d4b9c-a", uid="a", phase="Failed", reason="Evicted",
                  conditions=[disrupted("TerminationByKubelet")])),
    see(11, a_pod(running(), name="web-7d4b9c-b", uid="b",
                  conditions=[disrupted("PreemptionByScheduler", since=11)])),
    see(12, a_pod(running(), name="web-7d4b9c-c", uid="c", phase="Failed",
                  conditions=[disrupted("DeletionByPodGC", since=12)])),
    told=[
        told(10, "Evicted", pod="web-7d4b9c-a"),
        told(11, "Preempted", pod="web-7d4b9c-b"),
        told(12, "NodeLost", pod="web-7d4b9c-c"),
    ],
)  # fmt: skip
scenario(
    "kwatch-3-6-bare-pod",
    "A pod without an owner crashes like any other.",
    listed(0, a_pod(running(), name="once", owner=None)),
    see(12, a_pod(running(restarts=1, last=ended(1), since=12), name="once", owner=None)),
    told=[told(12, "Error", "app", 0, 1, pod="once", owner="pod/once")],
)
scenario(
    "kwatch-3-6-deleted-before-anybody-looked",
    "It crashed and was deleted in the same moment: the last line has both.",
    listed(0, a_pod(running())),
    gone(30, a_pod(crashed(exit_code=139, at=28), deleted=30)),
    told=[told(30, "Error", "app", 0, 139)],
)
scenario(
    "kwatch-3-7-killing-event-of-a-predecessor",
    "db-0 was stopped on purpose; the new db-0 crashes within the life of the old one's event.",
    listed(0, a_pod(running(), name="db-0", uid="one", owner=STATEFUL_SET)),
    see(10, a_pod(running(), name="db-0", uid="one", owner=STATEFUL_SET, deleted=10)),
    event(10, "Killing", "Stopping container app", kind="Normal", pod="db-0", uid="one"),
    gone(12, a_pod(crashed(exit_code=0, at=11), name="db-0", uid="one", owner=STATEFUL_SET, deleted=10)),
    see(14, a_pod(running(since=14), name="db-0", uid="two", owner=STATEFUL_SET)),
    see(60, a_pod(crashed(exit_code=1, at=60), name="db-0", uid="two", owner=STATEFUL_SET)),
    told=[told(60, "Error", "app", 0, 1, pod="db-0", owner="statefulset/db")],
)
scenario(
    "kwatch-3-7-probe-event-of-a-predecessor",
    "The old db-0's liveness kill does not explain the new db-0's 137.",
    listed(),
    killing(5, uid="one"),
    see(14, a_pod(running(since=14), name="db-0", uid="two", owner=STATEFUL_SET)),
    see(60, a_pod(crashed(exit_code=137, at=60), name="db-0", uid="two", owner=STATEFUL_SET)),
    told=[told(60, "Error", "app", 0, 137, pod="db-0", owner="statefulset/db")],
)
scenario(
    "kwatch-3-7-event-of-a-longer-name",
    "app crashes while app-sidecar is being stopped.",
    listed(0, a_pod(running(), running("app-sidecar"))),
    event(9, "Killing", "Stopping container app-sidecar", kind="Normal", container="app-sidecar"),
    see(10, a_pod(crashed(), running("app-sidecar"))),
    told=[told(10, "Error", "app", 0, 1)],
)
scenario(
    "kwatch-3-8-oom-on-a-bad-node",
    "A node takes a pod with it; another pod there runs out of its own memory: both are told.",
    listed(0, a_pod(running()), a_pod(running(), name="db-0", uid="db", owner=STATEFUL_SET)),
    see(10, a_pod(running(), conditions=[disrupted("DeletionByTaintManager")])),
    see(20, a_pod(running(restarts=1, last=ended(137, at=15, reason="OOMKilled"), since=16),
                  name="db-0", uid="db", owner=STATEFUL_SET)),
    told=[
        told(10, "TaintEviction"),
        told(20, "OOMKilled", "app", 0, 137, pod="db-0", owner="statefulset/db"),
    ],
)  # fmt: skip


def _ends(n: int) -> Built:
    return (crashed(), crashed(exit_code=137, reason="OOMKilled"), crashed(exit_code=0))[n]


scenario(
    "kwatch-3-9-singletons-in-a-storm",
    "Many deaths of one workload, and one each of two others at the same time: no digest swallows them.",
    listed(),
    see(10, *(a_pod(crashed(), name=f"web-7d4b9c-{n:02}", uid=f"u{n}") for n in range(20))),
    *(see(10, a_pod(_ends(n), name=f"job-{n}", uid=f"j{n}", owner=None)) for n in (1, 2)),
    told=[
        *(told(10, "Error", "app", 0, 1, pod=f"web-7d4b9c-{n:02}") for n in range(20)),
        told(10, "OOMKilled", "app", 0, 137, pod="job-1", owner="pod/job-1"),
        told(10, "UnexpectedExit", "app", 0, 0, pod="job-2", owner="pod/job-2"),
    ],
)
scenario(
    "kwatch-3-10-nothing-is-silenced-by-somebody-elses-rule",
    "A pod called like one that is silenced in another namespace is told.",
    listed(0, a_pod(running(), name="dev-tools", owner=None)),
    see(10, a_pod(crashed(), name="dev-tools", owner=None)),
    told=[told(10, "Error", "app", 0, 1, pod="dev-tools", owner="pod/dev-tools")],
)
scenario(
    "kwatch-3-11-137-is-not-always-oom",
    "Killed at once with a memory limit in place: still no OOM kill unless the kernel's word is there.",
    listed(0, a_pod(with_limits(running(), memory="64Mi"))),
    see(10, a_pod(with_limits(crashed(exit_code=137), memory="64Mi"))),
    told=[told(10, "Error", "app", 0, 137)],
)
scenario(
    "kwatch-3-11-enormous-message",
    "A termination message as large as the API allows loses no alert.",
    listed(0, a_pod(running())),
    see(12, a_pod(waiting(last=ended(2, message="panic: " + "<!channel> ```" * 300)))),
    told=[told(12, "Error", "app", 0, 2)],
)
scenario(
    "kwatch-3-11-ephemeral-container",
    "An OOM kill of a debugging container is no app's, but a death.",
    listed(0, a_pod(running(), debug=[running("debugger")])),
    see(10, a_pod(running(), debug=[crashed("debugger", 137, reason="OOMKilled")])),
    told=[told(10, "OOMKilled", "debugger", 0, 137)],
)
