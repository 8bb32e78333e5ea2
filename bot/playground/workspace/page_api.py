"""The page's API: what people see and do, as JSON over HTTP and one WebSocket of live changes.

A refused act answers 200 with `{"ok": false, "error": code, "message": text for the person}`.
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.resources import files as package_files
from pathlib import PurePosixPath
from typing import TypeAlias

from aiohttp import WSMsgType, web

from bot.playground.workspace import events
from bot.playground.workspace.commands import run_command
from bot.playground.workspace.interactions import Control, Interactions
from bot.playground.workspace.messages import Message
from bot.playground.workspace.page_shapes import live_json, may_see, message_json, state_json
from bot.playground.workspace.payloads import view_json
from bot.playground.workspace.people import Channel
from bot.playground.workspace.refusals import Refused, missing_field
from bot.playground.workspace.runtime import Runtime
from bot.playground.workspace.views import View
from bot.playground.workspace.wire import Json, Ts, UserId

_Answering: TypeAlias = Callable[[Json], Awaitable[Json]]
_HEARTBEAT = 20.0
_PAGE = "bot.playground.page"


class PageApi:
    """Serves the page's files, its API and its live feed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._workspace = runtime.workspace
        self._interactions = Interactions(runtime)
        self._sockets: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        """Everything below `/` and `/page/`."""
        acts: dict[str, _Answering] = {
            "send": self._send,
            "action": self._action,
            "options": self._options,
            "view/submit": self._submit,
            "view/close": self._close_view,
            "home": self._home,
            "shortcut": self._shortcut,
        }
        return [
            web.get("/", self._index),
            web.get("/page/static/{path:.+}", self._static),
            web.get("/page/state", self._state),
            web.get("/page/channels/{id}/messages", self._messages),
            web.get("/page/live", self._live),
            web.get("/page/files/{id}", self._file),
            *(web.post(f"/page/{path}", _acting(act)) for path, act in acts.items()),
        ]

    async def close(self) -> None:
        """Closes the live feeds."""
        for socket in list(self._sockets):
            await socket.close()

    # Reading

    async def _index(self, _request: web.Request) -> web.Response:
        return _packaged("index.html")

    async def _static(self, request: web.Request) -> web.Response:
        return _packaged(request.match_info["path"])

    async def _state(self, request: web.Request) -> web.Response:
        """What the page starts from; a page that does not know anybody yet plays the first person."""

        def read() -> Json:
            first = next(user.id for user in self._workspace.users.values() if not user.is_bot)
            return state_json(self._runtime, self._person(request.query.get("as", first)))

        return _answered(read)

    async def _messages(self, request: web.Request) -> web.Response:
        def read() -> Json:
            me = self._person(request.query.get("as"))
            channel = self._channel(request.match_info["id"], me)
            seen = [
                m for m in self._workspace.messages.in_channel(channel.id) if m.ephemeral_to in (None, me)
            ]
            return {"ok": True, "messages": [message_json(self._workspace, message) for message in seen]}

        return _answered(read)

    async def _file(self, request: web.Request) -> web.Response:
        file = self._workspace.files.get(request.match_info["id"])
        if file is None or file.body is None:
            raise web.HTTPNotFound
        return web.Response(body=file.body, content_type=file.mimetype, headers=_PLAIN_FILE)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        try:
            me = self._person(request.query.get("as"))
        except Refused as refused:
            return web.json_response(refused.answer(), status=400)
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT)
        with self._workspace.feed.subscription(me) as queue:
            await socket.prepare(request)
            self._sockets.add(socket)
            reader = asyncio.create_task(_until_closed(socket), name=f"workspace page reader {me}")
            try:
                await self._forward(queue, socket, reader)
            finally:
                self._sockets.discard(socket)
                reader.cancel()
                with suppress(asyncio.CancelledError):
                    await reader
        return socket

    async def _forward(
        self, queue: asyncio.Queue[Json | None], socket: web.WebSocketResponse, reader: asyncio.Task[None]
    ) -> None:
        """Sends what happens until the page goes away or falls behind."""
        while not reader.done():
            waiting = asyncio.create_task(queue.get(), name="workspace page feed")
            await asyncio.wait({waiting, reader}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                waiting.cancel()
                return
            event = waiting.result()
            if event is None:
                await socket.close()
                return
            with suppress(ConnectionError):
                await socket.send_json(live_json(self._workspace, event))

    # Acting

    async def _send(self, asked: Json) -> Json:
        me = self._person(asked.get("as"))
        channel = self._channel(_text(asked, "channel"), me)
        text = _text(asked, "text")
        thread_ts = Ts(asked["thread_ts"]) if asked.get("thread_ts") else None
        if text.startswith("/"):
            await run_command(self._runtime, me, channel, text.rstrip(), thread_ts=thread_ts)
            return {}
        if not text.strip():
            raise Refused("no_text", message="There is nothing to send.")
        if me not in channel.members:
            channel = self._workspace.join(channel, me)
        message = self._workspace.post_as_person(channel, me, text, thread_ts=thread_ts)
        return {"ts": message.ts}

    async def _action(self, asked: Json) -> Json:
        me, place = self._person(asked.get("as")), self._place(asked)
        control = _control(asked)
        if isinstance(place, Message):
            await self._interactions.act_on_message(me, place, control)
        else:
            await self._interactions.act_on_view(me, place, control)
        return {}

    async def _options(self, asked: Json) -> Json:
        me, place = self._person(asked.get("as")), self._place(asked)
        return await self._interactions.suggest(me, place, _control(asked), str(asked.get("value", "")))

    async def _submit(self, asked: Json) -> Json:
        me = self._person(asked.get("as"))
        errors = await self._interactions.submit(me, self._view(asked, me), asked.get("values") or {})
        return {"errors": errors} if errors else {}

    async def _close_view(self, asked: Json) -> Json:
        me = self._person(asked.get("as"))
        await self._interactions.close(me, self._view(asked, me))
        return {}

    async def _home(self, asked: Json) -> Json:
        me = self._person(asked.get("as"))
        event = events.home_event(self._workspace, me)
        if event is not None:
            self._runtime.courier.send_event(event)
        view = self._workspace.views.home(me)
        return {"view": None if view is None else view_json(self._workspace, view)}

    async def _shortcut(self, asked: Json) -> Json:
        me = self._person(asked.get("as"))
        message = self._message(_text(asked, "channel"), _text(asked, "ts"), me)
        await self._interactions.shortcut(me, message, _text(asked, "callback_id"))
        return {}

    # Finding what the page speaks of

    def _person(self, user_id: object) -> UserId:
        user = self._workspace.user(str(user_id))
        if user.is_bot or user.deleted:
            raise Refused("user_not_found", message="Nobody can play that user.")
        return user.id

    def _channel(self, channel_id: str, me: UserId) -> Channel:
        channel = self._workspace.channel(channel_id)
        if not may_see(channel, me):
            raise Refused("channel_not_found", message="There is no such channel for you.")
        return channel

    def _message(self, channel_id: str, ts: str, me: UserId) -> Message:
        channel = self._channel(channel_id, me)
        message = self._workspace.messages.get(channel.id, ts)
        if message is None or message.ephemeral_to not in (None, me) or message.tombstone:
            raise Refused("message_not_found", message="That message is no longer there.")
        return message

    def _place(self, asked: Json) -> Message | View:
        me, container = UserId(str(asked.get("as"))), asked.get("container") or {}
        if "view_id" in container:
            return self._view(container, me)
        return self._message(_text(container, "channel"), _text(container, "ts"), me)

    def _view(self, asked: Json, me: UserId) -> View:
        view = self._workspace.views.find(view_id=_text(asked, "view_id"))
        if view is None or view.user != me:
            raise Refused("not_found", message="That view is closed.")
        return view


_PLAIN_FILE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


def _acting(act: _Answering) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            asked = json.loads(await request.text())
            if not isinstance(asked, dict):
                raise Refused("invalid_json")
            return web.json_response({"ok": True, **await act(asked)})
        except ValueError:
            return web.json_response(_refusal(Refused("invalid_json")))
        except Refused as refused:
            return web.json_response(_refusal(refused))

    return handle


def _answered(read: Callable[[], Json]) -> web.Response:
    try:
        return web.json_response(read())
    except Refused as refused:
        return web.json_response(_refusal(refused))


def _refusal(refused: Refused) -> Json:
    return {"message": f"That did not work ({refused.code}).", **refused.answer()}


def _control(asked: Json) -> Control:
    return Control(block_id=_text(asked, "block_id"), action_id=_text(asked, "action_id"), given=asked)


def _text(asked: Json, name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise missing_field(name)
    return value


async def _until_closed(socket: web.WebSocketResponse) -> None:
    async for message in socket:
        if message.type is WSMsgType.ERROR:
            return


def _packaged(path: str) -> web.Response:
    """A file of the page; the page's folder may be absent where only the protocol is wanted."""
    parts = PurePosixPath(path).parts
    if ".." in parts or path.startswith("/"):
        raise web.HTTPNotFound
    try:
        resource = package_files(_PAGE).joinpath(*parts)
        body = resource.read_bytes()
    except (ModuleNotFoundError, FileNotFoundError, IsADirectoryError):
        raise web.HTTPNotFound from None
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    charset = (
        "utf-8" if kind.startswith("text/") or kind.endswith(("javascript", "json", "svg+xml")) else None
    )
    return web.Response(body=body, content_type=kind, charset=charset, headers={"Cache-Control": "no-cache"})
