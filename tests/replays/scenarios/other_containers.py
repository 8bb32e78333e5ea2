"""Init containers, sidecars, and containers for debugging."""

from __future__ import annotations

from tests.replays.script import listed, scenario, see, told
from tests.support.pods import (
    JOB,
    a_pod,
    crashed,
    ended,
    running,
    sidecar,
    terminated,
    waiting,
)

STARTING = waiting("app", "PodInitializing")

scenario(
    "init-done",
    "An init container is there to end.",
    listed(),
    see(1, a_pod(STARTING, init=[running("migrate")], phase="Pending")),
    see(10, a_pod(STARTING, init=[crashed("migrate", 0)], phase="Pending")),
    see(11, a_pod(running(since=11), init=[crashed("migrate", 0)])),
)
scenario(
    "init-done-again-after-a-new-sandbox",
    "The pod's sandbox was made anew, so the init container ran again: no death of it.",
    listed(0, a_pod(running(), init=[crashed("migrate", 0, at=-60, run="a")])),
    see(10, a_pod(running(), init=[crashed("migrate", 0, at=10, run="b", restarts=1)])),
)
for name, exit_code, reason, intent in (
    ("init-failed", 1, "", "The pod cannot start before it succeeds."),
    (
        "init-out-of-memory",
        137,
        "OOMKilled",
        "Whatever it died of, that the pod cannot start is what matters.",
    ),
    ("init-command-not-found", 127, "", "A typing error in an init container's command."),
):
    scenario(
        name,
        intent,
        listed(),
        see(1, a_pod(STARTING, init=[running("migrate")], phase="Pending")),
        see(10, a_pod(STARTING, init=[crashed("migrate", exit_code, reason=reason)], phase="Pending")),
        told=[told(10, "InitFailed", "migrate", 0, exit_code)],
    )
scenario(
    "init-crash-loop",
    "Each try of an init container that fails is counted.",
    listed(),
    see(1, a_pod(STARTING, init=[running("migrate")], phase="Pending")),
    see(10, a_pod(STARTING, init=[crashed("migrate", 1, run="a")], phase="Pending")),
    see(12, a_pod(STARTING, init=[waiting("migrate", last=ended(1, run="a"))], phase="Pending")),
    see(
        30,
        a_pod(
            STARTING,
            init=[crashed("migrate", 1, at=30, run="b", restarts=1, last=ended(1, run="a"))],
            phase="Pending",
        ),
    ),
    told=[told(10, "InitFailed", "migrate", 0, 1), told(30, "InitFailed", "migrate", 1, 1)],
)
scenario(
    "second-init-failed",
    "The first is done, the second is not.",
    listed(),
    see(1, a_pod(STARTING, init=[crashed("fetch", 0, at=1), running("migrate")], phase="Pending")),
    see(10, a_pod(STARTING, init=[crashed("fetch", 0, at=1), crashed("migrate", 3)], phase="Pending")),
    told=[told(10, "InitFailed", "migrate", 0, 3)],
)
scenario(
    "init-failed-in-a-job",
    "Under Never one failure is the end of the pod.",
    listed(),
    see(1, a_pod(STARTING, init=[running("fetch")], owner=JOB, restart_policy="Never", phase="Pending")),
    see(10, a_pod(STARTING, init=[crashed("fetch", 2)], owner=JOB, restart_policy="Never", phase="Failed")),
    told=[told(10, "InitFailed", "fetch", 0, 2, owner="job/report")],
)
for exit_code, cause in ((0, "UnexpectedExit"), (1, "Error")):
    scenario(
        f"sidecar-exit-{exit_code}-while-its-pod-works",
        "A sidecar runs as long as its pod, in a job as well.",
        listed(),
        see(1, a_pod(running(), init=[sidecar(running("proxy"))], owner=JOB, restart_policy="Never")),
        see(
            10,
            a_pod(running(), init=[sidecar(crashed("proxy", exit_code))], owner=JOB, restart_policy="Never"),
        ),
        told=[told(10, cause, "proxy", 0, exit_code, owner="job/report")],
    )
scenario(
    "sidecar-out-of-memory",
    "A sidecar has a limit of its own.",
    listed(),
    see(1, a_pod(running(), init=[sidecar(running("proxy"))])),
    see(10, a_pod(running(), init=[sidecar(crashed("proxy", 137, reason="OOMKilled"))])),
    told=[told(10, "OOMKilled", "proxy", 0, 137)],
)
for exit_code in (0, 137, 143):
    scenario(
        f"sidecar-stopped-after-the-work-{exit_code}",
        "The job is done, so the kubelet stops the sidecar: however that ends.",
        listed(),
        see(1, a_pod(running(), init=[sidecar(running("proxy"))], owner=JOB, restart_policy="OnFailure")),
        see(
            10,
            a_pod(
                crashed(exit_code=0),
                init=[sidecar(running("proxy"))],
                owner=JOB,
                restart_policy="OnFailure",
            ),
        ),
        see(
            12,
            a_pod(
                crashed(exit_code=0),
                init=[sidecar(crashed("proxy", exit_code, at=12))],
                owner=JOB,
                restart_policy="OnFailure",
                phase="Succeeded",
            ),
        ),
    )
scenario(
    "sidecar-stopped-after-a-failed-job",
    "The work failed for good: that is told, and the sidecar's end is not.",
    listed(),
    see(1, a_pod(running(), init=[sidecar(running("proxy"))], owner=JOB, restart_policy="Never")),
    see(
        10,
        a_pod(crashed(exit_code=4), init=[sidecar(running("proxy"))], owner=JOB, restart_policy="Never"),
    ),
    see(
        12,
        a_pod(
            crashed(exit_code=4),
            init=[sidecar(crashed("proxy", 143, at=12))],
            owner=JOB,
            restart_policy="Never",
            phase="Failed",
        ),
    ),
    told=[told(10, "Error", "app", 0, 4, owner="job/report")],
)
scenario(
    "sidecar-dies-beside-an-app-that-comes-back",
    "Under OnFailure a failed app container is not the end of the work, so the sidecar should have stayed.",
    listed(),
    see(1, a_pod(running(), init=[sidecar(running("proxy"))], owner=JOB, restart_policy="OnFailure")),
    see(
        10,
        a_pod(
            crashed(exit_code=1), init=[sidecar(crashed("proxy", 1))], owner=JOB, restart_policy="OnFailure"
        ),
    ),
    told=[
        told(10, "Error", "proxy", 0, 1, owner="job/report"),
        told(10, "Error", "app", 0, 1, owner="job/report"),
    ],
)
scenario(
    "debugging-shell-exits",
    "How a person leaves the shell of a debugging session is theirs to know.",
    listed(),
    see(1, a_pod(running())),
    see(5, a_pod(running(), debug=[running("debugger-x7k2p")])),
    see(10, a_pod(running(), debug=[crashed("debugger-x7k2p", 130)])),
)
scenario(
    "debugging-container-out-of-memory",
    "The kernel killed it, which its user wants to know.",
    listed(),
    see(1, a_pod(running(), debug=[running("debugger-x7k2p")])),
    see(10, a_pod(running(), debug=[crashed("debugger-x7k2p", 137, reason="OOMKilled")])),
    told=[told(10, "OOMKilled", "debugger-x7k2p", 0, 137)],
)
scenario(
    "app-dies-during-a-debugging-session",
    "The session hides nothing.",
    listed(),
    see(1, a_pod(running(), debug=[running("debugger-x7k2p")])),
    see(10, a_pod(terminated("app", ended(139)), debug=[running("debugger-x7k2p")])),
    told=[told(10, "Error", "app", 0, 139)],
)
