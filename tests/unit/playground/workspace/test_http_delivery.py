"""HTTP mode: a bolt app behind a request URL gets signed requests and answers them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.playground.workspace import DeliverySettings, Running, Workspace, demo_settings, serve
from bot.playground.workspace.delivery.http import signature
from tests.support.people import person
from tests.unit.playground.workspace.conftest import bolt_app

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[str]:
    """An HTTP server with one request URL, which is yielded."""
    application = web.Application()
    application.add_routes([web.post("/slack/events", handler)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def http_workspace(request_url: str, *, ack_seconds: float = 3.0) -> AsyncIterator[Running]:
    delivery = DeliverySettings(ack_seconds=ack_seconds, event_retry_seconds=(0.0, 0.0, 0.0))
    async with serve(Workspace(demo_settings(request_url=request_url, delivery=delivery))) as running:
        yield running


class BoltBehindHttp:
    """Passes requests to a bolt app that is made once the workspace's address is known."""

    def __init__(self) -> None:
        self.app: AsyncApp | None = None
        self.requests: list[web.Request] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert self.app is not None
        self.requests.append(request)
        return await to_aiohttp_response(await self.app.async_dispatch(await to_bolt_request(request)))


async def test_commands_clicks_and_events_reach_a_bolt_app() -> None:
    """bolt checks every signature itself; commands, actions and events all pass, and are answered."""
    receiver, mentions = BoltBehindHttp(), asyncio.Queue[str]()
    async with answering(receiver.handle) as url, http_workspace(url) as running:
        receiver.app = app = bolt_app(running)
        button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}

        @app.command("/pods")
        async def pods(ack: Any) -> None:
            await ack(text="choose", blocks=[{"type": "actions", "elements": [button]}])

        @app.action("go")
        async def go(ack: Any, respond: Any) -> None:
            await ack()
            await respond("went")

        @app.event("app_mention")
        async def mention(event: Json) -> None:
            await mentions.put(event["text"])

        assert running.http is not None
        assert await running.http.verify()
        async with person(running.url, "U01ALICE") as alice:
            await alice.types("#incidents", "/pods list")
            await alice.clicks(await alice.sees("#incidents", "Go"), "Go")
            await alice.sees("#incidents", "went")
            await alice.types("#incidents", "@podbot hi")
            assert await asyncio.wait_for(mentions.get(), 5) == "<@U01PODBOT> hi"
            assert (await alice.state())["bot"]["connected"] is True


async def test_a_wrong_secret_is_noticed_by_the_app() -> None:
    """bolt turns away what another secret signed, so the command fails."""
    receiver = BoltBehindHttp()
    async with answering(receiver.handle) as url, http_workspace(url) as running:
        receiver.app = AsyncApp(client=bolt_app(running).client, signing_secret="another")
        async with person(running.url, "U01ALICE") as alice:
            await alice.types("#incidents", "/pods list")
            await alice.sees_notice("dispatch_failed")


def test_signatures_are_slacks() -> None:
    """The example of Slack's documentation on verifying requests comes out the same."""
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        "%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body) == expected


async def test_events_are_retried_with_the_reason() -> None:
    """Errors and silence are retried three times; the headers count and explain."""
    seen: asyncio.Queue[tuple[str | None, str | None]] = asyncio.Queue()

    async def handler(request: web.Request) -> web.StreamResponse:
        retry = request.headers.get("X-Slack-Retry-Num"), request.headers.get("X-Slack-Retry-Reason")
        seen.put_nowait(retry)
        if retry[0] == "1":
            await asyncio.sleep(1)
        return web.Response(status=500)

    async with (
        answering(handler) as url,
        http_workspace(url, ack_seconds=0.2) as running,
        person(running.url, "U01ALICE") as alice,
    ):
        await alice.types("#incidents", "@podbot hi")
        got = [await asyncio.wait_for(seen.get(), 5) for _ in range(4)]
    assert got == [(None, None), ("1", "http_error"), ("2", "http_timeout"), ("3", "http_error")]


async def test_an_app_may_decline_retries() -> None:
    """X-Slack-No-Retry ends the matter."""
    seen: asyncio.Queue[str] = asyncio.Queue()

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.put_nowait(request.headers["X-Slack-Signature"])
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    async with (
        answering(handler) as url,
        http_workspace(url) as running,
        person(running.url, "U01ALICE") as alice,
    ):
        await alice.types("#incidents", "@podbot hi")
        await asyncio.wait_for(seen.get(), 5)
        await alice.types("#incidents", "/pods list")
        await asyncio.wait_for(seen.get(), 5)
    assert seen.empty()


async def test_an_unreachable_app_fails_commands_at_once() -> None:
    """Nobody listens: dispatch_failed, and the page shows the bot as away."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with http_workspace(f"http://127.0.0.1:{port}/slack/events") as running:
        async with person(running.url, "U01ALICE") as alice:
            await alice.types("#incidents", "/pods list")
            await alice.sees_notice("dispatch_failed")
            assert (await alice.state())["bot"]["connected"] is False
        assert running.http is not None
        assert await running.http.verify() is False
