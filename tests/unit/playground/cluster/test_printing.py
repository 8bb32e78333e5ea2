"""The Table cells of pods in awkward states, by the rules of Kubernetes' own printer."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.playground.cluster.objects import Json, timestamp
from bot.playground.cluster.printing.durations import human_duration
from bot.playground.cluster.printing.pods import pod_cells
from bot.playground.cluster.printing.tables import table

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def ago(seconds: float) -> str:
    return timestamp(NOW - timedelta(seconds=seconds))


def running(
    *, ready: bool = True, started: bool = True, restarts: int = 0, died: float | None = None
) -> Json:
    last = {} if died is None else {"terminated": {"exitCode": 1, "finishedAt": ago(died)}}
    return {
        "state": {"running": {}},
        "ready": ready,
        "started": started,
        "restartCount": restarts,
        "lastState": last,
    }


def ended(code: int, reason: str = "", *, signal: int = 0, ready: bool = False) -> Json:
    state: Json = {"exitCode": code}
    if reason:
        state["reason"] = reason
    if signal:
        state["signal"] = signal
    return {"state": {"terminated": state}, "ready": ready, "restartCount": 0}


def waiting(reason: str = "", *, restarts: int = 0, died: float | None = None) -> Json:
    body = running(ready=False, started=False, restarts=restarts, died=died)
    return body | {"state": {"waiting": {"reason": reason} if reason else {}}}


def pod(
    *apps: Json,
    init: tuple[Json, ...] = (),
    sidecars: tuple[int, ...] = (),
    phase: str = "Running",
    ready: bool = True,
    conditions: tuple[Json, ...] = (),
    deleting: bool = False,
    gates: tuple[str, ...] = (),
    **status: object,
) -> Json:
    """Return a pod of such containers; `sidecars` are the indexes of restartable init containers."""
    init_specs = [
        {"name": f"i{n}", **({"restartPolicy": "Always"} if n in sidecars else {})} for n in range(len(init))
    ]
    found: list[Json] = [{"type": "Ready", "status": "True" if ready else "False"}, *conditions]
    metadata: Json = {"name": "web-1", "creationTimestamp": ago(90)}
    if deleting:
        metadata["deletionTimestamp"] = ago(1)
    return {
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            "containers": [{"name": f"c{n}"} for n in range(len(apps) or 1)],
            "initContainers": init_specs,
            "readinessGates": [{"conditionType": gate} for gate in gates],
        },
        "status": {
            "phase": phase,
            "conditions": found,
            "containerStatuses": [{"name": f"c{n}", **app} for n, app in enumerate(apps)],
            "initContainerStatuses": [{"name": f"i{n}", **one} for n, one in enumerate(init)],
            **status,
        },
    }


INITIALIZED: Json = {"type": "Initialized", "status": "True"}
GATED: Json = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}

CASES = {
    "running": (pod(running()), "1/1", "Running", "0"),
    "one-of-two-ready": (pod(running(), running(ready=False)), "1/2", "Running", "0"),
    "restarted": (pod(running(restarts=3, died=40)), "1/1", "Running", "3 (40s ago)"),
    "restarted-without-a-date": (pod(running(restarts=3)), "1/1", "Running", "3"),
    "latest-of-two-restarts": (
        pod(running(restarts=1, died=700), running(restarts=2, died=130)),
        "2/2",
        "Running",
        "3 (2m10s ago)",
    ),
    "pending": (pod(phase="Pending"), "0/1", "Pending", "0"),
    "creating": (pod(waiting("ContainerCreating"), phase="Pending"), "0/1", "ContainerCreating", "0"),
    "scheduling-gated": (pod(phase="Pending", conditions=(GATED,)), "0/1", "SchedulingGated", "0"),
    "crash-loop": (
        pod(waiting("CrashLoopBackOff", restarts=5, died=61)),
        "0/1",
        "CrashLoopBackOff",
        "5 (61s ago)",
    ),
    "first-container-wins": (pod(ended(1, "Error"), waiting("ImagePullBackOff")), "0/2", "Error", "0"),
    "waiting-without-reason": (pod(waiting()), "0/1", "Running", "0"),
    "oom-killed": (pod(ended(137, "OOMKilled")), "0/1", "OOMKilled", "0"),
    "exit-code": (pod(ended(3)), "0/1", "ExitCode:3", "0"),
    "signal": (pod(ended(0, signal=9)), "0/1", "Signal:9", "0"),
    "completed": (pod(ended(0, "Completed"), phase="Succeeded"), "0/1", "Completed", "0"),
    "completed-beside-running": (pod(ended(0, "Completed"), running()), "1/2", "Running", "0"),
    "completed-beside-running-not-ready": (
        pod(ended(0, "Completed"), running(), ready=False),
        "1/2",
        "NotReady",
        "0",
    ),
    "completed-then-failed": (
        pod(ended(0, "Completed"), ended(1, "Error"), phase="Failed", ready=False),
        "0/2",
        "Error",
        "0",
    ),
    "failed-then-completed": (
        pod(ended(1, "Error"), ended(0, "Completed"), phase="Failed", ready=False),
        "0/2",
        "Error",
        "0",
    ),
    "completed-and-failed-beside-running": (
        pod(ended(0, "Completed"), ended(2, "Error"), running(), ready=False),
        "1/3",
        "Error",
        "0",
    ),
    "evicted": (pod(phase="Failed", reason="Evicted"), "0/1", "Evicted", "0"),
    "evicted-with-dead-container": (
        pod(ended(137, "Error"), phase="Failed", reason="Evicted"),
        "0/1",
        "Error",
        "0",
    ),
    "rejected": (pod(phase="Failed", reason="OutOfcpu"), "0/1", "OutOfcpu", "0"),
    "init-first": (
        pod(waiting("PodInitializing"), init=(running(ready=False),), phase="Pending"),
        "0/1",
        "Init:0/1",
        "0",
    ),
    "init-second": (
        pod(
            waiting("PodInitializing"),
            init=(ended(0, "Completed", ready=True), running(ready=False)),
            phase="Pending",
        ),
        "0/1",
        "Init:1/2",
        "0",
    ),
    "init-waits-to-initialise": (
        pod(waiting("PodInitializing"), init=(waiting("PodInitializing"),), phase="Pending"),
        "0/1",
        "Init:0/1",
        "0",
    ),
    "init-done": (
        pod(waiting("PodInitializing"), init=(ended(0, "Completed", ready=True),), phase="Pending"),
        "0/1",
        "PodInitializing",
        "0",
    ),
    "init-crash-loop": (
        pod(
            waiting("PodInitializing"),
            init=(waiting("CrashLoopBackOff", restarts=2, died=5),),
            phase="Pending",
        ),
        "0/1",
        "Init:CrashLoopBackOff",
        "2 (5s ago)",
    ),
    "init-error": (
        pod(waiting("PodInitializing"), init=(ended(1, "Error"),), phase="Pending"),
        "0/1",
        "Init:Error",
        "0",
    ),
    "init-exit-code": (
        pod(waiting("PodInitializing"), init=(ended(2),), phase="Pending"),
        "0/1",
        "Init:ExitCode:2",
        "0",
    ),
    "init-signal": (
        pod(waiting("PodInitializing"), init=(ended(137, signal=9),), phase="Pending"),
        "0/1",
        "Init:Signal:9",
        "0",
    ),
    "init-image": (
        pod(waiting("PodInitializing"), init=(waiting("ImagePullBackOff"),), phase="Pending"),
        "0/1",
        "Init:ImagePullBackOff",
        "0",
    ),
    "init-restarts-are-forgotten": (
        pod(running(), init=({**ended(0, "Completed", ready=True), "restartCount": 4},)),
        "1/1",
        "Running",
        "0",
    ),
    "sidecar-counts": (pod(running(), init=(running(),), sidecars=(0,)), "2/2", "Running", "0"),
    "sidecar-restarts-count": (
        pod(running(restarts=1, died=300), init=(running(restarts=2, died=30),), sidecars=(0,)),
        "2/2",
        "Running",
        "3 (30s ago)",
    ),
    "sidecar-not-started": (
        pod(
            waiting("PodInitializing"),
            init=(running(ready=False, started=False),),
            sidecars=(0,),
            phase="Pending",
        ),
        "0/2",
        "Init:0/1",
        "0",
    ),
    "sidecar-not-ready": (
        pod(running(), init=(running(ready=False),), sidecars=(0,), ready=False),
        "1/2",
        "Running",
        "0",
    ),
    "sidecar-crashing-after-start": (
        pod(
            running(),
            init=(waiting("CrashLoopBackOff", restarts=1, died=9),),
            sidecars=(0,),
            conditions=(INITIALIZED,),
            ready=False,
        ),
        "1/2",
        "Init:CrashLoopBackOff",
        "1 (9s ago)",
    ),
    "terminating": (pod(running(), deleting=True), "1/1", "Terminating", "0"),
    "terminating-crash-loop": (pod(waiting("CrashLoopBackOff"), deleting=True), "0/1", "Terminating", "0"),
    "terminating-but-done": (
        pod(ended(0, "Completed"), deleting=True, phase="Succeeded"),
        "0/1",
        "Completed",
        "0",
    ),
    "node-lost": (pod(running(), deleting=True, reason="NodeLost"), "1/1", "Unknown", "0"),
    "node-lost-not-deleted": (pod(running(), reason="NodeLost"), "1/1", "NodeLost", "0"),
}


@pytest.mark.parametrize(("subject", "ready", "status", "restarts"), CASES.values(), ids=CASES.keys())
def test_pod_columns(subject: Json, ready: str, status: str, restarts: str) -> None:
    """READY, STATUS and RESTARTS of an awkward pod are what kubectl prints."""
    assert pod_cells(subject, NOW)[1:4] == [ready, status, restarts]


def test_wide_columns_and_their_blanks() -> None:
    """The wide columns give the address, node, nominated node and readiness gates, or `<none>`."""
    subject = pod(
        running(),
        gates=("a", "b"),
        conditions=({"type": "a", "status": "True"}, {"type": "b", "status": "False"}),
        podIPs=[{"ip": "10.244.1.2"}],
        nominatedNodeName="worker-2",
    )
    assert pod_cells(subject, NOW)[4:] == ["90s", "10.244.1.2", "<none>", "worker-2", "1/2"]
    assert pod_cells(pod(running()), NOW)[5:] == ["<none>"] * 4


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (312, "5m12s"),
        (600, "10m"),
        (10_799, "179m"),
        (10_800, "3h"),
        (12_000, "3h20m"),
        (28_800, "8h"),
        (172_799, "47h"),
        (172_800, "2d"),
        (187_200, "2d4h"),
        (691_200, "8d"),
        (62_985_600, "729d"),
        (63_072_000, "2y"),
        (65_664_000, "2y30d"),
        (252_288_000, "8y"),
    ],
)
def test_ages_are_in_the_api_servers_words(seconds: int, text: str) -> None:
    """Every step of apimachinery's HumanDuration."""
    assert human_duration(seconds) == text


def test_a_finished_pod_s_row_carries_its_condition_and_what_was_asked_for() -> None:
    """Rows hold nothing, metadata or the object; finished pods are marked as completed."""
    done = pod(ended(0, "Completed"), phase="Succeeded")
    rows = {
        include: table("Pod", [done], NOW, metadata={}, include=include)["rows"][0]
        for include in ("None", "Metadata", "Object")
    }
    assert rows["None"]["conditions"][0]["reason"] == "Succeeded"
    assert rows["None"]["object"] is None
    assert rows["Metadata"]["object"]["kind"] == "PartialObjectMetadata"
    assert rows["Object"]["object"] is done
