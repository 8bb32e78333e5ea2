"""How an app container may end, and what of."""

from __future__ import annotations

from tests.replays.script import event, killing, listed, scenario, see, told
from tests.support.pods import (
    JOB,
    Built,
    a_pod,
    crashed,
    ended,
    lost,
    running,
    terminated,
    waiting,
    with_policy,
)


def _ends(name: str, intent: str, container: Built, cause: str, exit_code: int) -> None:
    """One pod runs, and then shows this."""
    scenario(
        name,
        intent,
        listed(),
        see(1, a_pod(running())),
        see(10, a_pod(container)),
        told=[told(10, cause, "app", 0, exit_code)],
    )


_ends("exit-1", "A container ends with an error of its own.", crashed(exit_code=1), "Error", 1)
_ends("exit-137-alone", "137 is a SIGKILL from somewhere; without the reason it is no OOM kill.",
      crashed(exit_code=137), "Error", 137)  # fmt: skip
_ends("exit-139-segfault", "It crashed in native code.", crashed(exit_code=139), "Error", 139)
_ends("exit-143-nobody-asked", "SIGTERM without a deletion is no graceful end.",
      crashed(exit_code=143), "Error", 143)  # fmt: skip
_ends("exit-255-after-a-reboot", "The runtime came back and knows nothing better than 255, Unknown.",
      crashed(exit_code=255, reason="Unknown"), "Error", 255)  # fmt: skip
_ends("exit-0-under-always", "A server that ends is down, however politely.",
      crashed(exit_code=0), "UnexpectedExit", 0)  # fmt: skip
_ends("oom-killed", "The kernel kills a container over its memory limit.",
      crashed(exit_code=137, reason="OOMKilled"), "OOMKilled", 137)  # fmt: skip
_ends("oom-killed-with-exit-1", "A child was killed and the container gave up with 1: the reason counts.",
      crashed(exit_code=1, reason="OOMKilled"), "OOMKilled", 1)  # fmt: skip
_ends("start-exit-126", "The command is not executable.", crashed(exit_code=126), "StartError", 126)
_ends("start-exit-127", "The command is not there.", crashed(exit_code=127), "StartError", 127)
_ends("start-containerd-128", "containerd could not start the process.",
      crashed(exit_code=128, reason="StartError"), "StartError", 128)  # fmt: skip
_ends("start-container-cannot-run", "The runtime could not run the container.",
      crashed(exit_code=127, reason="ContainerCannotRun"), "StartError", 127)  # fmt: skip
_ends("start-run-container-error", "The kubelet waits with RunContainerError; the run's end is told once.",
      waiting("app", "RunContainerError", last=ended(128, reason="StartError")),
      "StartError", 128)  # fmt: skip
_ends("fast-restart-only-in-last-state", "It died and ran again before anybody looked.",
      running(restarts=1, last=ended(1), since=11), "Error", 1)  # fmt: skip
_ends("oom-fast-restart", "An OOM kill that only lastState shows is still an OOM kill.",
      running(restarts=1, last=ended(137, reason="OOMKilled"), since=11), "OOMKilled", 137)  # fmt: skip
_ends("first-seen-in-back-off", "The first look after it shows CrashLoopBackOff: its cause is the end's.",
      waiting(last=ended(2)), "Error", 2)  # fmt: skip

for policy in ("Never", "OnFailure"):
    scenario(
        f"job-exit-0-{policy.lower()}",
        "Exit 0 is how a job ends.",
        listed(),
        see(1, a_pod(running(), owner=JOB, restart_policy=policy)),
        see(10, a_pod(crashed(exit_code=0), owner=JOB, restart_policy=policy, phase="Succeeded")),
    )
    scenario(
        f"job-exit-1-{policy.lower()}",
        "Exit 1 is not, whether the kubelet starts it again or not.",
        listed(),
        see(1, a_pod(running(), owner=JOB, restart_policy=policy)),
        see(
            10,
            a_pod(
                crashed(),
                owner=JOB,
                restart_policy=policy,
                phase="Failed" if policy == "Never" else "Running",
            ),
        ),
        told=[told(10, "Error", "app", 0, 1, owner="job/report")],
    )

scenario(
    "own-restart-policy-on-failure",
    "Since 1.34 a container may have a policy of its own: with OnFailure it may finish in a pod of servers.",
    listed(),
    see(1, a_pod(with_policy(running(), "OnFailure"), running("proxy"))),
    see(10, a_pod(with_policy(crashed(exit_code=0), "OnFailure"), running("proxy"))),
)
scenario(
    "own-restart-policy-always",
    "The same the other way round: it should have run on, whatever its pod's policy says.",
    listed(),
    see(1, a_pod(with_policy(running(), "Always"), owner=JOB, restart_policy="Never")),
    see(10, a_pod(with_policy(crashed(exit_code=0), "Always"), owner=JOB, restart_policy="Never")),
    told=[told(10, "UnexpectedExit", "app", 0, 0, owner="job/report")],
)
scenario(
    "kubelet-lost-sight",
    "The kubelet lost sight of a container and writes it in three ways: one death.",
    listed(),
    see(1, a_pod(running())),
    see(10, a_pod(terminated("app", lost(), restarts=1))),
    see(11, a_pod(waiting("app", "ContainerCreating", restarts=1, last=lost()))),
    see(12, a_pod(running(restarts=1, last=lost(), since=12))),
    told=[told(10, "Error", "app", 0, 137)],
)

for exit_code in (137, 143):
    scenario(
        f"liveness-killed-{exit_code}",
        "The kubelet ended it for its liveness probe, and says so in an event of this pod and container.",
        listed(),
        see(1, a_pod(running())),
        event(7, "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 503", count=3),
        killing(8),
        see(10, a_pod(crashed(exit_code=exit_code))),
        told=[told(10, "LivenessFailed", "app", 0, exit_code)],
    )
scenario(
    "startup-killed",
    "It did not start in time: the startup probe is what it died of.",
    listed(),
    see(1, a_pod(running(ready=False))),
    event(
        7, "Unhealthy", "Startup probe failed: dial tcp 10.1.2.3:8080: connect: connection refused", count=9
    ),
    killing(8, probe="startup"),
    see(10, a_pod(crashed(exit_code=137))),
    told=[told(10, "StartupFailed", "app", 0, 137)],
)
scenario(
    "liveness-event-of-a-namesake-container",
    "`app` crashed; the event speaks of `app-sidecar`.",
    listed(),
    see(1, a_pod(running(), running("app-sidecar"))),
    killing(8, container="app-sidecar"),
    see(10, a_pod(crashed(exit_code=137), running("app-sidecar"))),
    told=[told(10, "Error", "app", 0, 137)],
)
scenario(
    "liveness-event-of-an-earlier-run",
    "The probe killed it an hour ago; what killed it now, nobody says.",
    listed(),
    see(1, a_pod(running())),
    killing(8),
    see(10, a_pod(crashed(exit_code=137, at=10))),
    see(40, a_pod(running(restarts=1, last=ended(137, at=10), since=40))),
    see(3_300, a_pod(crashed(exit_code=137, at=3_300, restarts=1, last=ended(137, at=10)))),
    told=[told(10, "LivenessFailed", "app", 0, 137), told(3_300, "Error", "app", 1, 137)],
)
scenario(
    "oom-with-a-failing-probe",
    "A container that swaps itself to death fails its probe, too; the kernel killed it.",
    listed(),
    see(1, a_pod(running())),
    event(7, "Unhealthy", "Liveness probe failed: context deadline exceeded", count=2),
    see(10, a_pod(crashed(exit_code=137, reason="OOMKilled"))),
    told=[told(10, "OOMKilled", "app", 0, 137)],
)
scenario(
    "exit-1-with-a-failing-probe",
    "It failed its probe once and then ended by itself: the kubelet killed nothing.",
    listed(),
    see(1, a_pod(running())),
    event(7, "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500"),
    see(10, a_pod(crashed(exit_code=1))),
    told=[told(10, "Error", "app", 0, 1)],
)
