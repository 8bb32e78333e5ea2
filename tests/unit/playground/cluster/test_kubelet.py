"""The life of pods step by step, as a kubelet writes it."""

from bot.playground.cluster import ManualClock, SimulatedCluster
from bot.playground.cluster.kubelet.plans import ContainerPlan, Ending, Stop
from bot.playground.cluster.objects import Json, condition, condition_is_true, timestamp
from bot.playground.cluster.pod_template import completed_pod
from bot.playground.cluster.printing.pods import pod_cells
from bot.playground.cluster.resources import EVENTS, PODS
from bot.playground.cluster.store import Change
from tests.unit.playground.cluster.conftest import START


def bare_pod(cluster: SimulatedCluster, **spec: object) -> Json:
    """Create the bare pod `web-1` in `shop`."""
    pod = {
        "metadata": {"name": "web-1", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "image": "registry.example.com/shop/web:1.4.1"}], **spec},
    }
    return cluster.store.create(completed_pod(pod, cluster.world.names, cluster.now()))


def status_of(cluster: SimulatedCluster) -> Json:
    status: Json = cluster.pod("shop", "web-1")["status"]
    return status


def app_of(cluster: SimulatedCluster) -> Json:
    app: Json = status_of(cluster)["containerStatuses"][0]
    return app


def events_of(cluster: SimulatedCluster, name: str = "web-1") -> list[tuple[str, str, int]]:
    found = [e for e in cluster.store.all(EVENTS) if e["involvedObject"]["name"] == name]
    return [(e["reason"], e["message"], e["count"]) for e in found]


def printed(cluster: SimulatedCluster) -> list[str]:
    """Record the STATUS of the pod after every write from now on, without repetitions."""
    seen: list[str] = []

    def note(change: Change) -> None:
        if change.resource is PODS:
            text = str(pod_cells(change.object, cluster.now())[2]) if change.type != "DELETED" else "(gone)"
            if seen[-1:] != [text]:
                seen.append(text)

    cluster.store.on_change(note)
    return seen


async def test_a_pod_is_scheduled_started_and_becomes_ready(cluster: SimulatedCluster) -> None:
    """From Pending to Running and Ready, with the conditions, addresses and events of a kubelet."""
    seen = printed(cluster)
    bare_pod(cluster)
    await cluster.advance(5)
    assert seen == ["Pending", "ContainerCreating", "Running"]
    status = status_of(cluster)
    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "PodScheduled": "True",
        "PodReadyToStartContainers": "True",
        "Initialized": "True",
        "Ready": "True",
        "ContainersReady": "True",
    }
    assert (status["phase"], status["qosClass"], status["hostIP"]) == (
        "Running",
        "BestEffort",
        "192.168.10.11",
    )
    assert status["podIPs"] == [{"ip": status["podIP"]}]
    assert [reason for reason, _, _ in events_of(cluster)] == [
        "Scheduled",
        "Pulling",
        "Pulled",
        "Created",
        "Started",
    ]


async def test_a_crash_loop_is_written_step_by_step(cluster: SimulatedCluster) -> None:
    """Terminated, restarted at once, terminated, backed off for 10 s, restarted, backed off for 20 s."""
    pod = bare_pod(cluster)
    await cluster.advance(5)
    uid = pod["metadata"]["uid"]
    plan = ContainerPlan(ending=Ending(after=2.0, exit_code=1))
    cluster.plans.for_pod(uid, plan)
    await cluster.play("error-exit", namespace="shop", name="web-1")
    died = timestamp(cluster.now())

    first = app_of(cluster)
    assert first["state"]["terminated"] == {
        "containerID": first["containerID"],
        "exitCode": 1,
        "finishedAt": died,
        "reason": "Error",
        "startedAt": timestamp(START.replace(second=0)),
    }
    assert (first["ready"], first["started"], first["restartCount"], first["lastState"]) == (
        False,
        False,
        0,
        {},
    )
    ready = condition(cluster.pod("shop", "web-1"), "Ready")
    assert ready is not None
    assert (ready["status"], ready["reason"], ready["lastTransitionTime"]) == (
        "False",
        "ContainersNotReady",
        died,
    )
    assert ready["message"] == "containers with unready status: [app]"

    await cluster.advance(1)
    second = app_of(cluster)
    assert "running" in second["state"]
    assert second["lastState"]["terminated"] == first["state"]["terminated"]
    assert (second["restartCount"], second["containerID"] != first["containerID"]) == (1, True)

    await cluster.advance(2.5)
    assert app_of(cluster)["state"]["terminated"]["exitCode"] == 1
    await cluster.advance(1)
    assert app_of(cluster)["state"] == {
        "waiting": {
            "reason": "CrashLoopBackOff",
            "message": f"back-off 10s restarting failed container=app pod=web-1_shop({uid})",
        }
    }
    assert status_of(cluster)["phase"] == "Running"
    assert app_of(cluster)["restartCount"] == 1

    await cluster.advance(9)
    assert app_of(cluster)["restartCount"] == 2
    await cluster.advance(3)
    assert "back-off 20s" in app_of(cluster)["state"]["waiting"]["message"]
    back_off = [e for e in events_of(cluster) if e[0] == "BackOff"]
    assert back_off == [("BackOff", f"Back-off restarting failed container app in pod web-1_shop({uid})", 2)]


async def test_a_fast_restart_never_shows_its_termination_as_state(cluster: SimulatedCluster) -> None:
    """Only lastState and the restart count tell of it."""
    bare_pod(cluster)
    await cluster.advance(5)
    seen = printed(cluster)
    await cluster.play("fast-restart", namespace="shop", name="web-1")
    await cluster.advance(5)
    assert seen == ["Running"]
    assert (app_of(cluster)["restartCount"], app_of(cluster)["lastState"]["terminated"]["exitCode"]) == (1, 2)


async def test_init_containers_run_in_order_and_sidecars_count_as_ready(cluster: SimulatedCluster) -> None:
    """Init:0/2, Init:1/2, PodInitializing, Running with the sidecar in READY."""
    image = "registry.example.com/shop/web:1.4.1"
    init = [
        {"name": "migrate", "image": image},
        {"name": "shipper", "image": image, "restartPolicy": "Always"},
    ]
    seen = printed(cluster)
    bare_pod(cluster, initContainers=init)
    await cluster.advance(10)
    assert seen == ["Pending", "Init:0/2", "Init:1/2", "PodInitializing", "Running"]
    statuses = {s["name"]: s for s in status_of(cluster)["initContainerStatuses"]}
    assert statuses["migrate"]["state"]["terminated"]["reason"] == "Completed"
    assert (statuses["migrate"]["ready"], statuses["shipper"]["started"]) == (True, True)
    assert pod_cells(cluster.pod("shop", "web-1"), cluster.now())[1] == "2/2"


async def test_a_pod_that_need_not_restart_ends_as_its_exit_codes_say(cluster: SimulatedCluster) -> None:
    """restartPolicy Never: phase Failed, conditions PodFailed, and no restart."""
    pod = bare_pod(cluster, restartPolicy="Never")
    cluster.plans.for_pod(pod["metadata"]["uid"], ContainerPlan(ending=Ending(after=3, exit_code=4)))
    await cluster.advance(30)
    status = status_of(cluster)
    ready = condition(cluster.pod("shop", "web-1"), "Ready")
    assert ready is not None
    assert (status["phase"], ready["reason"], app_of(cluster)["restartCount"]) == ("Failed", "PodFailed", 0)
    assert not condition_is_true(cluster.pod("shop", "web-1"), "PodReadyToStartContainers")


async def test_a_deletion_stops_the_containers_and_then_removes_the_pod(cluster: SimulatedCluster) -> None:
    """Terminating, a Killing event, the exit code within the grace period, gone."""
    pod = bare_pod(cluster)
    await cluster.advance(5)
    cluster.kubelet.stop_like(pod["metadata"]["uid"], Stop(exit_code=143))
    last: list[Json] = []
    cluster.store.on_change(lambda c: last.append(c.object) if c.resource is PODS else None)
    cluster.world.delete_pod(cluster.pod("shop", "web-1"))
    assert cluster.pod("shop", "web-1")["metadata"]["deletionGracePeriodSeconds"] == 30
    await cluster.advance(5)
    assert not cluster.pods("shop")
    ended = last[-1]["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"], last[-1]["status"]["phase"]) == (143, "Error", "Failed")
    assert ("Killing", "Stopping container app", 1) in events_of(cluster)


async def test_a_container_that_ignores_sigterm_is_killed_at_the_end_of_its_grace(
    cluster: SimulatedCluster,
) -> None:
    """137 after the grace period, not before."""
    pod = bare_pod(cluster, terminationGracePeriodSeconds=10)
    await cluster.advance(5)
    cluster.kubelet.stop_like(pod["metadata"]["uid"], Stop(after=60))
    cluster.world.delete_pod(cluster.pod("shop", "web-1"))
    await cluster.advance(9)
    assert "running" in app_of(cluster)["state"]
    await cluster.advance(1.2)
    assert app_of(cluster)["state"]["terminated"]["exitCode"] == 137


async def test_a_deleted_crash_loop_shows_its_last_run_as_terminated_again(cluster: SimulatedCluster) -> None:
    """No restart is due any more, so the old termination comes back as the present state: not a new death."""
    bare_pod(cluster)
    await cluster.advance(5)
    await cluster.play("crash-loop", namespace="shop", name="web-1")
    await cluster.advance(8)
    before = app_of(cluster)
    assert before["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    last: list[Json] = []
    cluster.store.on_change(lambda c: last.append(c.object) if c.resource is PODS else None)
    cluster.world.delete_pod(cluster.pod("shop", "web-1"))
    await cluster.advance(5)
    after = last[-1]["status"]["containerStatuses"][0]
    assert after["state"] == before["lastState"]
    assert after["restartCount"] == before["restartCount"]


async def test_grace_zero_removes_at_once(cluster: SimulatedCluster, clock: ManualClock) -> None:
    """Force deletion leaves nothing to wait for."""
    bare_pod(cluster)
    await cluster.advance(5)
    cluster.world.delete_pod(cluster.pod("shop", "web-1"), grace=0)
    assert not cluster.pods("shop")
    await cluster.advance(60)
    assert clock.now() > START
