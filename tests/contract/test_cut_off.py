"""Connections to an API server that falls silent: none of them outlives the bot's own end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from bot.kube.connect import connect
from bot.kube.targets import targets
from bot.model.pods import ALL_NAMESPACES
from tests.support.envtest import ADMIN_TOKEN, ControlPlane

pytestmark = pytest.mark.envtest


class Relay:
    """Passes on what a client and a server say, until it is told to pass on nothing more."""

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self._host, self._port = parts.hostname, parts.port
        self.silent = asyncio.Event()
        self.left = asyncio.Event()
        """A client has gone since then."""

    async def meet(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(self._host, self._port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(from_client, to_server), name="to the server")
                both.create_task(self._pass_on(from_server, to_client), name="to the client")
        finally:
            to_server.close()
            to_client.close()

    async def _pass_on(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        try:
            while said := await source.read(65_536):
                if not self.silent.is_set():
                    to.write(said)
        except ConnectionResetError:
            pass
        if self.silent.is_set():
            self.left.set()
        to.close()


@asynccontextmanager
async def a_relay(server: str) -> AsyncIterator[tuple[Relay, int]]:
    relay = Relay(server)
    listening = await asyncio.start_server(relay.meet, "127.0.0.1", 0)
    async with listening:
        yield relay, listening.sockets[0].getsockname()[1]


async def test_what_is_broken_off_is_cut_although_the_server_does_not_say_goodbye(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    """In TLS both say it; who waits for it would keep the connection for half a minute, and past its end."""
    written = yaml.safe_load(control_plane.write_kubeconfig("admin", ADMIN_TOKEN).read_text())
    of_cluster = written["clusters"][0]["cluster"]
    async with a_relay(of_cluster["server"]) as (relay, port):
        of_cluster["server"] = f"https://127.0.0.1:{port}"
        config = tmp_path / "kubeconfig"
        config.write_text(yaml.safe_dump(written))
        cluster = connect(*targets(kubeconfig=str(config), environ={}))
        version = [page.resource_version async for page in cluster.pod_pages(ALL_NAMESPACES)][-1]
        async with cluster.watch_pods(ALL_NAMESPACES, resource_version=version):
            relay.silent.set()
        await cluster.close()
        async with asyncio.timeout(5):
            await relay.left.wait()
