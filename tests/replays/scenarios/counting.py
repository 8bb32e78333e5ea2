"""One death however often it is seen, and each of many."""

from __future__ import annotations

from tests.replays.script import clock, gone, incident, listed, scenario, see, told
from tests.support.pods import (
    STATEFUL_SET,
    a_pod,
    condition,
    crashed,
    ended,
    running,
    terminated,
    waiting,
)

FIRST, SECOND = ended(1, at=10, run="a"), ended(1, at=40, run="b")

scenario(
    "seen-many-times",
    "terminated, CrashLoopBackOff, created, running: one end in four writings.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(terminated("app", FIRST))),
    see(11, a_pod(waiting(last=FIRST))),
    see(20, a_pod(waiting("app", "", restarts=1, last=FIRST))),
    see(21, a_pod(running(restarts=1, last=FIRST, since=21))),
    told=[told(10, "Error", "app", 0, 1)],
)
scenario(
    "crash-loop",
    "Each turn of a crash loop is a death of its own, and all of them one incident.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(terminated("app", FIRST))),
    see(12, a_pod(waiting(last=FIRST))),
    see(22, a_pod(running(restarts=1, last=FIRST, since=22))),
    see(40, a_pod(terminated("app", SECOND, restarts=1, last=FIRST))),
    see(42, a_pod(waiting(restarts=1, last=SECOND))),
    see(70, a_pod(running(restarts=2, last=SECOND, since=70))),
    see(75, a_pod(crashed(at=75, run="c", restarts=2, last=SECOND))),
    told=[
        told(10, "Error", "app", 0, 1),
        told(40, "Error", "app", 1, 1),
        told(75, "Error", "app", 2, 1),
    ],
)
scenario(
    "crash-loop-only-seen-running",
    "Short crashes, seen only as ever higher restart counts.",
    listed(),
    see(1, a_pod(running())),
    see(12, a_pod(running(restarts=1, last=FIRST, since=12))),
    see(42, a_pod(running(restarts=2, last=SECOND, since=42))),
    told=[told(12, "Error", "app", 0, 1), told(42, "Error", "app", 1, 1)],
)
scenario(
    "cause-changes-between-turns",
    "First an error, then out of memory: two incidents of one workload.",
    listed(),
    see(1, a_pod(running())),
    see(12, a_pod(running(restarts=1, last=FIRST, since=12))),
    see(40, a_pod(crashed(exit_code=137, reason="OOMKilled", at=40, run="b", restarts=1, last=FIRST))),
    told=[told(12, "Error", "app", 0, 1), told(40, "OOMKilled", "app", 1, 137)],
)
scenario(
    "restart-count-jumps",
    "Four deaths between two looks: the last one has a cause, the others count.",
    listed(),
    see(1, a_pod(running(restarts=0))),
    see(60, a_pod(running(restarts=4, last=ended(137, reason="OOMKilled", at=55), since=56))),
    told=[told(60, "OOMKilled", "app", 3, 137, unseen=3)],
)
scenario(
    "two-deaths-in-one-look",
    "state and lastState each show an end that was not seen before: both are told, each with its cause.",
    listed(),
    see(1, a_pod(running())),
    see(30, a_pod(crashed(exit_code=1, at=29, restarts=1, last=ended(137, reason="OOMKilled", at=10)))),
    told=[told(30, "OOMKilled", "app", 0, 137), told(30, "Error", "app", 1, 1)],
)
scenario(
    "two-deaths-in-one-second",
    "Times have whole seconds, old kubelets give no ids; the restart count tells them apart.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(crashed(at=10))),
    see(10, a_pod(running(restarts=1, last=ended(1, at=10), since=10))),
    see(10, a_pod(crashed(at=10, restarts=1, last=ended(1, at=10)))),
    told=[told(10, "Error", "app", 0, 1), told(10, "Error", "app", 1, 1)],
)
scenario(
    "restart-count-falls-back",
    "The kubelet counts what the runtime still holds; a lower number is no death.",
    listed(0, a_pod(running(restarts=5, last=ended(1, at=-600, run="e")))),
    see(10, a_pod(running(restarts=0))),
)
scenario(
    "death-after-the-count-fell-back",
    "A real death under a number that was used before is told under one that was not.",
    listed(0, a_pod(running(restarts=5, last=ended(1, at=-600, run="e")))),
    see(10, a_pod(running(restarts=0, since=-500))),
    see(20, a_pod(crashed(at=20, restarts=0, run="f"))),
    told=[told(20, "Error", "app", 5, 1)],
)
scenario(
    "death-after-the-count-fell-back-without-ids",
    "The same where an old kubelet gives no ids of runs: the times tell it from what was counted.",
    listed(0, a_pod(running(restarts=5, last=ended(1, at=-600)))),
    see(10, a_pod(running(restarts=0, since=-500))),
    see(20, a_pod(crashed(at=20, restarts=0))),
    told=[told(20, "Error", "app", 5, 1)],
)
scenario(
    "two-containers-two-causes",
    "Each container of a pod is counted for itself.",
    listed(),
    see(1, a_pod(running(), running("proxy"))),
    see(10, a_pod(crashed(exit_code=137, reason="OOMKilled"), running("proxy"))),
    see(11, a_pod(waiting(last=ended(137, reason="OOMKilled")), running("proxy"))),
    see(20, a_pod(waiting(last=ended(137, reason="OOMKilled")), crashed("proxy", 2, at=20))),
    told=[told(10, "OOMKilled", "app", 0, 137), told(20, "Error", "proxy", 0, 2)],
)
scenario(
    "two-containers-in-one-look",
    "Both ended between two looks: two deaths, one incident.",
    listed(),
    see(1, a_pod(running(), running("proxy"))),
    see(10, a_pod(crashed(), crashed("proxy"))),
    told=[told(10, "Error", "app", 0, 1), told(10, "Error", "proxy", 0, 1)],
)
scenario(
    "three-replicas-one-incident",
    "Three pods of one Deployment die of one cause: three deaths, one incident.",
    listed(0, *(a_pod(running(), name=f"web-7d4b9c-{n}", uid=f"u{n}") for n in "abc")),
    *(
        see(10 + number, a_pod(crashed(at=10 + number), name=f"web-7d4b9c-{n}", uid=f"u{n}"))
        for number, n in enumerate("abc")
    ),
    told=[told(10 + number, "Error", "app", 0, 1, pod=f"web-7d4b9c-{n}") for number, n in enumerate("abc")],
)
scenario(
    "two-workloads-two-incidents",
    "The same cause in two workloads is two incidents.",
    listed(),
    see(1, a_pod(running()), a_pod(running(), name="db-0", uid="db", owner=STATEFUL_SET)),
    see(10, a_pod(crashed()), a_pod(crashed(), name="db-0", uid="db", owner=STATEFUL_SET)),
    told=[
        told(10, "Error", "app", 0, 1),
        told(10, "Error", "app", 0, 1, pod="db-0", owner="statefulset/db"),
    ],
)
scenario(
    "stateful-pod-comes-back-under-its-name",
    "db-0 dies, is replaced by another db-0, and that one dies as well.",
    listed(),
    see(1, a_pod(running(), name="db-0", uid="one", owner=STATEFUL_SET)),
    see(10, a_pod(crashed(), name="db-0", uid="one", owner=STATEFUL_SET)),
    see(20, a_pod(crashed(), name="db-0", uid="one", owner=STATEFUL_SET, deleted=20)),
    gone(21, a_pod(crashed(), name="db-0", uid="one", owner=STATEFUL_SET, deleted=20)),
    see(22, a_pod(running(since=22), name="db-0", uid="two", owner=STATEFUL_SET)),
    see(30, a_pod(crashed(at=30), name="db-0", uid="two", owner=STATEFUL_SET)),
    told=[
        told(10, "Error", "app", 0, 1, pod="db-0", owner="statefulset/db"),
        told(30, "Error", "app", 0, 1, pod="db-0", owner="statefulset/db"),
    ],
    incidents=[incident("Error", "statefulset/db", deaths=2, pods=2)],
)
scenario(
    "the-same-update-again-and-again",
    "Other fields change while an end stands in the status.",
    listed(),
    see(1, a_pod(running())),
    *(see(10 + n, a_pod(crashed(), conditions=[condition("Ready", "False", since=n)])) for n in range(5)),
    told=[told(10, "Error", "app", 0, 1)],
)
scenario(
    "a-crash-an-hour-and-a-half-later",
    "Nobody saw it well meanwhile, as nobody recorded its owner: one incident, however quiet it was.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(crashed())),
    see(12, a_pod(running(restarts=1, last=ended(1), since=12))),
    see(5_412, a_pod(crashed(at=5_412, restarts=1, last=ended(1)))),
    told=[told(10, "Error", "app", 0, 1), told(5_412, "Error", "app", 1, 1)],
    incidents=[incident("Error", "deployment/web", 2, 1)],
)
scenario(
    "cannot-be-pulled-after-a-crash",
    "A crash, and then its image is gone from the registry: the crash at once, the image after a minute.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(crashed())),
    see(20, a_pod(waiting("app", "ErrImagePull", last=ended(1)))),
    clock(90),
    told=[told(10, "Error", "app", 0, 1), told(80, "ImagePull", "app", 0)],
)
