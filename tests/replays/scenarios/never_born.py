"""What does not come up, or does not go away: told by the clock, because no update may ever come."""

from __future__ import annotations

from tests.replays.script import clock, gone, listed, scenario, see, told
from tests.support.pods import (
    READY,
    SCHEDULED,
    Built,
    a_pod,
    condition,
    crashed,
    ended,
    running,
    sidecar,
    waiting,
)

UNREADY = condition("Ready", "False", reason="ContainersNotReady", since=1)
UNSCHEDULABLE = condition(
    "PodScheduled",
    "False",
    reason="Unschedulable",
    message="0/5 nodes are available: 3 Insufficient memory, 2 node(s) had taints.",
    since=1,
)
CREATING = waiting("app", "ContainerCreating")


def _waits(name: str, intent: str, container: Built, cause: str, *, after: float) -> None:
    """A new pod shows this, and then nothing more comes."""
    scenario(
        name,
        intent,
        listed(),
        see(1, a_pod(container, phase="Pending")),
        clock(1 + after - 1),
        clock(1 + after + 3_600),
        told=[told(1 + after, cause, "app", 0)],
    )


_waits("image-pull-after-a-minute", "An image that is missing is told after a minute, once for all hours.",
       waiting("app", "ErrImagePull", message="not found"), "ImagePull", after=60)  # fmt: skip
_waits("image-pull-back-off", "First seen when the kubelet backs off already.",
       waiting("app", "ImagePullBackOff"), "ImagePull", after=60)  # fmt: skip
_waits("image-never-pulled", "imagePullPolicy Never, and it is not there.",
       waiting("app", "ErrImageNeverPull"), "ImagePull", after=60)  # fmt: skip
_waits("image-registry-unavailable", "Nobody answers at the registry.",
       waiting("app", "RegistryUnavailable"), "ImagePull", after=60)  # fmt: skip
_waits("image-name-impossible", "Waiting would not mend the name of an image: told at once.",
       waiting("app", "InvalidImageName"), "ImagePull", after=0)  # fmt: skip
_waits("config-error", "A ConfigMap or Secret that it needs is not there.",
       waiting("app", "CreateContainerConfigError", message='configmap "web" not found'),
       "ConfigError", after=60)  # fmt: skip
_waits("container-cannot-be-created", "The runtime refuses to create it.",
       waiting("app", "CreateContainerError"), "ConfigError", after=60)  # fmt: skip
_waits("start-fails-without-an-end", "A runtime that leaves no end behind when a start fails.",
       waiting("app", "RunContainerError"), "ConfigError", after=60)  # fmt: skip
_waits("stuck-mount", "A mount hangs, no update ever comes: five minutes after it was scheduled.",
       waiting("app", "ContainerCreating"), "StuckCreating", after=299)  # fmt: skip

scenario(
    "image-pulled-in-time",
    "Fifty seconds for an image were enough.",
    listed(),
    see(1, a_pod(waiting("app", "ErrImagePull"), phase="Pending")),
    see(51, a_pod(running(since=51))),
    clock(3_600),
)
scenario(
    "image-pull-takes-turns",
    "ErrImagePull and ImagePullBackOff take turns; the minute runs on.",
    listed(),
    *(
        see(1 + 15 * n, a_pod(waiting("app", ("ErrImagePull", "ImagePullBackOff")[n % 2]), phase="Pending"))
        for n in range(8)
    ),
    told=[told(61, "ImagePull", "app", 0)],
)
scenario(
    "image-pull-of-a-sidecar",
    "The container that is named is the one whose image is missing.",
    listed(),
    see(
        1,
        a_pod(
            waiting("app", "PodInitializing"),
            init=[sidecar(waiting("proxy", "ImagePullBackOff"))],
            phase="Pending",
        ),
    ),
    clock(120),
    told=[told(61, "ImagePull", "proxy", 0)],
)
scenario(
    "image-pull-given-up",
    "Somebody deletes the pod before the minute is over.",
    listed(),
    see(1, a_pod(waiting("app", "ErrImagePull"), phase="Pending")),
    see(30, a_pod(waiting("app", "ErrImagePull"), phase="Pending", deleted=30)),
    gone(31, a_pod(waiting("app", "ErrImagePull"), phase="Pending", deleted=30)),
    clock(3_600),
)
scenario(
    "image-pull-twice",
    "It came up in between, so the second time is another story of the same workload.",
    listed(),
    see(1, a_pod(waiting("app", "ErrImagePull"), phase="Pending")),
    see(90, a_pod(running(since=90))),
    see(200, a_pod(waiting("app", "ErrImagePull"))),
    clock(300),
    told=[told(61, "ImagePull", "app", 0), told(260, "ImagePull", "app", 0)],
)
scenario(
    "image-missing-for-every-replica",
    "Three pods wait for one image: one incident of the workload.",
    listed(),
    see(
        1,
        *(
            a_pod(waiting("app", "ImagePullBackOff"), name=f"web-7d4b9c-{n}", uid=n, phase="Pending")
            for n in "abc"
        ),
    ),
    clock(120),
    told=[told(61, "ImagePull", "app", 0, pod=f"web-7d4b9c-{n}") for n in "abc"],
)
scenario(
    "fits-nowhere",
    "Unschedulable for five minutes, with no update in all that time.",
    listed(),
    see(1, a_pod(phase="Pending", node="", conditions=[UNSCHEDULABLE])),
    clock(300),
    clock(3_600),
    told=[told(301, "Unschedulable")],
)
scenario(
    "autoscaler-catches-up",
    "Four minutes later there is a node: no alert.",
    listed(),
    see(1, a_pod(phase="Pending", node="", conditions=[UNSCHEDULABLE])),
    see(240, a_pod(CREATING, phase="Pending", conditions=[condition("PodScheduled", since=240)])),
    see(250, a_pod(running(since=250))),
    clock(3_600),
)
scenario(
    "held-by-a-scheduling-gate",
    "Somebody holds it back on purpose.",
    listed(),
    see(
        1,
        a_pod(
            phase="Pending",
            node="",
            conditions=[condition("PodScheduled", "False", reason="SchedulingGated")],
        ),
    ),
    clock(7_200),
)
scenario(
    "creating-takes-a-while",
    "A big image on a slow line: four minutes of ContainerCreating are no alert.",
    listed(),
    see(1, a_pod(CREATING, phase="Pending")),
    see(240, a_pod(running(since=240))),
    clock(3_600),
)
scenario(
    "init-at-work-for-an-hour",
    "An init container works as long as it works.",
    listed(),
    see(1, a_pod(waiting("app", "PodInitializing"), init=[running("restore", since=1)], phase="Pending")),
    clock(3_600),
)
scenario(
    "stuck-between-init-and-app",
    "The init container is done and the app never comes: counted from the init container's end.",
    listed(),
    see(1, a_pod(waiting("app", "PodInitializing"), init=[running("migrate", since=1)], phase="Pending")),
    see(91, a_pod(waiting("app", "PodInitializing"), init=[crashed("migrate", 0, at=90)], phase="Pending")),
    clock(3_600),
    told=[told(390, "StuckCreating", "app", 0)],
)
scenario(
    "stuck-before-the-first-init",
    "Not even the first init container is created.",
    listed(),
    see(
        1,
        a_pod(
            waiting("app", "PodInitializing"), init=[waiting("migrate", "PodInitializing")], phase="Pending"
        ),
    ),
    clock(3_600),
    told=[told(300, "StuckCreating", "migrate", 0)],
)
scenario(
    "does-not-go-away",
    "Five minutes after its grace period it is still there.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(running(), deleted=10, grace=30)),
    clock(339),
    clock(3_600),
    told=[told(340, "StuckTerminating")],
)
scenario(
    "takes-its-grace-period",
    "An hour of grace, used to the last minute.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(running(), deleted=10, grace=3_600)),
    gone(3_600, a_pod(crashed(exit_code=0, at=3_600), deleted=10, grace=3_600)),
    clock(7_200),
)
scenario(
    "not-ready-for-ten-minutes",
    "It runs, and its readiness probe fails for ten minutes.",
    listed(),
    see(1, a_pod(running(ready=False, since=1), conditions=[SCHEDULED, UNREADY])),
    clock(600),
    clock(3_600),
    told=[told(601, "NotReady", "app", 0)],
)
scenario(
    "not-ready-while-starting",
    "Nine minutes to warm up are no alert.",
    listed(),
    see(1, a_pod(running(ready=False, since=1), conditions=[SCHEDULED, UNREADY])),
    see(541, a_pod(running(since=1), conditions=[SCHEDULED, READY])),
    clock(3_600),
)
scenario(
    "ready-comes-and-goes",
    "Each time it is not Ready for some minutes only.",
    listed(),
    see(1, a_pod(running(since=1), conditions=[SCHEDULED, READY])),
    *(
        see(
            300 * n,
            a_pod(
                running(since=1, ready=n % 2 == 0),
                conditions=[SCHEDULED, condition("Ready", "False" if n % 2 else "True", since=300 * n)],
            ),
        )
        for n in range(1, 9)
    ),
)
scenario(
    "crash-loop-is-not-also-not-ready",
    "It has not been Ready since its first crash, but each run is short: only the crashes are told.",
    listed(),
    see(1, a_pod(running(since=1), conditions=[SCHEDULED, UNREADY])),
    *(
        step
        for n in range(4)
        for step in (
            see(
                300 * n + 30,
                a_pod(
                    waiting(restarts=n, last=ended(1, at=300 * n + 29, run=str(n))),
                    conditions=[SCHEDULED, UNREADY],
                ),
            ),
            see(
                300 * n + 300,
                a_pod(
                    running(
                        restarts=n + 1,
                        ready=False,
                        since=300 * n + 300,
                        last=ended(1, at=300 * n + 29, run=str(n)),
                    ),
                    conditions=[SCHEDULED, UNREADY],
                ),
            ),
        )
    ),
    told=[told(300 * n + 30, "Error", "app", n, 1) for n in range(4)],
)
