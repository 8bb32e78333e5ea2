"""Each scenario leaves the status that a detector has to read it from."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from bot.playground.cluster import SCENARIOS, ScenarioError, SimulatedCluster
from bot.playground.cluster.objects import Json, condition, condition_is_true, is_ready, name_of
from bot.playground.cluster.printing.pods import summarise
from bot.playground.cluster.resources import DEPLOYMENTS, EVENTS, JOBS, NODES, PODS, STATEFULSETS
from bot.playground.cluster.scenarios import Group
from bot.playground.cluster.store import Change

Seen = list[Json]
"""Every shape that pods had since the scenario was played."""


def record(cluster: SimulatedCluster) -> Seen:
    seen: Seen = []
    cluster.store.on_change(lambda c: seen.append(_shape(c)) if c.resource is PODS else None)
    return seen


def _shape(change: Change) -> Json:
    return change.object


def terminations(seen: Seen, *, field: str = "state") -> set[tuple[str, str, int]]:
    """Return (container, reason, exit code) of all terminations seen in a field of a status."""
    return {
        (status["name"], status[field]["terminated"]["reason"], status[field]["terminated"]["exitCode"])
        for pod in seen
        for kind in ("containerStatuses", "initContainerStatuses")
        for status in pod["status"].get(kind, ())
        if "terminated" in status[field] and "deletionTimestamp" not in pod["metadata"]
    }


def waiting(seen: Seen) -> set[str]:
    """Return the waiting reasons seen."""
    return {
        status["state"]["waiting"]["reason"]
        for pod in seen
        for kind in ("containerStatuses", "initContainerStatuses")
        for status in pod["status"].get(kind, ())
        if "waiting" in status["state"]
    }


def disruptions(seen: Seen) -> set[str]:
    return {c["reason"] for pod in seen if (c := condition(pod, "DisruptionTarget")) is not None}


def reasons(seen: Seen) -> set[str]:
    return {pod["status"]["reason"] for pod in seen if "reason" in pod["status"]}


def told(cluster: SimulatedCluster, reason: str) -> list[str]:
    return [e["message"] for e in cluster.store.all(EVENTS) if e["reason"] == reason]


Check = Callable[[SimulatedCluster, Seen], bool]

EXPECTED: dict[str, Check] = {
    "oom-kill": lambda _c, s: ("app", "OOMKilled", 137) in terminations(s),
    "error-exit": lambda _c, s: ("app", "Error", 1) in terminations(s),
    "segfault": lambda _c, s: ("app", "Error", 139) in terminations(s),
    "exit-zero": lambda _c, s: ("app", "Completed", 0) in terminations(s),
    "crash-loop": lambda _c, s: "CrashLoopBackOff" in waiting(s) and ("app", "Error", 1) in terminations(s),
    "fast-restart": lambda _c, s: (
        not terminations(s) and ("app", "Error", 2) in terminations(s, field="lastState")
    ),
    "one-of-two": lambda _c, s: terminations(s) == {("proxy", "Error", 134)},
    "sidecar": lambda _c, s: terminations(s) == {("log-shipper", "Error", 1)},
    "start-error": lambda _c, s: (
        ("app", "StartError", 128) in terminations(s, field="lastState") and "RunContainerError" in waiting(s)
    ),
    "init-failed": lambda _c, s: ("migrate", "Error", 1) in terminations(s),
    "liveness": lambda c, s: (
        ("app", "Error", 137) in terminations(s)
        and told(c, "Killing") == ["Container app failed liveness probe, will be restarted"]
        and any("Liveness probe failed" in m for m in told(c, "Unhealthy"))
    ),
    "startup": lambda c, s: (
        ("app", "Error", 137) in terminations(s)
        and "Container app failed startup probe, will be restarted" in told(c, "Killing")
    ),
    "evicted-memory": lambda c, s: (
        reasons(s) == {"Evicted"} and disruptions(s) == {"TerminationByKubelet"} and bool(told(c, "Evicted"))
    ),
    "evicted-storage": lambda _c, s: (
        reasons(s) == {"Evicted"} and any("ephemeral storage" in p["status"].get("message", "") for p in s)
    ),
    "preempted": lambda c, s: disruptions(s) == {"PreemptionByScheduler"} and bool(told(c, "Preempted")),
    "rejected": lambda c, s: reasons(s) == {"OutOfcpu"} and len(ready_pods(c, "web")) == 6,
    "deadline": lambda _c, s: reasons(s) == {"DeadlineExceeded"},
    "bare-deleted": lambda c, _s: not c.pods("tools"),
    "job-failing": lambda c, s: (
        ("import", "Error", 3) in terminations(s)
        and any(condition_is_true(job, "Failed") for job in c.store.all(JOBS))
    ),
    "node-lost": lambda c, s: disruptions(s) == {"DeletionByPodGC"} and len(c.node_names()) == 2,
    "taint-eviction": lambda _c, s: disruptions(s) == {"DeletionByTaintManager"},
    "node-shutdown": lambda _c, s: (
        disruptions(s) == {"TerminationByKubelet"} and reasons(s) == {"Terminated"}
    ),
    "image-not-found": lambda _c, s: {"ErrImagePull", "ImagePullBackOff"} <= waiting(s),
    "image-denied": lambda c, s: (
        "ImagePullBackOff" in waiting(s) and any("authorization failed" in m for m in told(c, "Failed"))
    ),
    "image-name": lambda _c, s: "InvalidImageName" in waiting(s),
    "config-error": lambda _c, s: "CreateContainerConfigError" in waiting(s),
    "unschedulable": lambda c, _s: any("3 Insufficient cpu" in m for m in told(c, "FailedScheduling")),
    "stuck-creating": lambda c, _s: any("MountVolume.SetUp failed" in m for m in told(c, "FailedMount")),
    "stuck-terminating": lambda c, _s: any("deletionTimestamp" in p["metadata"] for p in c.pods("shop")),
    "not-ready": lambda c, s: not terminations(s) and len(ready_pods(c, "web")) == 4,
    "rollout": lambda c, s: not deaths(s) and rolled_out(c, "web"),
    "restart": lambda c, s: terminations(s) == {("migrate", "Completed", 0)} and rolled_out(c, "cart"),
    "scale-down": lambda c, s: not deaths(s) and len(c.pods("shop", app="web")) == 4,
    "delete": lambda c, s: not deaths(s) and len(ready_pods(c, "web")) == 5,
    "drain": lambda c, s: not deaths(s) and disruptions(s) == {"EvictionByEvictionAPI"} and drained(c),
    "job-done": lambda c, s: (
        terminations(s) == {("import", "Completed", 0)}
        and all(condition_is_true(job, "Complete") for job in c.store.all(JOBS))
    ),
    "bare-done": lambda _c, s: terminations(s) == {("report", "Completed", 0)},
    "heal-all": lambda c, s: not deaths(s) and len(ready_pods(c, "web")) == 5,
}


def ready_pods(cluster: SimulatedCluster, app: str) -> list[Json]:
    return [pod for pod in cluster.pods(app=app) if is_ready(pod)]


def deaths(seen: Seen) -> set[tuple[str, str, int]]:
    return {found for found in terminations(seen) if found[2] != 0}


def rolled_out(cluster: SimulatedCluster, name: str) -> bool:
    status = cluster.store.get(DEPLOYMENTS, "shop", name)["status"]
    return bool(status["updatedReplicas"] == status["replicas"] == status["readyReplicas"])


def drained(cluster: SimulatedCluster) -> bool:
    (node,) = [n for n in cluster.store.all(NODES) if n["spec"].get("unschedulable")]
    return not cluster.nodes.pods_on(node["metadata"]["name"])


@pytest.mark.parametrize("scenario", EXPECTED)
async def test_a_scenario_leaves_its_documented_status(demo: SimulatedCluster, scenario: str) -> None:
    """Played on the demo's content with nothing chosen, it shows as its cause is documented to show."""
    seen = record(demo)
    assert await demo.play(scenario)
    await demo.advance(59)
    assert EXPECTED[scenario](demo, seen)


def test_every_scenario_has_an_expectation() -> None:
    """No button of the panel goes untested (roll-back has a test of its own)."""
    assert SCENARIOS.keys() - EXPECTED.keys() == {"roll-back"}


HEALED = [s.id for s in SCENARIOS.values() if s.group is not Group.RECOVERS]


def standing(cluster: SimulatedCluster) -> set[tuple[str, ...]]:
    """What there is: workloads as they are wanted, Jobs, nodes, and how many pods are how.

    Pods that have done their work may go with their node; nothing makes them again.
    """
    pods = Counter(
        (each["metadata"]["labels"].get("app", ""), summarise(each).reason)
        for each in cluster.pods()
        if summarise(each).reason != "Completed"
    )
    wanted = [
        (name_of(each), str(each["spec"]["replicas"]), str(each["spec"]["template"]))
        for resource in (DEPLOYMENTS, STATEFULSETS)
        for each in cluster.store.all(resource)
    ]
    nodes = [(name_of(each), str(each["spec"]), str(_conditions(each))) for each in cluster.store.all(NODES)]
    jobs = [("job", name_of(each)) for each in cluster.store.all(JOBS)]
    return {*wanted, *nodes, *jobs, *((app, how, str(count)) for (app, how), count in pods.items())}


def _conditions(node: Json) -> list[tuple[str, str]]:
    return sorted((each["type"], each["status"]) for each in node["status"]["conditions"])


@pytest.mark.parametrize("after", [0.5, 59], ids=["at once", "after a minute"])
@pytest.mark.parametrize("scenario", HEALED)
async def test_healing_undoes_every_scenario(demo: SimulatedCluster, scenario: str, after: float) -> None:
    """After `heal-all` all is as it was at the beginning, and stays so."""
    before = standing(demo)
    await demo.play(scenario)
    await demo.advance(after)
    await demo.play("heal-all")
    await demo.advance(120)
    assert standing(demo) == before
    await demo.advance(600)
    assert standing(demo) == before


@pytest.mark.parametrize(
    "series",
    [
        pytest.param(("unschedulable", "config-error", "image-name"), id="bad rollouts on top of each other"),
        pytest.param(("rollout", "scale-down", "restart"), id="what went well"),
        pytest.param(("node-lost", "node-lost"), id="a node lost twice"),
        pytest.param(("drain", "node-lost"), id="a node lost while it is drained"),
        pytest.param(tuple(HEALED), id="all of it"),
    ],
)
async def test_healing_undoes_several_at_once(demo: SimulatedCluster, series: tuple[str, ...]) -> None:
    """Whatever was pressed, in whatever order."""
    before = standing(demo)
    for scenario in series:
        with suppress(ScenarioError):  # what it would befall may be gone by then
            await demo.play(scenario)
        await demo.advance(20)
    await demo.play("heal-all")
    await demo.advance(120)
    assert standing(demo) == before


async def test_a_node_that_was_healed_and_is_lost_again_has_its_whole_time(demo: SimulatedCluster) -> None:
    """The removal that was due for the first loss is none for the second."""
    await demo.play("node-lost", name="worker-1")
    await demo.advance(30)
    await demo.play("heal-all")
    await demo.play("node-lost", name="worker-1")
    await demo.advance(30)
    assert "worker-1" in demo.node_names()
    await demo.advance(15)
    assert "worker-1" not in demo.node_names()


async def test_healing_clears_away_a_bare_pod_that_has_finished(demo: SimulatedCluster) -> None:
    """One that was about to finish still does."""
    await demo.play("bare-done")
    await demo.play("heal-all")
    await demo.advance(20)
    (report,) = demo.pods("tools", app="db-report")
    assert summarise(report).reason == "Completed"
    await demo.play("heal-all")
    assert not demo.pods("tools", app="db-report")


@pytest.mark.parametrize("gone", ["deleted", "past its deadline", "never ending"])
async def test_healing_makes_the_bare_pod_again(demo: SimulatedCluster, gone: str) -> None:
    """Nothing else in a cluster does, and one that failed runs no more."""
    toolbox = demo.pod("tools", "toolbox")
    scenario = {
        "deleted": "bare-deleted",
        "past its deadline": "deadline",
        "never ending": "stuck-terminating",
    }
    await demo.play(scenario[gone], namespace="tools", name="toolbox")
    await demo.advance(59)
    assert "toolbox" in await demo.play("heal-all")
    await demo.advance(10)
    again = demo.pod("tools", "toolbox")
    assert is_ready(again)
    assert again["metadata"]["uid"] != toolbox["metadata"]["uid"]
    assert again["spec"]["containers"] == toolbox["spec"]["containers"]


async def test_a_chosen_pod_is_the_one_that_dies(demo: SimulatedCluster) -> None:
    """The panel's choice wins over the usual target."""
    chosen = demo.pods("payments", app="ledger")[1]["metadata"]["name"]
    what = await demo.play("oom-kill", namespace="payments", name=chosen)
    assert what == "ledger-1 in payments: container postgres OOM-killed"


async def test_a_workload_can_be_chosen_by_one_of_its_pods(demo: SimulatedCluster) -> None:
    """A row of the panel is a pod; scenarios of workloads take its owner."""
    pod = demo.pods("payments", app="api")[0]["metadata"]["name"]
    assert "api in payments: scaled down to 1" in await demo.play(
        "scale-down", namespace="payments", name=pod
    )


async def test_a_bad_rollout_is_rolled_back(demo: SimulatedCluster) -> None:
    """The revision before comes back, under a new revision number."""
    await demo.play("image-not-found")
    await demo.advance(30)
    assert any(summarise(p).reason == "ImagePullBackOff" for p in demo.pods(app="web"))
    await demo.play("roll-back")
    await demo.advance(60)
    assert rolled_out(demo, "web")
    assert {summarise(p).reason for p in demo.pods(app="web")} == {"Running"}


@pytest.mark.parametrize(
    ("scenario", "choice", "text"),
    [
        ("explode", {}, 'there is no scenario "explode"'),
        ("oom-kill", {"namespace": "shop", "name": "gone"}, 'there is no pod "gone" in shop'),
        ("rollout", {"namespace": "shop", "name": "gone"}, 'there is no workload "gone" in shop'),
        (
            "roll-back",
            {"namespace": "payments", "name": "ledger"},
            "ledger has no revision before its present one",
        ),
        ("sidecar", {"namespace": "tools", "name": "toolbox"}, "toolbox has no sidecar container"),
        ("job-done", {"namespace": "shop", "name": "web"}, "web is a Deployment, not a CronJob"),
    ],
)
async def test_what_cannot_be_played_says_why(
    demo: SimulatedCluster, scenario: str, choice: dict[str, str], text: str
) -> None:
    """A refusal is a sentence for the person at the panel."""
    with pytest.raises(ScenarioError, match=text):
        await demo.play(scenario, **choice)
