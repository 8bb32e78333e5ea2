"""Which cluster it is, asked of the simulated and of the real API server."""

from __future__ import annotations

import asyncio

from bot.kube.connect import connect
from bot.kube.targets import targets
from bot.playground.cluster import demo_cluster, serve
from tests.support.envtest import ControlPlane


async def test_two_simulated_clusters_are_told_apart() -> None:
    """Whatever way leads there; one that lives on stays the same."""
    found = []
    for seed in (7, 8):
        async with serve(demo_cluster(seed=seed)) as running:
            for _ in range(2):
                cluster = connect(*targets(api_url=running.url, name="prod", environ={}))
                found.append(await cluster.uid())
                await cluster.close()
    assert found[0] == found[1] != found[2] == found[3]


async def test_a_real_one_says_which_it_is(control_plane: ControlPlane) -> None:
    """Its kube-system is made with it."""
    meta = await asyncio.to_thread(control_plane.call, "GET", "/api/v1/namespaces/kube-system")
    cluster = connect(*targets(kubeconfig=str(control_plane.kubeconfig), environ={}))
    try:
        assert await cluster.uid() == meta["metadata"]["uid"]
    finally:
        await cluster.close()
