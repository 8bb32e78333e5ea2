"""The cluster on the network: one HTTP server for the Kubernetes API and the panel, and the cluster's life
beside it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import yaml
from aiohttp import web

from bot.playground.cluster.api.app import ApiServer
from bot.playground.cluster.clock import ManualClock
from bot.playground.cluster.cluster import SimulatedCluster
from bot.playground.cluster.panel import ExtraButton, Panel

_SHUTDOWN_SECONDS = 1.0


class RunningCluster:
    """A cluster that is being served."""

    def __init__(
        self, cluster: SimulatedCluster, *, host: str, port: int, extra: Sequence[ExtraButton] = ()
    ) -> None:
        self.cluster = cluster
        self._extra = extra
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address of the Kubernetes API."""
        return f"http://{self._host}:{self._port}"

    @property
    def panel_url(self) -> str:
        """The base of the panel's paths (`{panel_url}/panel/pods`)."""
        return self.url

    async def restart(self) -> None:
        """Restart the API server: every connection is lost, the port is the same, the objects stay."""
        await self.stop()
        await self.start()

    async def start(self) -> None:
        """Listen."""
        app = web.Application()
        Panel(self.cluster, self._extra).add_routes(app)
        app.router.add_route("*", "/{path:.*}", ApiServer(self.cluster.api).answer)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS, handler_cancellation=True
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port, reuse_address=True).start()
        self._port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening and end every watch."""
        self.cluster.cut_watches()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


@asynccontextmanager
async def serve(
    cluster: SimulatedCluster,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    extra: Sequence[ExtraButton] = (),
) -> AsyncIterator[RunningCluster]:
    """Serve a cluster, on a port that the system chooses unless one is given, for as long as the block runs.

    A cluster on the machine's clock lives meanwhile; one on a `ManualClock` moves only when it is advanced.
    `extra` is added to the panel's buttons.
    """
    running = RunningCluster(cluster, host=host, port=port, extra=extra)
    await running.start()
    life = None
    if not isinstance(cluster.agenda.clock, ManualClock):
        life = asyncio.create_task(cluster.live(), name="simulated cluster")
    try:
        yield running
    finally:
        if life is not None:
            life.cancel()
            await asyncio.wait({life})
        await running.stop()
        if life is not None and not life.cancelled() and (failure := life.exception()) is not None:
            raise failure


def kubeconfig(
    url: str, *, token: str | None = None, context: str = "playground", namespace: str = "default"
) -> str:
    """Return a kubeconfig file's text for a cluster at an address."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": context, "cluster": {"server": url}}],
            "users": [{"name": context, "user": {"token": token} if token else {}}],
            "contexts": [
                {"name": context, "context": {"cluster": context, "user": context, "namespace": namespace}}
            ],
            "current-context": context,
        },
        sort_keys=False,
    )
