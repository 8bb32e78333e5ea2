"""The client's connection: whose it may be, and how it is treated badly."""

from __future__ import annotations

import socket
import struct
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from bot.playground.faults.rules import Applied

_LINGER_NOT_AT_ALL: Final = struct.pack("ii", 1, 0)
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})


@web.middleware
async def by_own_name_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a web page sends through a name that it has made to point here (DNS rebinding).

    `kubectl proxy` refuses such names itself, but behind a proxy it sees only the name that the proxy uses.
    """
    try:
        name = URL(f"http://{request.host}").host
    except ValueError:
        name = None
    if name not in _LOOPBACK:
        raise web.HTTPForbidden
    return await handler(request)


def reset(request: web.BaseRequest) -> None:
    """Close the connection so that the client sees a reset, as when the server has died."""
    transport = request.transport
    if transport is None:
        return
    if (channel := transport.get_extra_info("socket")) is not None:
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
    transport.abort()


async def keep_waiting(request: web.BaseRequest, applied: Applied) -> None:
    """Leave the client without an answer until it gives up (which ends the handler) or the rule is over."""
    await applied.wait_over()
    reset(request)
