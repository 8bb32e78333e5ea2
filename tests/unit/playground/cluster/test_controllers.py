"""Owners and what they do: rollouts, ordinals, retries, disruption budgets, scheduling, lost nodes."""

import pytest

from bot.playground.cluster import SimulatedCluster
from bot.playground.cluster.controllers.deployments import replica_sets_of
from bot.playground.cluster.objects import Json, condition, condition_is_true, controller_of, name_of
from bot.playground.cluster.pod_template import completed_pod
from bot.playground.cluster.quantities import qos_class, quantity
from bot.playground.cluster.resources import (
    DAEMONSETS,
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    EVENTS,
    JOBS,
    PODS,
    STATEFULSETS,
)
from bot.playground.cluster.workloads import container, template, workload


def told(cluster: SimulatedCluster, name: str) -> list[str]:
    return [e["reason"] for e in cluster.store.all(EVENTS) if e["involvedObject"]["name"] == name]


async def test_a_rollout_keeps_enough_pods_available_throughout(demo: SimulatedCluster) -> None:
    """With 5 replicas, at most one is missing and at most two are extra at any moment."""
    counts: list[tuple[int, int]] = []

    def note(_change: object) -> None:
        pods = [p for p in demo.pods("shop", app="web") if "deletionTimestamp" not in p["metadata"]]
        counts.append((sum(condition_is_true(p, "Ready") for p in pods), len(pods)))

    demo.store.on_change(note)
    await demo.play("rollout")
    await demo.advance(60)
    assert min(ready for ready, _ in counts) >= 4
    assert max(total for _, total in counts) <= 7
    deployment = demo.store.get(DEPLOYMENTS, "shop", "web")
    sizes = [s["spec"]["replicas"] for s in replica_sets_of(demo.world, deployment)]
    assert (sizes, deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"]) == (
        [0, 5],
        "2",
    )
    assert "ScalingReplicaSet" in told(demo, "web")


async def test_pods_are_named_labelled_and_owned_as_in_kubernetes(demo: SimulatedCluster) -> None:
    """A pod's name begins with its ReplicaSet's, which ends in the template hash of its label."""
    pod = demo.pods("shop", app="web")[0]
    owner = controller_of(pod)
    assert owner is not None
    assert owner["name"] == f"web-{pod['metadata']['labels']['pod-template-hash']}"
    assert name_of(pod).startswith(f"{owner['name']}-")
    assert len(name_of(pod).rsplit("-", 1)[1]) == 5


async def test_a_stateful_set_brings_a_pod_back_under_its_name(demo: SimulatedCluster) -> None:
    """Same name, other UID; a failed pod is deleted first; a rollout goes from the highest ordinal down."""
    before = demo.pod("payments", "ledger-1")["metadata"]["uid"]
    await demo.play("evicted-storage", namespace="payments", name="ledger-1")
    await demo.advance(20)
    assert demo.pod("payments", "ledger-1")["metadata"]["uid"] != before
    assert "RecreatingFailedPod" in told(demo, "ledger")
    await demo.play("rollout", namespace="payments", name="ledger")
    await demo.advance(1)
    going = [name_of(p) for p in demo.pods("payments", app="ledger") if "deletionTimestamp" in p["metadata"]]
    assert going == ["ledger-2"]
    await demo.advance(60)
    status = demo.store.get(STATEFULSETS, "payments", "ledger")["status"]
    assert status["updatedReplicas"] == status["readyReplicas"] == 3
    assert status["currentRevision"] == status["updateRevision"]


async def test_a_stateful_set_scales_down_from_the_end(demo: SimulatedCluster) -> None:
    """The highest ordinal goes."""
    await demo.play("scale-down", namespace="payments", name="ledger")
    await demo.advance(65)
    assert [name_of(p) for p in demo.pods("payments", app="ledger")] == ["ledger-0", "ledger-1"]


async def test_a_job_retries_with_growing_delays_and_then_fails(demo: SimulatedCluster) -> None:
    """Three pods for a backoffLimit of 2, ten and twenty seconds apart."""
    await demo.play("job-failing")
    (job,) = [j for j in demo.store.all(JOBS) if "manual" in name_of(j)]
    made: list[float] = []
    begun = demo.now()
    for _ in range(60):
        await demo.advance(1)
        count = len(demo.world.pods_of(job))
        made += [(demo.now() - begun).total_seconds()] * (count - len(made))
    assert len(made) == 3
    assert made[2] - made[1] > made[1] - made[0] > 10
    status = demo.store.get(JOBS, "batch", name_of(job))["status"]
    failed = condition(demo.store.get(JOBS, "batch", name_of(job)), "Failed")
    assert (status["failed"], failed and failed["reason"]) == (3, "BackoffLimitExceeded")


async def test_a_deleted_pod_of_a_job_is_replaced_and_counted(demo: SimulatedCluster) -> None:
    """A pod that was taken away before it ended is a failure of the job."""
    await demo.play("job-done")
    await demo.advance(5)
    job = demo.store.all(JOBS)[-1]
    demo.world.delete_pod(demo.world.pods_of(job)[0], grace=0)
    await demo.advance(40)
    status = demo.store.get(JOBS, "batch", name_of(job))["status"]
    assert (status["failed"], status["succeeded"]) == (1, 1)


async def test_a_daemon_set_runs_on_every_node(cluster: SimulatedCluster) -> None:
    """One pod a node, made again when one fails or a node joins."""
    spec: Json = {"template": template("agent", [container("agent", "tools/agent:1.0.0")])}
    workload(cluster.world, "DaemonSet", "shop", "agent", spec)
    await cluster.advance(5)
    assert {p["spec"]["nodeName"] for p in cluster.pods("shop")} == set(cluster.node_names())
    await cluster.play("evicted-storage", namespace="shop", name=name_of(cluster.pods("shop")[0]))
    await cluster.advance(10)
    status = cluster.store.get(DAEMONSETS, "shop", "agent")["status"]
    assert (status["numberReady"], status["desiredNumberScheduled"]) == (3, 3)
    assert "FailedDaemonPod" in told(cluster, "agent")


async def test_disruption_budgets_count(demo: SimulatedCluster) -> None:
    """minAvailable and maxUnavailable become the number that may go."""
    by_name = {name_of(b): b["status"] for b in demo.store.all(DISRUPTION_BUDGETS)}
    assert {n: (s["desiredHealthy"], s["disruptionsAllowed"]) for n, s in by_name.items()} == {
        "ledger": (2, 1),
        "search": (2, 1),
    }


async def test_what_cannot_be_scheduled_says_why_and_waits(cluster: SimulatedCluster) -> None:
    """Too big, cordoned, gated: each with its condition; room that appears later is taken."""
    pods = {"big": {"cpu": "64"}, "vast": {"memory": "64Gi"}, "small": {"cpu": "1"}}
    for node in cluster.node_names():
        cluster.nodes.cordon(node)
    for name, requests in pods.items():
        spec = {"containers": [{"name": "app", "image": "x:1", "resources": {"requests": requests}}]}
        pod = {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}
        cluster.store.create(completed_pod(pod, cluster.world.names, cluster.now()))
    gated = {"containers": [{"name": "app", "image": "x:1"}], "schedulingGates": [{"name": "wait"}]}
    pod = {"metadata": {"name": "gated", "namespace": "shop"}, "spec": gated}
    cluster.store.create(completed_pod(pod, cluster.world.names, cluster.now()))
    await cluster.advance(1)

    def why(name: str) -> tuple[str, str]:
        found = condition(cluster.pod("shop", name), "PodScheduled")
        assert found is not None
        return found["reason"], found["message"]

    assert why("small")[1].startswith("0/3 nodes are available: 3 node(s) were unschedulable.")
    assert why("gated")[0] == "SchedulingGated"
    for node in cluster.node_names():
        cluster.nodes.cordon(node, on=False)
    await cluster.advance(30)
    assert cluster.pod("shop", "small")["status"]["phase"] == "Running"
    assert "3 Insufficient cpu" in why("big")[1]
    assert "3 Insufficient memory" in why("vast")[1]


async def test_pods_of_a_lost_node_are_marked_and_replaced_elsewhere(demo: SimulatedCluster) -> None:
    """NotReady at once, collected when the node is removed, and their Deployments complete again."""
    node = demo.pods("shop", app="search")[0]["spec"]["nodeName"]
    await demo.play("node-lost", namespace="", name=node)
    await demo.advance(1)
    lost = [p for p in demo.pods() if p["spec"].get("nodeName") == node]
    assert not any(condition_is_true(p, "Ready") for p in lost)
    await demo.advance(100)
    assert not [p for p in demo.pods() if p["spec"].get("nodeName") == node]
    assert demo.store.get(DEPLOYMENTS, "shop", "search")["status"]["readyReplicas"] == 3
    await demo.play("heal-all")
    assert node in demo.node_names()


async def test_a_silent_node_catches_up_when_it_is_back(demo: SimulatedCluster) -> None:
    """A deletion that was asked for meanwhile is done then."""
    await demo.play("node-lost", namespace="payments", name="ledger-2")
    demo.world.delete_pod(demo.pod("payments", "ledger-2"))
    uid = demo.pod("payments", "ledger-2")["metadata"]["uid"]
    await demo.advance(20)
    assert demo.pod("payments", "ledger-2")["metadata"]["uid"] == uid
    await demo.play("heal-all")
    await demo.advance(30)
    assert demo.pod("payments", "ledger-2")["metadata"]["uid"] != uid


async def test_readiness_gates_hold_a_pod_back(cluster: SimulatedCluster) -> None:
    """Containers ready, the pod not, until the gate's condition is set."""
    spec = {"containers": [{"name": "app", "image": "x:1"}], "readinessGates": [{"conditionType": "lb"}]}
    pod = {"metadata": {"name": "web-1", "namespace": "shop"}, "spec": spec}
    cluster.store.create(completed_pod(pod, cluster.world.names, cluster.now()))
    await cluster.advance(5)
    ready = condition(cluster.pod("shop", "web-1"), "Ready")
    assert ready is not None
    assert (ready["status"], ready["reason"]) == ("False", "ReadinessGatesNotReady")
    assert ready["message"] == 'corresponding condition of pod readiness gate "lb" does not exist.'


@pytest.mark.parametrize(
    ("text", "number"),
    [("250m", "0.250"), ("2", "2"), ("512Mi", "536870912"), ("1G", "1000000000"), (4, "4")],
)
def test_quantities(text: str | int, number: str) -> None:
    """Cores and bytes, with and without suffix."""
    assert str(quantity(text)) == number


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        (
            {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "1Gi"}},
            "Burstable",
        ),
    ],
)
def test_qos_classes(resources: Json, expected: str) -> None:
    """By the rules of the documentation."""
    assert qos_class({"containers": [{"name": "a", "resources": resources}]}) == expected


async def test_events_are_counted_and_forgotten(cluster: SimulatedCluster) -> None:
    """The same event raises a count; an hour after it was last seen it is gone."""
    pod = {
        "metadata": {"name": "web-1", "namespace": "shop"},
        "spec": {"containers": [{"name": "a", "image": "x:1"}]},
    }
    created = cluster.store.create(completed_pod(pod, cluster.world.names, cluster.now()))
    for _ in range(3):
        cluster.events.warning(created, "Unhealthy", "probe failed", component="kubelet", host="worker-1")
    (event,) = cluster.store.all(EVENTS)
    assert (event["count"], event["source"]) == (3, {"component": "kubelet", "host": "worker-1"})
    cluster.store.remove(cluster.store.get(PODS, "shop", "web-1"))
    await cluster.advance(2 * 3600)
    assert cluster.store.all(EVENTS) == []
