"""Controllers and budgets, against servers that answer what a test tells them to."""

from __future__ import annotations

import pytest
from aiohttp import web

from bot.errors import ClusterRefused, UnreadableAnswer
from bot.model.targets import TargetKind
from tests.unit.kube.servers import cluster_at, http_server, refusal

BUDGETS = {
    "metadata": {},
    "items": [
        {"metadata": {"name": "all"}, "spec": {"selector": {}}, "status": {"disruptionsAllowed": 2}},
        {"metadata": {"name": "none"}, "spec": {}},
    ],
}


async def test_what_is_there() -> None:
    """Status comes along, of a DaemonSet under its own names; what is not used is passed over."""

    async def answer(request: web.Request) -> web.Response:
        assert request.path == "/apis/apps/v1/namespaces/shop/daemonsets/agent"
        status = {"desiredNumberScheduled": 4, "numberReady": 3, "observedGeneration": 7}
        meta = {"name": "agent", "uid": "u", "deletionTimestamp": "2026-11-22T14:00:00Z"}
        spec = {"selector": {"matchLabels": {"app": "agent"}}, "template": {"spec": {"volumes": None}}}
        return web.json_response({"kind": "DaemonSet", "metadata": meta, "spec": spec, "status": status})

    async with http_server(answer) as url, cluster_at(url) as cluster:
        found = await cluster.get_controller(TargetKind.DAEMON_SET, "shop", "agent")
    assert (found.status.desired_number_scheduled, found.status.number_ready) == (4, 3)
    assert found.metadata.deletion_timestamp is not None
    assert found.spec.replicas is None


@pytest.mark.parametrize(
    ("served", "takes_all"),
    [pytest.param("v1", True, id="policy-v1"), pytest.param("v1beta1", False, id="policy-v1beta1")],
)
async def test_an_empty_selector_means_what_its_version_says(served: str, takes_all: bool) -> None:
    """All pods in `policy/v1`, none in `policy/v1beta1`; without a selector none in either."""

    async def answer(request: web.Request) -> web.Response:
        if f"/policy/{served}/" in request.path:
            return web.json_response(BUDGETS)
        return web.Response(status=404, text="404 page not found\n")

    async with http_server(answer) as url, cluster_at(url) as cluster:
        every, none = await cluster.list_budgets("shop")
    assert (every.spec.selector is not None) is takes_all
    assert none.spec.selector is None
    assert every.status.disruptions_allowed == 2


async def test_budgets_that_may_not_be_read() -> None:
    """That is the answer; an older version of the API would say the same."""
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return refusal(403, "Forbidden", "no")

    async with http_server(answer) as url, cluster_at(url) as cluster:
        with pytest.raises(ClusterRefused):
            await cluster.list_budgets("shop")
    assert len(asked) == 1


async def test_what_is_no_controller() -> None:
    """An answer that is something else is said to be so."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"metadata": 1})

    async with http_server(answer) as url, cluster_at(url) as cluster:
        with pytest.raises(UnreadableAnswer, match="Nothing was changed"):
            await cluster.get_controller(TargetKind.JOB, "shop", "nightly")
        with pytest.raises(UnreadableAnswer):
            await cluster.list_budgets("shop")
