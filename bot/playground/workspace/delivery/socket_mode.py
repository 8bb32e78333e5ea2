"""Socket Mode: WebSocket connections opened by the app, each envelope sent to exactly one of them."""

from __future__ import annotations

import asyncio
import json
import secrets
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import ClientError, WSMsgType, web

from bot.playground.workspace.delivery.parcels import Answer, Outcome, Parcel, ParcelKind
from bot.playground.workspace.rules import limits
from bot.playground.workspace.settings import DeliverySettings
from bot.playground.workspace.wire import Json

_TICKETS = 100
_RENEWAL_SECONDS = 2.0
HOST = "playground"


@dataclass(slots=True, eq=False)
class _Connection:
    """One WebSocket and the envelopes it has not acknowledged yet; a retiring one gets no new envelopes."""

    socket: web.WebSocketResponse
    request: web.Request
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    retiring: bool = False
    closed: asyncio.Event = field(default_factory=asyncio.Event)


class SocketMode:
    """The app's connections; sends envelopes round robin and waits for their acknowledgements.

    Args:
        settings: How long to wait, how often to ping.
        app_id: Told in the greeting.
        on_change: Called when the app becomes connected or disconnected.
    """

    def __init__(self, settings: DeliverySettings, *, app_id: str, on_change: Callable[[bool], None]) -> None:
        self._settings = settings
        self._app_id = app_id
        self._on_change = on_change
        self._tickets: dict[str, None] = {}
        self._connections: list[_Connection] = []
        self._turn = 0
        self._told = False

    @property
    def connected(self) -> bool:
        """Whether any connection takes envelopes."""
        return bool(self._taking())

    def _taking(self) -> list[_Connection]:
        return [connection for connection in self._connections if not connection.retiring]

    def _tell(self) -> None:
        if self.connected != self._told:
            self._told = self.connected
            self._on_change(self._told)

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def ticket(self) -> str:
        """A secret that opens one connection."""
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = None
        if len(self._tickets) > _TICKETS:
            del self._tickets[next(iter(self._tickets))]
        return ticket

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Serves one connection until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.json_response({"ok": False, "error": "invalid_ticket"}, status=403)
        del self._tickets[ticket]
        socket = web.WebSocketResponse(heartbeat=self._settings.heartbeat_seconds)
        await socket.prepare(request)
        if len(self._connections) >= limits.SOCKET_CONNECTIONS:
            await socket.send_json(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        connection = _Connection(socket, request)
        self._connections.append(connection)
        try:
            await socket.send_json(self._hello())
            self._tell()
            await _take_acknowledgements(connection)
        finally:
            self._forget(connection)
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "debug_info": {"host": HOST, "build_number": 1, "approximate_connection_time": 3600},
            "connection_info": {"app_id": self._app_id},
        }

    def _forget(self, connection: _Connection) -> None:
        self._connections.remove(connection)
        for future in connection.waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError("the connection closed before the acknowledgement"))
        connection.closed.set()
        self._tell()

    async def deliver(self, parcel: Parcel) -> Answer:
        """Sends the parcel as an envelope to the next connection and waits for its acknowledgement."""
        taking = self._taking()
        if not taking:
            return Answer(outcome=Outcome.FAILED, reason="no_connection")
        self._turn = (self._turn + 1) % len(taking)
        connection = taking[self._turn]
        envelope = _envelope(parcel)
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope["envelope_id"]] = future
        try:
            async with asyncio.timeout(self._settings.ack_seconds):
                await connection.socket.send_json(envelope)
                body = await future
        except TimeoutError:
            return Answer(outcome=Outcome.TIMED_OUT, reason="timeout")
        except (ConnectionError, ClientError):
            return Answer(outcome=Outcome.TIMED_OUT, reason="connection_closed")
        finally:
            connection.waiting.pop(envelope["envelope_id"], None)
        return Answer(outcome=Outcome.ACKNOWLEDGED, body=body if parcel.takes_answer else {})

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Asks every connection to be renewed, as Slack does every few hours.

        A `warning` leaves the connections as they are. After any other reason they get no more envelopes, and
        are closed if the app has not done so itself within a moment.
        """
        asked = list(self._connections)
        for connection in asked:
            connection.retiring = reason != "warning"
            await connection.socket.send_json(_disconnect(reason))
        self._tell()
        for connection in asked if reason != "warning" else []:
            with suppress(TimeoutError):
                async with asyncio.timeout(_RENEWAL_SECONDS):
                    await connection.closed.wait()
            await connection.socket.close()

    def cut(self) -> None:
        """Breaks every connection without a word, as a network does."""
        for connection in list(self._connections):
            if connection.request.transport is not None:
                connection.request.transport.abort()

    async def close(self) -> None:
        """Closes every connection."""
        for connection in list(self._connections):
            await connection.socket.close()


async def _take_acknowledgements(connection: _Connection) -> None:
    async for message in connection.socket:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            said = json.loads(message.data)
        except ValueError:
            continue
        if not isinstance(said, dict):
            continue
        future = connection.waiting.get(str(said.get("envelope_id")))
        if future is not None and not future.done():
            payload = said.get("payload")
            future.set_result(payload if isinstance(payload, dict) else _as_text(payload))


def _as_text(payload: object) -> Json:
    return {"text": payload} if isinstance(payload, str) and payload else {}


def _envelope(parcel: Parcel) -> Json:
    envelope: Json = {
        "envelope_id": str(uuid.uuid4()),
        "type": parcel.kind.value,
        "accepts_response_payload": parcel.takes_answer,
        "payload": parcel.payload,
    }
    if parcel.kind is ParcelKind.EVENT:
        envelope["retry_attempt"] = parcel.attempt
        envelope["retry_reason"] = parcel.reason
    return envelope


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}}
