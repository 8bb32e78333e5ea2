"""What people and controllers do on purpose: nothing to announce."""

from __future__ import annotations

from tests.replays.script import clock, event, gone, listed, scenario, see, told
from tests.support.pods import (
    DAEMON_SET,
    JOB,
    READY,
    SCHEDULED,
    STATEFUL_SET,
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

DRAINED = disrupted("EvictionByEvictionAPI")

for exit_code, words in (
    (0, "It heard SIGTERM and went."),
    (143, "It did not handle SIGTERM, which is no crime."),
    (137, "It did not hear, and was killed after its grace period."),
    (1, "It stumbled over SIGTERM on its way out."),
):
    scenario(
        f"deleted-exit-{exit_code}",
        f"A pod of a Deployment is deleted. {words}",
        listed(0, a_pod(running())),
        see(10, a_pod(running(), deleted=10)),
        see(40, a_pod(crashed(exit_code=exit_code, at=40), deleted=10)),
        gone(41, a_pod(crashed(exit_code=exit_code, at=40), deleted=10)),
        see(42, a_pod(running(since=42), name="web-7d4b9c-new", uid="new")),
        clock(3_600),
    )
scenario(
    "rollout",
    "A new revision comes up, the old one goes, pod by pod.",
    listed(0, *(a_pod(running(), name=f"web-7d4b9c-{n}", uid=f"old-{n}") for n in "ab")),
    *(
        step
        for number, n in enumerate("ab")
        for step in (
            see(
                10 * number + 1,
                a_pod(
                    waiting("app", "ContainerCreating"), name=f"web-new-{n}", uid=f"new-{n}", phase="Pending"
                ),
            ),
            see(10 * number + 4, a_pod(running(since=4), name=f"web-new-{n}", uid=f"new-{n}")),
            see(
                10 * number + 5,
                a_pod(running(), name=f"web-7d4b9c-{n}", uid=f"old-{n}", deleted=10 * number + 5),
            ),
            gone(
                10 * number + 8,
                a_pod(
                    crashed(exit_code=143, at=10 * number + 7),
                    name=f"web-7d4b9c-{n}",
                    uid=f"old-{n}",
                    deleted=10 * number + 5,
                ),
            ),
        )
    ),
    clock(3_600),
)
scenario(
    "scaled-down",
    "From three to none.",
    listed(0, *(a_pod(running(), name=f"web-7d4b9c-{n}", uid=n) for n in "abc")),
    see(10, *(a_pod(running(), name=f"web-7d4b9c-{n}", uid=n, deleted=10) for n in "abc")),
    gone(
        12, *(a_pod(crashed(exit_code=143, at=11), name=f"web-7d4b9c-{n}", uid=n, deleted=10) for n in "abc")
    ),
    clock(3_600),
)
scenario(
    "deletion-only-seen-at-its-end",
    "Every update in between was coalesced into the last line.",
    listed(0, a_pod(running())),
    gone(41, a_pod(crashed(exit_code=137, at=40), deleted=10)),
)
scenario(
    "deletion-by-a-clock-a-second-ahead",
    "The API server stamped the deletion a second after the node stamped the end that it brought.",
    listed(0, a_pod(running())),
    see(10, a_pod(crashed(exit_code=143, at=9), deleted=10)),
    gone(11, a_pod(crashed(exit_code=143, at=9), deleted=10)),
)
scenario(
    "lost-from-sight-while-deleted",
    "The container was gone before the kubelet looked: 137, and no time.",
    listed(0, a_pod(running())),
    see(10, a_pod(running(), deleted=10)),
    gone(12, a_pod(terminated("app", lost()), deleted=10)),
)
scenario(
    "lost-from-sight-before-it-was-deleted",
    "It was lost and ran again a minute before somebody deleted the pod: that end was nobody's wish.",
    listed(0, a_pod(running())),
    see(60, a_pod(running(restarts=1, last=lost(), since=10), deleted=60)),
    gone(65, a_pod(crashed(exit_code=143, at=64, restarts=1, last=lost()), deleted=60)),
    told=[told(60, "Error", "app", 0, 137)],
)
scenario(
    "deleted-by-force",
    "Grace period 0: it goes at once, in the middle of its run.",
    listed(0, a_pod(running())),
    gone(10, a_pod(running(), deleted=10, grace=0)),
    see(11, a_pod(running(since=11), name="web-7d4b9c-new", uid="new")),
    clock(3_600),
)
scenario(
    "drained",
    "The eviction API marks the pod and deletes it.",
    listed(0, a_pod(running())),
    see(10, a_pod(running(), conditions=[DRAINED])),
    see(10, a_pod(running(), conditions=[DRAINED], deleted=10)),
    gone(14, a_pod(crashed(exit_code=143, at=13), conditions=[DRAINED], deleted=10)),
    see(15, a_pod(running(since=15), name="web-7d4b9c-new", uid="new", node="node-2")),
    clock(3_600),
)
scenario(
    "drained-older-cluster",
    "Before 1.25 a drain is nothing but a deletion.",
    listed(0, a_pod(running()), a_pod(running(), name="db-0", uid="db", owner=STATEFUL_SET)),
    see(
        10,
        a_pod(running(), deleted=10),
        a_pod(running(), name="db-0", uid="db", owner=STATEFUL_SET, deleted=10),
    ),
    gone(
        14,
        a_pod(crashed(exit_code=143, at=13), deleted=10),
        a_pod(crashed(exit_code=137, at=13), name="db-0", uid="db", owner=STATEFUL_SET, deleted=10),
    ),
    see(15, a_pod(running(since=15), name="db-0", uid="db2", owner=STATEFUL_SET, node="node-2")),
    clock(3_600),
)
scenario(
    "drain-marked-and-ended-before-the-deletion-is-seen",
    "The condition alone says that it was a drain.",
    listed(0, a_pod(running())),
    see(11, a_pod(crashed(exit_code=143, at=11), conditions=[DRAINED])),
    gone(12, a_pod(crashed(exit_code=143, at=11), conditions=[DRAINED], deleted=10)),
)
scenario(
    "crash-before-a-drain",
    "The drain explains what ended after it began, and nothing else.",
    listed(0, a_pod(running())),
    see(10, a_pod(crashed(exit_code=1, at=3), conditions=[DRAINED])),
    gone(12, a_pod(crashed(exit_code=1, at=3), conditions=[DRAINED], deleted=10)),
    told=[told(10, "Error", "app", 0, 1)],
)
scenario(
    "crash-before-the-deletion",
    "Somebody deletes a crashed pod: the crash was not their wish, the deletion was.",
    listed(0, a_pod(running())),
    gone(12, a_pod(crashed(exit_code=1, at=5), deleted=10)),
    told=[told(12, "Error", "app", 0, 1)],
)
scenario(
    "daemons-replaced",
    "A DaemonSet's rolling update.",
    listed(0, a_pod(running(), name="agent-a", uid="a", owner=DAEMON_SET)),
    see(10, a_pod(running(), name="agent-a", uid="a", owner=DAEMON_SET, deleted=10)),
    gone(12, a_pod(crashed(exit_code=2, at=11), name="agent-a", uid="a", owner=DAEMON_SET, deleted=10)),
    see(13, a_pod(running(since=13), name="agent-b", uid="b", owner=DAEMON_SET)),
    clock(3_600),
)
scenario(
    "stateful-set-restarted",
    "Each pod comes back under its own name.",
    listed(0, a_pod(running(), name="db-0", uid="one", owner=STATEFUL_SET)),
    see(10, a_pod(running(), name="db-0", uid="one", owner=STATEFUL_SET, deleted=10)),
    gone(12, a_pod(crashed(exit_code=0, at=11), name="db-0", uid="one", owner=STATEFUL_SET, deleted=10)),
    see(13, a_pod(running(since=13), name="db-0", uid="two", owner=STATEFUL_SET)),
    clock(3_600),
)
scenario(
    "finished-job-is-cleaned-up",
    "ttlSecondsAfterFinished: the pod of a job that is done goes.",
    listed(0, a_pod(running(), owner=JOB, restart_policy="Never")),
    see(10, a_pod(crashed(exit_code=0), owner=JOB, restart_policy="Never", phase="Succeeded")),
    gone(110, a_pod(crashed(exit_code=0), owner=JOB, restart_policy="Never", phase="Succeeded", deleted=110)),
    clock(3_600),
)
scenario(
    "finished-pods-stay",
    "Pods that are done are not Ready and not running, for days.",
    listed(
        0,
        a_pod(
            crashed(exit_code=0),
            owner=JOB,
            restart_policy="Never",
            phase="Succeeded",
            conditions=[SCHEDULED, condition("Ready", "False", reason="PodCompleted")],
        ),
    ),
    clock(10_000),
)
scenario(
    "bare-pod-that-finishes",
    "`kubectl run --restart=Never`: it ran, it is done.",
    listed(),
    see(1, a_pod(running(), name="once", owner=None, restart_policy="Never")),
    see(10, a_pod(crashed(exit_code=0), name="once", owner=None, restart_policy="Never", phase="Succeeded")),
    clock(3_600),
)
scenario(
    "readiness-fails-while-starting",
    "Unhealthy events of the readiness probe are how a start looks.",
    listed(),
    see(1, a_pod(waiting("app", "ContainerCreating"), phase="Pending")),
    see(
        3, a_pod(running(ready=False, since=3), conditions=[SCHEDULED, condition("Ready", "False", since=3)])
    ),
    event(5, "Unhealthy", "Readiness probe failed: connect: connection refused", count=4),
    see(30, a_pod(running(since=3), conditions=[SCHEDULED, READY])),
    clock(3_600),
)
scenario(
    "an-ordinary-start",
    "Scheduled, created, initialised, running, ready.",
    listed(),
    see(1, a_pod(phase="Pending", node="", conditions=[])),
    see(2, a_pod(phase="Pending")),
    see(3, a_pod(waiting("app", "PodInitializing"), init=[running("migrate", since=3)], phase="Pending")),
    see(9, a_pod(waiting("app", "PodInitializing"), init=[crashed("migrate", 0, at=9)], phase="Pending")),
    see(11, a_pod(running(ready=False, since=11), init=[crashed("migrate", 0, at=9)])),
    see(15, a_pod(running(since=11), init=[crashed("migrate", 0, at=9)], conditions=[SCHEDULED, READY])),
    clock(3_600),
)
scenario(
    "old-restarts-of-a-healthy-pod",
    "It crashed last week and runs; that it is labelled anew is no news.",
    listed(0, a_pod(running(restarts=3, last=ended(1, at=-600_000), since=-599_990))),
    see(10, a_pod(running(restarts=3, last=ended(1, at=-600_000), since=-599_990))),
    see(20, a_pod(running(restarts=3, last=ended(1, at=-600_000), since=-599_990))),
)
scenario(
    "collected-without-a-reason",
    "The pod collector marks a pod Failed that never ran, without a word.",
    listed(),
    see(1, a_pod(phase="Pending", node="", conditions=[])),
    see(10, a_pod(phase="Failed", node="", conditions=[])),
)
