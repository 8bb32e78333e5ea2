"""A cluster on a clock moved by hand, and the same served over loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import aiohttp
import pytest

from bot.playground.cluster import ManualClock, RunningCluster, SimulatedCluster, demo_cluster, serve
from tests.unit.playground.cluster.api_client import ApiClient

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def until(holds: Callable[[], bool], *, within: float = 5.0) -> None:
    """Wait until a condition holds, giving way to the server meanwhile."""
    end = asyncio.get_running_loop().time() + within
    while not holds():
        assert asyncio.get_running_loop().time() < end, "it did not come true in time"
        await asyncio.sleep(0.005)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def cluster(clock: ManualClock) -> SimulatedCluster:
    """Three nodes and a namespace `shop`, with no pods."""
    cluster = SimulatedCluster(clock=clock)
    cluster.create_nodes()
    cluster.create_namespace("shop")
    return cluster


@pytest.fixture
def demo(clock: ManualClock) -> SimulatedCluster:
    return demo_cluster(clock=clock)


@pytest.fixture
async def running(demo: SimulatedCluster) -> AsyncIterator[RunningCluster]:
    async with serve(demo) as running:
        yield running


@pytest.fixture
async def api(running: RunningCluster) -> AsyncIterator[ApiClient]:
    async with aiohttp.ClientSession(running.url) as session:
        yield ApiClient(session)
