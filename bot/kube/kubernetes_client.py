"""A client of kubernetes.aio over connections of podbot's own making.

They are kept alive, repeat nothing by themselves and follow no redirect.
"""

from __future__ import annotations

import socket

import aiohttp
from aiohttp.connector import NEEDS_CLEANUP_CLOSED
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException

from bot.kube.clients import BrokenOff, CredentialsProblem, Redirected
from bot.kube.config_failures import in_one_line
from bot.kube.request import Request

MOST_CONNECTIONS = 100
"""At once, to one API server: watches, commands and their evidence share them."""


class KubernetesClient:
    """The `Client` of a configuration; the library does what it knows of credentials."""

    def __init__(self, configuration: Configuration) -> None:
        """Connects nothing yet."""
        self._api = ApiClient(configuration)
        self._api.user_agent = "podbot"
        self._host = configuration.host.rstrip("/")
        self._connector = aiohttp.TCPConnector(
            ssl=self._api.rest_client.ssl_context,
            limit=MOST_CONNECTIONS,
            socket_factory=_socket_kept_alive,
            enable_cleanup_closed=NEEDS_CLEANUP_CLOSED,  # what is cancelled before there is an answer
        )
        tracing = aiohttp.TraceConfig()
        tracing.on_request_redirect.append(_not_followed)
        configuration.client_session_kwargs = {
            "connector": self._connector,
            "trace_configs": [tracing],
            "middlewares": (_sent_once,),
        }

    async def request(self, request: Request, *, limits: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        """Send a request, as `Client` has it. Raises CredentialsProblem where a token cannot be read."""
        headers = dict(self._api.default_headers)
        headers["Accept"] = "application/json"
        headers["Content-Type"] = request.content_type
        try:
            # Reads a service account's token again when it has been rotated.
            await self._api.update_params_for_auth(
                headers, [], ["BearerToken"], request.path, request.method, request.body
            )
        except (ConfigException, OSError) as problem:
            raise CredentialsProblem(in_one_line(problem)) from problem
        answer = await self._api.rest_client.request(
            request.method,
            self._host + request.target,
            headers=headers,
            body=request.body,
            _request_timeout=limits,
        )
        response: aiohttp.ClientResponse = answer.response
        return response

    async def close(self) -> None:
        """Close every connection."""
        await self._api.close()
        await self._connector.close()


async def _sent_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating requests by itself: a DELETE, say, where a used connection broke.

    What is repeated is decided in `api`, where it is known what may be.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise  # there was no connection, hence nothing was sent
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise BrokenOff(str(error) or "the server disconnected") from error


async def _not_followed(
    _session: aiohttp.ClientSession, _context: object, redirect: aiohttp.TraceRequestRedirectParams
) -> None:
    """Called before aiohttp follows a redirect, which the library above it gives no other way to forbid.

    Client certificates, and a deletion's method and body, would go wherever the answer says.
    """
    redirect.response.close()
    raise Redirected(redirect.response.status)


def _socket_kept_alive(info: tuple[object, ...]) -> socket.socket:
    """A socket that asks after its other end once it has been idle for half a minute.

    A watch is idle for minutes; firewalls and load balancers drop such connections without a word.
    """
    family, kind, protocol, *_ = info
    made = socket.socket(family, kind, protocol)  # type: ignore[arg-type]  # three numbers, by the type of a tuple
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Named so on Linux only; elsewhere the system's own times hold.
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return made
