"""Requests passed on to the upstream, and its answers passed back as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import (
    ClientError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ServerDisconnectedError,
    WSServerHandshakeError,
    web,
)
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bot.playground.faults.actions import Ending
from bot.playground.faults.connection import keep_waiting, reset
from bot.playground.faults.rewriting import Rewriting
from bot.playground.faults.streams import Cutting

# RFC 9110, 7.6.1: these speak of one connection only. Host and the length are set anew for the next one.
_OF_THE_CONNECTION: Final = frozenset(
    {
        "connection", "content-length", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_NO_LIMIT: Final = ClientTimeout(total=None, sock_connect=10.0)
_AUTOMATIC: Final = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class Gone(Exception):
    """The upstream is not there, or has broken off."""


async def once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Keep the client from repeating a request whose connection broke, as aiohttp does with idempotent ones.

    Raises: Gone.
    """
    try:
        return await handler(request)
    except (ClientOSError, ServerDisconnectedError) as error:
        raise Gone from error


class Upstream:
    """The server behind the proxy."""

    def __init__(self, session: ClientSession, origin: URL) -> None:
        self._session = session
        self._origin = origin

    @asynccontextmanager
    async def asks(
        self, request: web.Request, body: bytes, *, plain: bool = False
    ) -> AsyncIterator[Answered]:
        """Send a request on; gives the answer once its head is there. `plain` asks for it uncompressed.

        Raises: Gone.
        """
        headers = _passed(request.headers)
        if plain:
            headers.popall("Accept-Encoding", None)
        try:
            async with self._session.request(
                request.method,
                self._at(request),
                headers=headers,
                data=body or None,
                allow_redirects=False,
                skip_auto_headers=_AUTOMATIC,
                timeout=_NO_LIMIT,
            ) as response:
                yield Answered(request, response)
        except (ClientError, OSError) as error:
            raise Gone from error

    async def send_copy(self, request: web.Request, body: bytes) -> None:
        """Send a request on and forget its answer. Raises `Gone`."""
        async with self.asks(request, body):
            return

    @asynccontextmanager
    async def connects(self, request: web.Request) -> AsyncIterator[ClientWebSocketResponse]:
        """Open the WebSocket that a client asks for.

        Raises: Gone, WSServerHandshakeError: the upstream refused it.
        """
        headers = _passed(request.headers)
        for name in [name for name in headers if name.lower().startswith("sec-websocket-")]:
            headers.popall(name, None)
        asked = request.headers.get("Sec-WebSocket-Protocol", "")
        try:
            opened = await self._session.ws_connect(
                self._at(request),
                headers=headers,
                protocols=[each.strip() for each in asked.split(",") if each.strip()],
                autoping=False,
                autoclose=False,
                max_msg_size=0,
            )
        except WSServerHandshakeError:
            raise
        except (ClientError, OSError) as error:
            raise Gone from error
        async with opened:
            yield opened

    def _at(self, request: web.Request) -> URL:
        # The path as it was sent: decoding and encoding it anew would change what the upstream sees.
        return URL(f"{self._origin}{request.raw_path}", encoded=True)


class Answered:
    """An answer whose head has come."""

    def __init__(self, request: web.Request, response: ClientResponse) -> None:
        self._request = request
        self._response = response

    async def rewritten(self, rewriting: Rewriting) -> web.StreamResponse:
        """Pass it back whole, with its addresses replaced."""
        body = await self._response.read()
        if self._response.content_type == "application/json":
            body = rewriting.body(body)
        return web.Response(
            status=self._response.status,
            reason=self._response.reason,
            headers=_passed(self._response.headers),
            body=body,
        )

    async def stream(self, cutting: Cutting) -> web.StreamResponse:
        """Pass it back as it comes, until its end or a cut."""
        back = web.StreamResponse(
            status=self._response.status,
            reason=self._response.reason,
            headers=_passed(self._response.headers),
        )
        back.content_length = self._response.content_length
        await back.prepare(self._request)
        cut = await cutting.run(self._pump(back, cutting))
        match cut:
            case None:
                await back.write_eof()
            case _, Ending.CLEAN if back.content_length is None:
                await back.write_eof()
            case applied, Ending.SILENT:
                await keep_waiting(self._request, applied)
            case _:
                reset(self._request)
        return back

    async def _pump(self, back: web.StreamResponse, cutting: Cutting) -> None:
        async for data in self._response.content.iter_any():
            await back.write(cutting.chunk(data))
            if cutting.finished:
                return


def _passed(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    named = {each.strip().lower() for each in headers.get("Connection", "").split(",")}
    left = _OF_THE_CONNECTION | named
    return CIMultiDict((name, text) for name, text in headers.items() if name.lower() not in left)
