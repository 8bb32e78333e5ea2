"""The API server around the resources: discovery, health, who may come in, what is not there, and faults."""

import asyncio

import pytest

from bot.playground.cluster import RunningCluster
from tests.unit.playground.cluster.api_client import ApiClient


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/livez", "/readyz/etcd"])
async def test_health(api: ApiClient, path: str) -> None:
    """Plain ok."""
    answer = await api.get(path)
    assert (answer.code, answer.text) == (200, "ok")


async def test_discovery_in_the_shape_that_clients_need(api: ApiClient) -> None:
    """Versions, groups and resources, subresources among them."""
    assert (await api.get("/version")).body["gitVersion"].startswith("v1.")
    assert (await api.get("/api")).body["versions"] == ["v1"]
    groups = [g["name"] for g in (await api.get("/apis")).body["groups"]]
    assert groups == ["apps", "batch", "coordination.k8s.io", "metrics.k8s.io", "policy"]
    assert (await api.get("/apis/apps")).body["preferredVersion"]["groupVersion"] == "apps/v1"
    core = {r["name"]: r for r in (await api.get("/api/v1")).body["resources"]}
    assert core["pods"]["shortNames"] == ["po"]
    assert (core["pods/log"]["verbs"], core["pods/eviction"]["group"]) == (["get"], "policy")
    assert (await api.get("/apis/batch/v1")).body["groupVersion"] == "batch/v1"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/api/v1/foos", "the server could not find the requested resource"),
        ("/api/v2", "the server could not find the requested resource"),
        ("/api/v1/namespaces/shop/nodes", "the server could not find the requested resource"),
        ("/api/v1/pods/web-1", "the server could not find the requested resource"),
        ("/api/v1/namespaces/shop/pods/web-1/exec", "the server could not find the requested resource"),
        ("/api/v1/namespaces/shop/pods/gone", 'pods "gone" not found'),
        ("/apis/apps/v1/namespaces/shop/deployments/gone", 'deployments.apps "gone" not found'),
        ("/apis/monitoring.coreos.com/v1/pods", "404 page not found"),
        ("/nope", "404 page not found"),
    ],
)
async def test_what_is_not_there(api: ApiClient, path: str, text: str) -> None:
    """404, as a Status for what belongs to a served group."""
    answer = await api.get(path)
    assert answer.code == 404
    assert text in answer.text.replace('\\"', '"')


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/api/v1/namespaces/shop/pods"), ("DELETE", "/api/v1/nodes/worker-1")]
)
async def test_verbs_that_are_not_taken(api: ApiClient, method: str, path: str) -> None:
    """405 with a Status."""
    answer = await api.request(method, path)
    assert (answer.code, answer.body["reason"]) == (405, "MethodNotAllowed")


async def test_a_required_token(api: ApiClient, running: RunningCluster) -> None:
    """Without it, or with a wrong one, 401; health stays open."""
    running.cluster.faults.token = "right"
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = await api.get("/api/v1/pods", headers=headers)
        assert (answer.code, answer.message, answer.body["reason"]) == (401, "Unauthorized", "Unauthorized")
    assert (await api.get("/api/v1/pods", headers={"Authorization": "Bearer right"})).code == 200
    assert (await api.get("/readyz")).code == 200


@pytest.mark.parametrize(
    ("rule", "path", "message"),
    [
        (
            ("list", "pods", "shop"),
            "/api/v1/namespaces/shop/pods",
            'pods is forbidden: User "podbot" cannot list resource "pods" in API group "" in the '
            'namespace "shop"',
        ),
        (
            ("get", "pods/log", "*"),
            "/api/v1/namespaces/payments/pods/ledger-0/log",
            'pods "ledger-0" is forbidden: User "podbot" cannot get resource "pods/log" in API group "" '
            'in the namespace "payments"',
        ),
        (
            ("*", "*", ""),
            "/api/v1/pods?watch=1",
            'pods is forbidden: User "podbot" cannot watch resource "pods" in API group "" at the '
            "cluster scope",
        ),
    ],
    ids=["list", "log", "watch"],
)
async def test_forbidden_verbs(
    api: ApiClient, running: RunningCluster, rule: tuple[str, str, str], path: str, message: str
) -> None:
    """403 in the words of RBAC."""
    running.cluster.faults.forbidden.add(rule)
    answer = await api.get(path)
    assert (answer.code, answer.body["reason"], answer.message) == (403, "Forbidden", message)


async def test_a_broken_and_a_hanging_server(api: ApiClient, running: RunningCluster) -> None:
    """500 while broken; no answer while hanging, and then the answer."""
    faults = running.cluster.faults
    faults.broken = True
    assert (await api.get("/api/v1/pods")).code == 500
    faults.broken = False
    faults.hanging = True
    asking = asyncio.create_task(api.get("/readyz"))
    done, _ = await asyncio.wait({asking}, timeout=0.1)
    assert (done, faults.hanging) == (set(), True)
    faults.hanging = False
    assert (await asking).code == 200
