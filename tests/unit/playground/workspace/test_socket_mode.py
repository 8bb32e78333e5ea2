"""Socket Mode with real bolt apps: commands, one envelope to one connection, redelivery, renewal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.workspace import DeliverySettings, Running, Workspace, demo_settings, serve
from tests.support.people import Person, Refusal, as_text, person
from tests.unit.playground.workspace.conftest import bolt_app, connected

Json = dict[str, Any]


@pytest.fixture
async def hasty() -> AsyncIterator[Running]:
    """A workspace that waits only a moment for the app."""
    delivery = DeliverySettings(ack_seconds=0.3, event_retry_seconds=(0.0, 0.0, 0.0))
    async with serve(Workspace(demo_settings(delivery=delivery))) as served:
        yield served


async def raw_socket(running: Running, session: ClientSession) -> ClientWebSocketResponse:
    """A Socket Mode connection in the tests' own hands, its greeting already read."""
    client = AsyncWebClient(base_url=running.api_url)
    opened = await client.apps_connections_open(app_token=running.workspace.app.app_token)
    socket = await session.ws_connect(opened["url"])
    await socket.receive_json()
    return socket


async def test_a_slash_command_makes_the_round_trip(running: Running, alice: Person) -> None:
    """bolt gets the command with everything Slack sends, and its answer reaches the person alone."""
    app, got = bolt_app(running), []

    @app.command("/pods")
    async def pods(ack: Any, command: Json, respond: Any) -> None:
        got.append(command)
        await ack()
        await respond("15 pods")

    async with connected(running, app):
        await alice.types("#incidents", "/pods list -n shop & <all>")
        answer = await alice.sees("#incidents", "15 pods")
    assert answer["ephemeral"] is True
    command = got[0]
    assert (command["command"], command["text"]) == ("/pods", "list -n shop &amp; &lt;all&gt;")
    assert (command["user_id"], command["user_name"]) == ("U01ALICE", "alice")
    assert (command["channel_id"], command["channel_name"]) == ("C01INCIDENTS", "incidents")
    assert command["trigger_id"]
    assert command["response_url"].startswith(running.url)


async def test_an_acknowledgement_may_carry_the_answer(running: Running, alice: Person, bob: Person) -> None:
    """What ack says is shown at once, to everybody when it says so."""
    app = bolt_app(running)

    @app.command("/pods")
    async def pods(ack: Any) -> None:
        await ack(text="for all", response_type="in_channel")

    async with connected(running, app):
        await alice.types("#incidents", "/pods list")
    assert "ephemeral" not in await bob.sees("#incidents", "for all")


async def test_an_answer_over_the_limits_fails_loudly(running: Running, alice: Person) -> None:
    """An acknowledgement that Slack could not show becomes a notice."""
    app = bolt_app(running)

    @app.command("/pods")
    async def pods(ack: Any) -> None:
        await ack(text="x", blocks=[{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}])

    async with connected(running, app):
        await alice.types("#incidents", "/pods list")
        await alice.sees_notice("invalid_blocks")


async def test_commands_fail_as_in_slack(hasty: Running) -> None:
    """Nobody connected, nobody answering, in a thread, unknown: each has its own words."""
    app = bolt_app(hasty)

    @app.command("/pods")
    async def silent(ack: Any) -> None:
        """Never acknowledges."""

    async with person(hasty.url, "U01ALICE") as alice:
        await alice.types("#incidents", "/pods list")
        assert await alice.sees_notice("dispatch_failed") == '/pods failed with the error "dispatch_failed"'
        async with ClientSession() as session:
            socket = await raw_socket(hasty, session)
            await alice.types("#incidents", "/pods list")
            assert await alice.sees_notice("operation_timeout")
            await socket.close()
        parent = await alice.types("#incidents", "a thread")
        with pytest.raises(Refusal, match=r"/pods is not supported in threads\. Sorry!"):
            await alice.types("#incidents", "/pods list", thread=parent)
        with pytest.raises(Refusal, match="not a valid command"):
            await alice.types("#incidents", "/nothing")


async def test_each_envelope_goes_to_one_connection(running: Running, alice: Person) -> None:
    """Two apps connected at once share the work; none of it is done twice."""
    taken: list[str] = []

    def worker(name: str) -> Any:
        app = bolt_app(running)

        @app.command("/pods")
        async def pods(ack: Any) -> None:
            taken.append(name)
            await ack()

        return app

    async with connected(running, worker("first")), connected(running, worker("second")):
        for _ in range(6):
            await alice.types("#incidents", "/pods list")
    assert sorted(taken) == ["first"] * 3 + ["second"] * 3


async def test_events_are_redelivered_until_acknowledged(hasty: Running) -> None:
    """An event nobody acknowledges comes again, three times, and says so."""
    async with ClientSession() as session, person(hasty.url, "U01ALICE") as alice:
        socket = await raw_socket(hasty, session)
        await alice.types("#incidents", "@podbot get pods & more")
        envelopes = [await socket.receive_json(timeout=5) for _ in range(3)]
        await socket.send_json({"envelope_id": envelopes[-1]["envelope_id"]})
        with pytest.raises(TimeoutError):
            await socket.receive_json(timeout=0.6)
        await socket.close()
    assert [envelope["retry_attempt"] for envelope in envelopes] == [0, 1, 2]
    assert [envelope["retry_reason"] for envelope in envelopes] == ["", "timeout", "timeout"]
    assert len({envelope["payload"]["event_id"] for envelope in envelopes}) == 1
    event = envelopes[0]["payload"]["event"]
    assert (event["type"], event["text"]) == ("app_mention", "<@U01PODBOT> get pods &amp; more")


async def test_events_go_only_where_the_app_is(running: Running, alice: Person) -> None:
    """Mentions elsewhere and messages not subscribed to are not sent; direct messages are."""
    app, got = bolt_app(running), asyncio.Queue[Json]()

    async def take(event: Json) -> None:
        await got.put(event)

    app.event("app_mention")(take)
    app.event("message")(take)
    app.event("app_home_opened")(take)
    async with connected(running, app):
        await alice.types("#general", "@podbot are you there")
        await alice.types("#incidents", "nothing for the bot")
        await alice.types("@podbot", "direct")
        first = await asyncio.wait_for(got.get(), 5)
        sent = await alice.types("#incidents", "a thread")
        await alice.types("#incidents", "@podbot here", thread=sent)
        second = await asyncio.wait_for(got.get(), 5)
    assert (first["type"], first["channel_type"], first["text"]) == ("message", "im", "direct")
    assert (second["type"], second["thread_ts"]) == ("app_mention", sent["ts"])


async def test_connections_are_renewed_on_request(running: Running, alice: Person) -> None:
    """After a refresh the app is back on a new connection and takes commands."""
    app = bolt_app(running)

    @app.command("/pods")
    async def pods(ack: Any) -> None:
        await ack("still here")

    async with connected(running, app):
        assert running.socket_mode is not None
        await running.socket_mode.disconnect("refresh_requested")
        await alice.sees_bot(connected=True)
        await alice.types("#incidents", "/pods list")
        assert as_text(await alice.sees("#incidents", "still here")) == "still here"


async def test_an_eleventh_connection_is_turned_away(running: Running) -> None:
    """Slack allows ten connections at once, and each address opens one."""
    async with ClientSession() as session:
        open_ones = [await raw_socket(running, session) for _ in range(10)]
        client = AsyncWebClient(base_url=running.api_url)
        url = (await client.apps_connections_open(app_token=running.workspace.app.app_token))["url"]
        extra = await session.ws_connect(url)
        assert (await extra.receive_json())["reason"] == "too_many_websockets"
        async with session.get(url.replace("ws:", "http:")) as again:
            assert again.status == 403
        for socket in (extra, *open_ones):
            await socket.close()


async def test_the_page_sees_the_bot_come_and_go(running: Running, alice: Person) -> None:
    """The state says whether the app is connected."""
    assert (await alice.state())["bot"]["connected"] is False
    async with connected(running, bolt_app(running)):
        assert (await alice.state())["bot"]["connected"] is True
        assert running.socket_mode is not None
        running.socket_mode.cut()
    await alice.sees_bot(connected=False)


async def test_without_the_commands_scope_there_are_none(workspace: Workspace, alice: Person) -> None:
    """An app not granted commands has neither commands nor shortcuts."""
    workspace.scopes = workspace.scopes - {"commands"}
    state = await alice.state()
    assert (state["commands"], state["shortcuts"]) == ([], [])
    with pytest.raises(Refusal, match="not a valid command"):
        await alice.types("#incidents", "/pods list")


async def test_message_events_need_a_subscription() -> None:
    """With message.channels subscribed, everything said in the app's channels is sent."""
    settings = demo_settings()
    app_settings = replace(settings.app, events=frozenset({"message.channels"}))
    async with serve(Workspace(replace(settings, app=app_settings))) as running:
        app, got = bolt_app(running), asyncio.Queue[Json]()

        @app.event("message")
        async def take(event: Json) -> None:
            await got.put(event)

        async with connected(running, app), person(running.url, "U02BOB") as bob:
            await bob.types("#incidents", "@podbot hello")
            event = await asyncio.wait_for(got.get(), 5)
    assert (event["channel_type"], event["user"]) == ("channel", "U02BOB")
    assert got.empty()


async def test_nonsense_on_a_connection_is_ignored(running: Running, alice: Person) -> None:
    """What is no acknowledgement does no harm; a plain text one is shown."""
    async with ClientSession() as session:
        socket = await raw_socket(running, session)
        typing = asyncio.create_task(alice.types("#incidents", "/pods list"))
        envelope = await socket.receive_json()
        for nonsense in ("{", "[]", '{"envelope_id": "unknown"}'):
            await socket.send_str(nonsense)
        await socket.send_bytes(b"x")
        await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": "in plain words"})
        await typing
        await alice.sees("#incidents", "in plain words")
        assert running.socket_mode is not None
        await running.socket_mode.disconnect("warning")
        assert (await socket.receive_json())["reason"] == "warning"
        assert running.socket_mode.connections == 1
        await socket.close()


async def test_a_connection_lost_in_the_middle_is_a_timeout(running: Running, alice: Person) -> None:
    """The app went away with the envelope: the person is told at once."""
    async with ClientSession() as session:
        socket = await raw_socket(running, session)
        typing = asyncio.create_task(alice.types("#incidents", "/pods list"))
        await socket.receive_json()
        await socket.close()
        await typing
    await alice.sees_notice("operation_timeout")
