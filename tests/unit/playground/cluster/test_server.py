"""The cluster on the network, in real time, with the official client."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from kubernetes.aio import client, config, watch

from bot.playground.cluster import RunningCluster, SimulatedCluster, demo_cluster, kubeconfig, serve
from bot.playground.cluster.printing.pods import summarise
from tests.unit.playground.cluster.conftest import until


@pytest.fixture
async def core(running: RunningCluster, tmp_path: Path) -> Any:
    path = tmp_path / "kubeconfig"
    path.write_text(kubeconfig(running.url, token="right"))
    running.cluster.faults.token = "right"
    loader: Any = config
    await loader.load_kube_config(config_file=str(path))
    async with client.ApiClient() as connection:
        yield connection


async def test_the_official_client_lists_reads_and_deletes(core: Any, running: RunningCluster) -> None:
    """Typed models decode every object; a UID precondition is honoured; logs and errors arrive."""
    api: Any = client.CoreV1Api(core)
    pods = (await api.list_namespaced_pod("shop", label_selector="app=web", limit=2)).items
    assert [p.status.phase for p in pods] == ["Running", "Running"]
    text = await api.read_namespaced_pod_log("ledger-0", "payments", tail_lines=2)
    assert len(text.splitlines()) == 2
    wrong = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="abc"))
    with pytest.raises(client.ApiException) as refused:
        await api.delete_namespaced_pod("ledger-0", "payments", body=wrong)
    assert refused.value.status == 409
    right = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid=pods[0].metadata.uid))
    gone = await api.delete_namespaced_pod(pods[0].metadata.name, "shop", body=right)
    assert gone.metadata.deletion_grace_period_seconds == 30
    assert len((await api.list_event_for_all_namespaces()).items) >= 0
    assert len((await api.list_node()).items) == 3
    apps: Any = client.AppsV1Api(core)
    deployments = (await apps.list_deployment_for_all_namespaces()).items
    assert {d.metadata.name for d in deployments} == {"coredns", "api", "web", "cart", "search"}
    assert len((await client.BatchV1Api(core).list_job_for_all_namespaces()).items) == 2
    assert len((await client.PolicyV1Api(core).list_pod_disruption_budget_for_all_namespaces()).items) == 2


async def test_the_official_client_watches(core: Any, running: RunningCluster) -> None:
    """Events come through its stream with typed objects."""
    api: Any = client.CoreV1Api(core)
    version = (await api.list_namespaced_pod("payments")).metadata.resource_version
    await running.cluster.play("oom-kill", namespace="payments", name="ledger-1")
    watching: Any = watch
    async with watching.Watch() as opened:
        stream = opened.stream(
            api.list_namespaced_pod, "payments", resource_version=version, timeout_seconds=5
        )
        async for event in stream:
            state = event["object"].status.container_statuses[0].state
            assert (event["type"], state.terminated.reason) == ("MODIFIED", "OOMKilled")
            break


def test_a_kubeconfig_names_the_cluster_and_the_token() -> None:
    """The file's text is a whole kubeconfig, with a token where there is one."""
    parsed = yaml.safe_load(kubeconfig("http://127.0.0.1:1", token="t", context="lab", namespace="shop"))
    assert parsed["current-context"] == "lab"
    assert parsed["contexts"][0]["context"]["namespace"] == "shop"
    assert parsed["users"][0]["user"] == {"token": "t"}
    assert yaml.safe_load(kubeconfig("http://127.0.0.1:1"))["users"][0]["user"] == {}


async def test_the_server_restarts_on_its_port(running: RunningCluster) -> None:
    """Connections are lost, the address and the objects stay."""
    before = running.url
    await running.restart()
    assert running.url == before == running.panel_url
    async with aiohttp.ClientSession(running.url) as session, session.get("/api/v1/pods") as answer:
        assert len((await answer.json())["items"]) == 20


async def test_a_cluster_lives_in_real_time_at_its_pace() -> None:
    """At pace 200 a crash loop reaches its back-off, and time stamps stay true."""
    cluster = demo_cluster(pace=200)
    async with serve(cluster) as running:
        assert running.url.startswith("http://127.0.0.1:")
        pod = cluster.pods("shop", app="web")[0]["metadata"]["name"]
        await cluster.play("crash-loop", namespace="shop", name=pod)
        await until(lambda: status_of(cluster, pod).reason == "CrashLoopBackOff")
        assert status_of(cluster, pod).restarts >= 1


def status_of(cluster: SimulatedCluster, pod: str) -> Any:
    return summarise(cluster.pod("shop", pod))
