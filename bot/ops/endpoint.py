"""The HTTP endpoint: health for the kubelet and, in HTTP mode, the door for Slack."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from bot.errors import PodbotError

CLOSE_WITHIN = 1.0
"""Seconds that requests under way are given when the endpoint closes."""

Readiness = Callable[[], Mapping[str, str]]
"""What keeps the bot from being ready, by part; empty when nothing does."""


class AddressTaken(PodbotError):
    """The endpoint cannot listen where it is told to."""


@asynccontextmanager
async def serve(
    host: str, port: int, *, readiness: Readiness, routes: Sequence[web.AbstractRouteDef] = ()
) -> AsyncIterator[int]:
    """Serve `/healthz`, `/readyz` and `routes` until the block ends; yields the port that it listens on.

    `/healthz` answers as long as the event loop runs. `/readyz` answers 503 with the reasons while a part is
    not ready. Raises `AddressTaken` where the address cannot be had.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def readyz(_: web.Request) -> web.Response:
        missing = dict(readiness())
        body = json.dumps({"ready": not missing, "missing": missing})
        return web.Response(text=body, content_type="application/json", status=503 if missing else 200)

    application = web.Application()
    application.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), *routes])
    runner = web.AppRunner(
        application,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=CLOSE_WITHIN,
        auto_decompress=False,  # nobody compresses here; what cannot be unpacked would be a traceback
    )
    await runner.setup()
    try:
        await _listen(runner, host, port)
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise AddressTaken(f"PODBOT_HTTP_ADDR: cannot listen at {host}:{port}: {error}") from error
