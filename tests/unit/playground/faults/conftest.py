"""A real server behind a real proxy: it remembers what it was asked, and streams what a test puts in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from bot.playground.faults import Proxy, Rules, serve


class Down(Exception):
    """The connection broke before there was an answer."""


async def once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating what broke: it would see to it that no GET ever does."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Down from error


class Origin:
    """The server behind. `GET …/stream` sends what is put into `lines`, until None."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.heard: list[str] = []
        self.gone = 0
        self.headers: list[dict[str, str]] = []
        self.lines: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1_000)
        self.sockets: list[web.WebSocketResponse] = []
        self.close_codes: list[int | None] = []

    async def plain(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.raw_path} {await request.text()}".strip())
        self.headers.append(dict(request.headers))
        return web.json_response({"times": len(self.asked), "url": f"{self.url}/x"}, headers={"X-Own": "yes"})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.raw_path}")
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while (line := await self.lines.get()) is not None:
                await answer.write(line)
        finally:
            self.gone += 1
        return answer

    async def torn(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"half\n")
        assert request.transport is not None
        request.transport.abort()
        return answer

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("v1.test",))
        await socket.prepare(request)
        self.sockets.append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.heard.append(message.data)
                await socket.send_str(f"echo {message.data}")
            elif message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data)
        self.close_codes.append(socket.close_code)
        return socket


@asynccontextmanager
async def listening(origin: Origin, *, port: int = 0) -> AsyncIterator[int]:
    application = web.Application()
    application.router.add_get("/torn", origin.torn)
    application.router.add_get("/socket", origin.socket)
    application.router.add_get("/{path:.*stream}", origin.stream)
    application.router.add_route("*", "/{path:.*}", origin.plain)
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    bound = int(runner.addresses[0][1])
    origin.url = f"http://127.0.0.1:{bound}"
    try:
        yield bound
    finally:
        await runner.cleanup()


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    origin = Origin()
    async with listening(origin):
        yield origin


@pytest.fixture
def rules() -> Rules:
    return Rules()


@pytest.fixture
async def proxy(origin: Origin, rules: Rules) -> AsyncIterator[Proxy]:
    async with serve(origin.url, rules=rules) as proxy:
        yield proxy


@pytest.fixture
async def client(proxy: Proxy) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(
        proxy.url, middlewares=(once,), timeout=aiohttp.ClientTimeout(total=20)
    ) as client:
        yield client
