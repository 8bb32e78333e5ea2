"""What is said where the lease cannot be had."""

from __future__ import annotations

import pytest
from aiohttp import web

from bot.errors import ClusterRefused, UnreadableAnswer
from tests.unit.kube.servers import cluster_at, http_server


async def test_a_missing_right_is_named() -> None:
    """Whoever runs podbot learns what its role lacks."""

    async def forbids(request: web.Request) -> web.StreamResponse:
        body = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": "leases is forbidden"}
        return web.json_response(body, status=403)

    async with http_server(forbids) as url, cluster_at(url) as cluster:
        needed = r"get, create and patch on leases of coordination\.k8s\.io there"
        with pytest.raises(ClusterRefused, match=rf"get the lease `podbot` in namespace ops.*{needed}"):
            await cluster.lease("ops", "podbot").read()


async def test_something_else_than_a_lease_is_not_taken_for_one() -> None:
    """A proxy's page is an error, not a lease that nobody holds."""

    async def page(request: web.Request) -> web.StreamResponse:
        return web.json_response({"welcome": "here"})

    async with http_server(page) as url, cluster_at(url) as cluster:
        with pytest.raises(UnreadableAnswer):
            await cluster.lease("ops", "podbot").read()
