"""Serves a workspace on one port: Web API, Socket Mode or HTTP delivery, response URLs, uploads and the
page.
"""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import ClientSession, web

from bot.playground.workspace.delivery.courier import Courier
from bot.playground.workspace.delivery.http import HttpDelivery
from bot.playground.workspace.delivery.socket_mode import SocketMode
from bot.playground.workspace.errands import Errands
from bot.playground.workspace.events import message_events
from bot.playground.workspace.files import MAX_FILE_BYTES
from bot.playground.workspace.messages import Message
from bot.playground.workspace.page_api import PageApi
from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.responses import respond
from bot.playground.workspace.runtime import Runtime
from bot.playground.workspace.state import Workspace
from bot.playground.workspace.web_api.dispatch import WebApi
from bot.playground.workspace.wire import Json

_CLOSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A workspace that listens.

    Attributes:
        url: The page's address, ending in `/`.
        api_url: What `SLACK_API_URL` must be, ending in `/`.
        socket_mode: The app's connections, None in HTTP mode.
        http: The delivery to the request URL, None in Socket Mode.
    """

    workspace: Workspace
    url: str
    api_url: str
    socket_mode: SocketMode | None
    http: HttpDelivery | None


@asynccontextmanager
async def serve(workspace: Workspace, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Running]:
    """Serves the workspace until the block ends; port 0 lets the system choose."""
    listener = socket.create_server((host, port))
    base_url = f"http://{host}:{listener.getsockname()[1]}/"
    errands = Errands()
    async with ClientSession() as session:
        running = _delivering(workspace, base_url, session)
        delivery = running.http or running.socket_mode
        assert delivery is not None  # noqa: S101 - one of the two is always there
        courier = Courier(workspace, delivery, errands)
        runtime = Runtime(workspace=workspace, courier=courier, base_url=base_url)
        page = PageApi(runtime)
        runner = web.AppRunner(
            _application(running, page),
            access_log=None,
            shutdown_timeout=_CLOSE_SECONDS,
            handle_signals=False,
        )
        await runner.setup()

        def tell_app(message: Message) -> None:
            for event in message_events(workspace, message, base_url=base_url):
                courier.send_event(event)

        workspace.on_message = tell_app
        try:
            await web.SockSite(runner, listener).start()
            yield running
        finally:
            await page.close()
            if running.socket_mode is not None:
                await running.socket_mode.close()
            await runner.cleanup()
            await errands.close()


def _delivering(workspace: Workspace, base_url: str, session: ClientSession) -> Running:
    """Chooses between Socket Mode and HTTP by the app's settings."""

    def on_change(connected: bool) -> None:
        workspace.feed.publish({"type": "bot", "connected": connected})

    app, delivery = workspace.app, workspace.settings.delivery
    if app.request_url is None:
        socket_mode = SocketMode(delivery, app_id=app.app_id, on_change=on_change)
        http = None
    else:
        socket_mode = None
        http = HttpDelivery(session, app, delivery, clock=workspace.clock, on_change=on_change)
    return Running(
        workspace=workspace, url=base_url, api_url=f"{base_url}api/", socket_mode=socket_mode, http=http
    )


def _application(running: Running, page: PageApi) -> web.Application:
    application = web.Application(client_max_size=MAX_FILE_BYTES + 1)
    socket_mode = running.socket_mode
    doors = _Doors(running.workspace)
    application.add_routes(page.routes())
    if socket_mode is not None:
        application.add_routes([web.get("/link/", socket_mode.accept)])
    api = WebApi(
        running.workspace,
        base_url=running.url,
        socket_url=None if socket_mode is None else lambda: _socket_url(running.url, socket_mode.ticket()),
    )
    application.add_routes(
        [
            web.route("*", "/api/{method}", api.handle),
            web.post("/upload/v1/{ticket}", doors.upload),
            web.get("/files/{id}", doors.private_file),
            web.post("/commands/{secret}", doors.response_url),
            web.post("/actions/{secret}", doors.response_url),
        ]
    )
    return application


def _socket_url(base_url: str, ticket: str) -> str:
    return f"ws{base_url.removeprefix('http')}link/?ticket={ticket}"


class _Doors:
    """The addresses the workspace gives away: for uploads, for files, for answers to interactions."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def upload(self, request: web.Request) -> web.Response:
        """Takes a file's bytes, raw or as one part of a form."""
        if request.content_type.startswith("multipart/"):
            form = await request.post()
            part = next((value for value in form.values() if isinstance(value, web.FileField)), None)
            body = b"" if part is None else part.file.read()
        else:
            body = await request.read()
        try:
            self._workspace.files.receive(request.match_info["ticket"], body)
        except Refused as refused:
            return web.Response(text=refused.code, status=400)
        return web.Response(text=f"OK - {len(body)}")

    async def private_file(self, request: web.Request) -> web.Response:
        """Gives a file to the app, if its token may read files."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token != self._workspace.app.bot_token or "files:read" not in self._workspace.scopes:
            raise web.HTTPForbidden
        file = self._workspace.files.get(request.match_info["id"])
        if file is None or file.body is None:
            raise web.HTTPNotFound
        return web.Response(body=file.body, content_type=file.mimetype)

    async def response_url(self, request: web.Request) -> web.Response:
        """Takes an answer to an interaction; a refused one says why and costs no use."""
        secret = request.match_info["secret"]
        try:
            url = self._workspace.response_urls.find(secret)
            respond(self._workspace, url, _payload(await request.text()))
        except Refused as refused:
            gone = refused.code in ("not_found", "used_url", "expired_url")
            return web.json_response(refused.answer(), status=404 if gone else 400)
        self._workspace.response_urls.count_use(secret)
        return web.Response(text="ok")


def _payload(text: str) -> Json:
    try:
        body = json.loads(text)
    except ValueError:
        raise Refused("invalid_payload") from None
    if not isinstance(body, dict):
        raise Refused("invalid_payload")
    return body
