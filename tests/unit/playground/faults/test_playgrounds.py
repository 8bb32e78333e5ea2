"""The proxy before the two servers of the playground, with clients as they are used with the real ones."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import cluster, workspace
from bot.playground.faults import (
    Answer,
    Cut,
    Direction,
    Drop,
    Duplicate,
    Ending,
    Match,
    Rule,
    Rules,
    Side,
    Verb,
    serve,
)
from tests.support.people import as_text, person
from tests.support.waiting import eventually


async def test_slack_through_the_proxy() -> None:
    """Bolt connects through it, by the address that Slack hands out; commands, answers and uploads pass."""
    rules = Rules()
    async with (
        workspace.serve(workspace.Workspace(workspace.demo_settings())) as slack,
        serve(slack.api_url, rules=rules) as proxy,
        person(slack.url, "U01ALICE") as alice,
    ):
        settings = slack.workspace.app
        client = AsyncWebClient(token=settings.bot_token, base_url=proxy.url)
        app = AsyncApp(client=client, process_before_response=False)
        urls: list[str] = []

        @app.command("/pods")
        async def answered(ack, respond, command) -> None:  # type: ignore[no-untyped-def]  # bolt's arguments
            await ack()
            urls.append(command["response_url"])
            await respond(f"you said {command['text']}")

        handler = AsyncSocketModeHandler(app, settings.app_token)
        await handler.connect_async()  # type: ignore[no-untyped-call]  # untyped in bolt
        try:
            await alice.types("#incidents", "/pods list")
            assert "you said list" in as_text(await alice.sees("#incidents", "you said list"))
            assert urls[0].startswith(proxy.url.removesuffix("api/"))
            await client.files_upload_v2(channel="C01INCIDENTS", content="log", filename="a.log")
            await alice.sees("#incidents", "a.log")

            duplicated = Rule(
                action=Duplicate(),
                match=Match(messages=Direction.TO_CLIENT, contains="slash_commands"),
                times=1,
            )
            with rules.applied(duplicated):
                await alice.types("#incidents", "/pods twice")
                await eventually(lambda: len(urls) == 3)
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]  # untyped in bolt


async def test_slack_says_slow_down_or_loses_an_answer() -> None:
    """429 is what the SDK knows; a lost answer is a message that is there all the same."""
    rules = Rules()
    async with (
        workspace.serve(workspace.Workspace(workspace.demo_settings())) as slack,
        serve(slack.api_url, rules=rules) as proxy,
        person(slack.url, "U01ALICE") as alice,
    ):
        client = AsyncWebClient(token=slack.workspace.app.bot_token, base_url=proxy.url, timeout=1)
        only_posts = Match(slack="chat.postMessage")
        rules.add(Rule(action=Answer(status=429, retry_after=7), match=only_posts, times=1))
        with pytest.raises(SlackApiError) as refused:
            await client.chat_postMessage(channel="C01INCIDENTS", text="limited")
        assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (
            429,
            "7",
        )
        rules.add(Rule(action=Drop(side=Side.RESPONSE), match=only_posts, times=1))
        with pytest.raises(TimeoutError):
            await client.chat_postMessage(channel="C01INCIDENTS", text="it is there")
        await alice.sees("#incidents", "it is there")


async def test_a_watch_through_the_proxy() -> None:
    """Events come at once; the watch is cut in order or falls silent while the list is answered."""
    rules = Rules()
    pods = "/api/v1/pods"
    async with (
        cluster.serve(cluster.demo_cluster(clock=cluster.SystemClock())) as running,
        serve(running.url, rules=rules) as proxy,
        aiohttp.ClientSession(proxy.url) as client,
    ):
        async with client.get(pods) as listed, client.get(f"{running.url}{pods}") as own:
            assert len((await listed.json())["items"]) == len((await own.json())["items"]) > 0
        async with client.get(f"{pods}?watch=1") as watch:
            first = json.loads(await asyncio.wait_for(watch.content.readline(), 5))
            assert first["type"] == "ADDED"
            rules.add(Rule(action=Cut(), match=Match(verb=Verb.WATCH, resource="pods")))
            rest = await watch.read()
            assert all(json.loads(line) for line in rest.splitlines())
        rules.clear()
        async with client.get(f"{pods}?watch=1") as watch:
            await watch.content.readline()
            rules.add(Rule(action=Cut(ending=Ending.SILENT), match=Match(verb=Verb.WATCH)))
            async with client.get(pods) as listed:
                assert listed.status == 200
            assert rules.log.count(action="cut") == 2
