"""Reading the API by path, also through a real `kubectl proxy`."""

from __future__ import annotations

import json

import pytest

from bot.errors import InvalidRequest, ObjectNotFound
from bot.model.api_path import parse
from tests.contract.stage import Stage


async def test_an_object_and_a_list(stage: Stage) -> None:
    """What the API server says, as it says it."""
    uid = await stage.create_pod("web-1")
    cluster, base = stage.cluster(), f"/api/v1/namespaces/{stage.namespace}/pods"
    one = json.loads(await cluster.read_path(parse(f"{base}/web-1"), limit_bytes=1 << 20))
    assert (one["kind"], one["metadata"]["uid"]) == ("Pod", uid)
    several = json.loads(await cluster.read_path(parse(f"{base}?limit=1"), limit_bytes=1 << 20))
    assert (several["kind"], len(several["items"])) == ("PodList", 1)


async def test_a_query_chooses(stage: Stage) -> None:
    """Selectors reach the API server, encoded once."""
    await stage.create_pod("web-1", labels={"app": "web"})
    await stage.create_pod("db-1", labels={"app": "db"})
    path = parse(f"/api/v1/namespaces/{stage.namespace}/pods?labelSelector=app in (web)")
    found = json.loads(await stage.cluster().read_path(path, limit_bytes=1 << 20))
    assert [each["metadata"]["name"] for each in found["items"]] == ["web-1"]


@pytest.mark.parametrize("path", [pytest.param("/api", id="core"), pytest.param("/apis/apps/v1", id="group")])
async def test_discovery(stage: Stage, path: str) -> None:
    """The roots are read, too."""
    assert json.loads(await stage.cluster().read_path(parse(path), limit_bytes=1 << 20))["kind"]


async def test_what_is_not_there(stage: Stage) -> None:
    """404 is an answer, with the path."""
    with pytest.raises(ObjectNotFound, match="No `/api/v1/namespaces/nowhere/pods/x`"):
        await stage.cluster().read_path(parse("/api/v1/namespaces/nowhere/pods/x"), limit_bytes=1 << 20)


async def test_too_much_is_refused_not_cut(stage: Stage) -> None:
    """Half a JSON is of use to nobody."""
    await stage.create_pod("web-1")
    path = parse(f"/api/v1/namespaces/{stage.namespace}/pods")
    with pytest.raises(InvalidRequest, match="Ask for less"):
        await stage.cluster().read_path(path, limit_bytes=200)
