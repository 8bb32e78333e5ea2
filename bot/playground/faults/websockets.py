"""A WebSocket passed on in both directions, message by message."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TypeAlias

from aiohttp import (
    ClientError,
    ClientWebSocketResponse,
    WSMessage,
    WSMsgType,
    WSServerHandshakeError,
    hdrs,
    web,
)

from bot.playground.faults.actions import Delay, Drop, Duplicate, Ending, Reset
from bot.playground.faults.connection import keep_waiting, reset
from bot.playground.faults.passing import Upstream
from bot.playground.faults.requests import Direction
from bot.playground.faults.rewriting import Rewriting
from bot.playground.faults.rules import Rules
from bot.playground.faults.streams import Cutting

_Socket: TypeAlias = "ClientWebSocketResponse | web.WebSocketResponse"
_CLOSE_CODE = 1000


def is_upgrade(request: web.Request) -> bool:
    """Whether a request asks for a WebSocket."""
    return request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"


async def relay(
    request: web.Request, upstream: Upstream, rules: Rules, cutting: Cutting, rewriting: Rewriting
) -> web.StreamResponse:
    """Open it at the upstream and pass on what is said, until one side closes it or a cut ends it.

    Raises: Gone: the upstream is not there, or broke off.
    """
    try:
        async with upstream.connects(request) as server:
            protocols = (server.protocol,) if server.protocol else ()
            client = web.WebSocketResponse(
                protocols=protocols, autoping=False, autoclose=False, compress=False, max_msg_size=0
            )
            await client.prepare(request)
            line = _Line(
                request=request,
                client=client,
                server=server,
                rules=rules,
                cutting=cutting,
                rewriting=rewriting,
            )
            await line.run()
            return client
    except WSServerHandshakeError as refused:
        return web.Response(status=refused.status, reason=refused.message)


class _Torn(Exception):
    """One side's connection has broken, or a rule breaks it."""


class _Line:
    """One WebSocket's two halves."""

    def __init__(
        self,
        *,
        request: web.Request,
        client: web.WebSocketResponse,
        server: ClientWebSocketResponse,
        rules: Rules,
        cutting: Cutting,
        rewriting: Rewriting,
    ) -> None:
        self._request = request
        self._code, self._reason = _CLOSE_CODE, b""
        self._client = client
        self._server = server
        self._rules = rules
        self._cutting = cutting
        self._rewriting = rewriting

    async def run(self) -> None:
        """Pass on until the end, and make the end look as it must."""
        try:
            cut = await self._cutting.run(self._both_ways())
        except _Torn:
            reset(self._request)
            return
        match cut:
            case applied, Ending.SILENT:
                await keep_waiting(self._request, applied)
            case _, Ending.RESET:
                reset(self._request)
            case _:
                await self._client.close(code=self._code, message=self._reason)
                await self._server.close(code=self._code, message=self._reason)

    async def _both_ways(self) -> None:
        """Pass on in both directions until one of them ends."""
        ways = {
            asyncio.create_task(
                self._pass_on(self._server, self._client, Direction.TO_CLIENT), name="to client"
            ),
            asyncio.create_task(
                self._pass_on(self._client, self._server, Direction.TO_SERVER), name="to server"
            ),
        }
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in ways:
                each.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass_on(self, source: _Socket, to: _Socket, direction: Direction) -> None:
        try:
            while (message := await source.receive()).type in _KINDS:
                await self._message(message, to, direction)
                if self._cutting.finished:
                    return
            if message.type is WSMsgType.CLOSE:
                self._code, self._reason = message.data or _CLOSE_CODE, (message.extra or "").encode()
                return
        except (ClientError, ConnectionError, RuntimeError) as error:
            raise _Torn from error
        raise _Torn

    async def _message(self, message: WSMessage, to: _Socket, direction: Direction) -> None:
        """Pass one message on, as often as the rules say."""
        times = 1
        if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            times = await self._struck(message, direction)
        for _ in range(times):
            if direction is Direction.TO_CLIENT and not self._cutting.message(len(message.data)):
                return
            await self._send(message, to, direction)

    async def _struck(self, message: WSMessage, direction: Direction) -> int:
        """How often a message is passed on, once the rules are done with it.

        Raises: _Torn: the line is to break.
        """
        text = message.data if isinstance(message.data, str) else message.data.decode("utf-8", "replace")
        asked = replace(self._cutting.asked, text=text, direction=direction, opens_websocket=False)
        times = 1
        for applied, action in self._rules.strikes(asked):
            match action:
                case Delay(seconds=seconds):
                    await applied.wait_over(within=seconds)
                case Duplicate():
                    times *= 2
                case Drop():
                    return 0
                case Reset():
                    raise _Torn
                case _:
                    continue
        return times

    async def _send(self, message: WSMessage, to: _Socket, direction: Direction) -> None:
        match message.type:
            case WSMsgType.TEXT:
                to_client = direction is Direction.TO_CLIENT
                await to.send_str(self._rewriting.text(message.data) if to_client else message.data)
            case WSMsgType.BINARY:
                await to.send_bytes(message.data)
            case WSMsgType.PING:
                await to.ping(message.data)
            case _:
                await to.pong(message.data)


_KINDS = frozenset({WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG})
