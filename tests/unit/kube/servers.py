"""Servers that answer what a test tells them to, on ports that the system chooses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from bot.kube.cluster import KubeCluster, Timings
from bot.kube.connect import connect
from bot.kube.targets import targets

QUICK = Timings(command=1.0, page=1.0, watch_opens=1.0, watch_silence=0.3, retry_pauses=(0.0, 0.0))

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def http_server(handler: Handler) -> AsyncIterator[str]:
    """An HTTP server all of whose paths go to one handler; gives its URL."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(answer: bytes | None) -> AsyncIterator[str]:
    """A server that answers every request with these bytes and hangs up; None: it says nothing at all."""
    ended = asyncio.Event()
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        with suppress(OSError):
            await reader.read(1 << 16)
            if answer is None:
                await ended.wait()
            else:
                writer.write(answer)
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        ended.set()
        server.close()
        await server.wait_closed()
        await asyncio.gather(*serving)


@asynccontextmanager
async def cluster_at(
    url: str, *, page_size: int = 500, timings: Timings = QUICK
) -> AsyncIterator[KubeCluster]:
    """The cluster behind a URL."""
    (target,) = targets(api_url=url, environ={})
    cluster = connect(target, page_size=page_size, timings=timings)
    try:
        yield cluster
    finally:
        await cluster.close()


def refusal(code: int, reason: str, message: str, **headers: str) -> web.Response:
    """A `metav1.Status`, as the API server refuses."""
    body = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return web.json_response(body, status=code, headers={k.replace("_", "-"): v for k, v in headers.items()})


def pod_json(name: str, *, version: str = "1") -> dict[str, object]:
    """The least that the API server would ever send for a pod."""
    return {"metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": version}}


def pod_list(*pods: object, version: str = "10", token: str = "") -> web.Response:
    """A page of a listing."""
    return web.json_response({"metadata": {"resourceVersion": version, "continue": token}, "items": pods})


def line(kind: str, obj: object) -> bytes:
    """A line of a watch."""
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"
