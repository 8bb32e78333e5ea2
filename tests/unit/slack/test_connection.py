"""The line to Slack: who we are, staying connected, and going."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from bot.playground.workspace import AppSettings, Workspace, demo_settings, serve
from bot.slack import connection
from bot.slack.client import SlackTrouble, open_client
from bot.slack.connection import SlackRefused, SocketConnection
from tests.support.waitless_clock import WaitlessClock
from tests.unit.slack.conftest import Bench, until


async def test_a_wrong_bot_token_is_named() -> None:
    """The operator is told which variable Slack does not take, and why."""
    async with (
        serve(Workspace(demo_settings())) as running,
        open_client(bot_token="xoxb-wrong", api_url=running.api_url) as client,
    ):
        with pytest.raises(SlackRefused, match="SLACK_BOT_TOKEN is refused by Slack: invalid_auth"):
            await connection.check(client)


async def test_a_wrong_app_token_ends_the_start(bench: Bench) -> None:
    """Socket Mode with a wrong token stops at once instead of trying for ever."""
    line = SocketConnection(None, client=bench.client, app_token="xapp-wrong")  # type: ignore[arg-type]
    with pytest.raises(SlackRefused, match="SLACK_APP_TOKEN is refused by Slack: invalid_auth"):
        await asyncio.wait_for(line.run(), 5)


async def test_missing_scopes_are_listed() -> None:
    """What the token may not do is known from the first call: what is needed, and what is merely useful."""
    settings = demo_settings(app=AppSettings(scopes=frozenset({"chat:write", "users:read", "files:write"})))
    async with (
        serve(Workspace(settings)) as running,
        open_client(bot_token=settings.app.bot_token, api_url=running.api_url) as client,
    ):
        identity = await connection.check(client)
    assert identity.problems == ("SLACK_BOT_TOKEN lacks the scopes app_mentions:read, commands",)
    lacking = "channels:history, groups:history, im:history, im:write, usergroups:read"
    assert identity.remarks == (f"SLACK_BOT_TOKEN lacks the scopes {lacking}",)


async def test_an_unreachable_slack_is_told_apart_from_a_wrong_token() -> None:
    """No answer is no refusal: it may be better in a moment."""
    async with open_client(bot_token="xoxb", api_url="http://127.0.0.1:9/") as client:
        with pytest.raises(SlackTrouble, match="does not answer") as caught:
            await connection.check(client)
    assert caught.value.passing


async def test_slacks_word_on_when_to_connect_again_is_kept() -> None:
    """Asking for a connection sooner would only have Slack refuse it for longer."""

    asked: list[str] = []

    async def too_often(request: web.Request) -> web.Response:
        asked.append(request.path)
        if len(asked) == 1:
            headers = {"Retry-After": "40"}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        return web.json_response({"ok": False, "error": "invalid_auth"})

    clock, served = WaitlessClock(), web.Application()
    served.router.add_post("/apps.connections.open", too_often)
    async with (
        TestServer(served) as server,
        open_client(bot_token="xoxb", api_url=str(server.make_url("/"))) as client,
    ):
        line = SocketConnection(None, client=client, app_token="xapp", clock=clock)  # type: ignore[arg-type]
        with pytest.raises(SlackRefused):
            await line.run()
    assert clock.monotonic() == 40


async def test_a_cut_connection_is_made_anew(bench: Bench) -> None:
    """After the network broke, podbot is back and answers."""
    socket_mode = bench.running.socket_mode
    assert socket_mode is not None
    with capture_logs() as lines:
        socket_mode.cut()
        await until(lambda: any(line["event"] == "slack_connected" for line in lines))
    await bench.alice.types("#incidents", "/pods help")
    await bench.alice.sees("#incidents", "logs")


async def test_a_renewed_connection_is_there_before_the_old_one_goes(bench: Bench) -> None:
    """When Slack warns that it will close a connection, another is opened first: nothing falls between."""
    socket_mode = bench.running.socket_mode
    assert socket_mode is not None
    await socket_mode.disconnect("warning")
    await until(lambda: socket_mode.connections == 2)
    await bench.alice.types("#incidents", "/pods help")
    await bench.alice.sees("#incidents", "logs")
    await socket_mode.disconnect("refresh_requested")
    await until(lambda: socket_mode.connections == 1)
    await bench.bob.types("#incidents", "/pods help")
    await bench.bob.sees("#incidents", "logs")


async def test_closing_is_quick_and_clean(bench: Bench) -> None:
    """Cancelled, the connection is gone within two seconds, and leaves no task behind."""
    line = SocketConnection(None, client=bench.client, app_token="xapp-playground-app")  # type: ignore[arg-type]
    task = asyncio.create_task(line.run())
    await until(lambda: line.connected)
    began = asyncio.get_running_loop().time()
    task.cancel()
    await asyncio.wait({task})
    assert asyncio.get_running_loop().time() - began < 2
    assert task.cancelled()
    assert not line.connected
    assert not [left for left in asyncio.all_tasks() if left.get_name() == "slack-envelope"]
