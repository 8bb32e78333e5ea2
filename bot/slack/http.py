"""HTTP mode: Slack's signed requests, from an aiohttp route to Bolt, which checks the signature."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

PATH = "/slack/events"


def events_handler(app: AsyncApp) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler to be mounted at `POST` `PATH`."""

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    return handle
