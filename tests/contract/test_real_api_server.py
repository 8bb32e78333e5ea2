"""What only a real API server has: accounts, their rights, and restarts."""

from __future__ import annotations

import asyncio

import pytest

from bot.clock import SystemClock
from bot.errors import ClusterRefused, ClusterUnreachable
from bot.kube.connect import connect
from bot.kube.targets import targets
from bot.model.pods import PodUid
from bot.watch.freshness import Sync
from bot.watch.mirror import Mirror
from bot.watch.ports import Change
from tests.support.envtest import READER_TOKEN, ControlPlane
from tests.support.kubelet import Kubelet
from tests.support.waiting import eventually

pytestmark = pytest.mark.envtest


@pytest.fixture(scope="module")
def allowed(control_plane: ControlPlane) -> str:
    """A namespace in which the reader's account may read pods and logs."""
    control_plane.create_namespace("allowed")
    control_plane.let_reader_read("allowed")
    return "allowed"


async def test_a_right_that_the_bot_lacks(
    control_plane: ControlPlane, kubelet: Kubelet, allowed: str
) -> None:
    """A 403 says what the bot may not do, in the API server's own words."""
    config = control_plane.write_kubeconfig("reader", READER_TOKEN)
    cluster = connect(*targets(kubeconfig=str(config), environ={}))
    uid = await asyncio.to_thread(kubelet.create, allowed, "web-1")
    try:
        assert [pod.name for pod in await cluster.list_pods(allowed)] == ["web-1"]
        with pytest.raises(ClusterRefused, match='cannot list resource "pods"'):
            await cluster.list_pods("default")
        with pytest.raises(ClusterRefused, match="does not let the bot delete pod web-1 in allowed"):
            await cluster.delete_pod(allowed, "web-1", uid=PodUid(uid))
        with pytest.raises(ClusterRefused):
            await cluster.list_events(allowed, uid=PodUid(uid))
        with pytest.raises(ClusterRefused):
            async with cluster.watch_pods("default", resource_version="0"):
                pass
    finally:
        await cluster.close()


async def test_credentials_that_are_not_accepted(control_plane: ControlPlane) -> None:
    """A 401 says that it is the credentials, and whose task it is."""
    config = control_plane.write_kubeconfig("nobody", "no-such-token")
    cluster = connect(*targets(kubeconfig=str(config), environ={}))
    try:
        with pytest.raises(ClusterRefused, match=r"nobody does not accept the bot's credentials \(401\)"):
            await cluster.list_pods("default")
    finally:
        await cluster.close()


async def test_a_log_that_is_no_text(control_plane: ControlPlane, kubelet: Kubelet) -> None:
    """Bytes that are not UTF-8 are replaced, and the rest of the log is there."""
    control_plane.create_namespace("bytes")
    await asyncio.to_thread(kubelet.create, "bytes", "web-1")
    kubelet.log("bytes", "web-1", b"a\xff\xfeb", "€".encode())
    cluster = connect(*targets(kubeconfig=str(control_plane.kubeconfig), environ={}))
    try:
        log = await cluster.read_log("bytes", "web-1", "app", limit_bytes=1000)
    finally:
        await cluster.close()
    assert log.text == "a\ufffd\ufffdb\n€\n"


async def test_a_certificate_of_somebody_else(control_plane: ControlPlane) -> None:
    """An API server that cannot prove who it is gets no request."""
    cluster = connect(*targets(api_url=control_plane.url, environ={}))
    try:
        with pytest.raises(ClusterUnreachable, match="certificate"):
            await cluster.list_pods("default")
    finally:
        await cluster.close()


async def test_the_mirror_outlives_a_restart_of_the_api_server(
    control_plane: ControlPlane, kubelet: Kubelet
) -> None:
    """While the API server is away nothing is forgotten; once it is back the mirror is whole again."""
    control_plane.create_namespace("restarts")
    await asyncio.to_thread(kubelet.create, "restarts", "web-1")
    cluster = connect(*targets(kubeconfig=str(control_plane.kubeconfig), environ={}))
    changes: list[Change] = []

    async def sink(change: Change) -> None:
        changes.append(change)

    mirror = Mirror(cluster, sink, clock=SystemClock(), namespaces=("restarts",))

    async def until(sync: Sync, pods: int) -> None:
        await eventually(lambda: mirror.freshness.sync is sync and len(mirror.pods()) == pods)

    task = asyncio.create_task(mirror.run())
    try:
        await until(Sync.IN_SYNC, 1)
        await asyncio.to_thread(control_plane.stop_api_server)
        try:
            await until(Sync.AWAY, 1)
            assert "does not answer" in mirror.freshness.problem
            with pytest.raises(ClusterUnreachable, match="Nothing was changed"):
                await cluster.list_pods("restarts")
        finally:
            await asyncio.to_thread(control_plane.start_api_server)
        await asyncio.to_thread(kubelet.create, "restarts", "web-2")
        await until(Sync.IN_SYNC, 2)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await cluster.close()
    assert [change.new.name for change in changes if change.old is None and change.new] == ["web-1", "web-2"]
