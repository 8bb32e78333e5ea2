"""The page's API beyond what people do every day: files, odd requests, live feeds that fall behind."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession, FormData
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.workspace import Running, Workspace
from bot.playground.workspace.errands import LIMIT, Errands
from bot.playground.workspace.feed import QUEUED, Feed
from bot.playground.workspace.people import ChannelKind
from bot.playground.workspace.wire import UserId
from tests.support.people import Person, Refusal

Json = dict[str, Any]
ALICE = UserId("U01ALICE")


async def test_the_page_and_its_files_are_served(running: Running) -> None:
    """The page is at the root, its files below static, and nothing outside."""
    async with ClientSession() as session:
        for path, status in (
            ("", 200),
            ("page/static/index.html", 200),
            ("page/static/nothing.js", 404),
            ("page/static/%2e%2e/workspace/server.py", 404),
        ):
            async with session.get(running.url + path) as answer:
                assert answer.status == status, path


async def test_the_state_tells_all_the_page_needs(alice: Person) -> None:
    """People without bots, channels, groups, commands, shortcuts and the panel's address."""
    state = await alice.state()
    assert [each["name"] for each in state["people"]] == ["alice", "bob", "sam"]
    assert {each["name"]: each["kind"] for each in state["channels"]} == {
        "incidents": "channel",
        "alerts": "channel",
        "general": "channel",
        "podbot": "im",
    }
    assert state["usergroups"][0]["users"] == ["U01ALICE"]
    assert [each["command"] for each in state["commands"]] == ["/pods", "/kubectl"]
    assert state["shortcuts"][0]["callback_id"] == "podbot_ask"
    assert (state["me"], state["panel_url"]) == ("U01ALICE", None)


async def test_a_page_that_knows_nobody_plays_the_first_person(running: Running) -> None:
    """Without a name the state is Alice's."""
    async with ClientSession() as session, session.get(f"{running.url}page/state") as answer:
        assert (await answer.json())["me"] == "U01ALICE"


ODD: dict[str, tuple[str, str, str]] = {
    "no JSON": ("send", "{", "invalid_json"),
    "no object": ("send", "[]", "invalid_json"),
    "nobody": ("send", json.dumps({"as": "U0NOBODY", "channel": "C02ALERTS", "text": "x"}), "user_not_found"),
    "the bot": (
        "send",
        json.dumps({"as": "U01PODBOT", "channel": "C02ALERTS", "text": "x"}),
        "user_not_found",
    ),
    "no text": ("send", json.dumps({"as": "U01ALICE", "channel": "C02ALERTS"}), "invalid_arguments"),
    "blank text": ("send", json.dumps({"as": "U01ALICE", "channel": "C02ALERTS", "text": " "}), "no_text"),
    "no channel": ("send", json.dumps({"as": "U01ALICE", "channel": "C0", "text": "x"}), "channel_not_found"),
    "closed view": ("view/submit", json.dumps({"as": "U01ALICE", "view_id": "V0"}), "not_found"),
    "unknown shortcut": (
        "shortcut",
        json.dumps({"as": "U01ALICE", "channel": "C02ALERTS", "ts": "1.0", "callback_id": "x"}),
        "message_not_found",
    ),
}


@pytest.mark.parametrize(("path", "body", "code"), ODD.values(), ids=ODD.keys())
async def test_odd_requests_are_refused_with_a_text(
    running: Running, path: str, body: str, code: str
) -> None:
    """The page gets a code and something to show."""
    async with ClientSession() as session, session.post(f"{running.url}page/{path}", data=body) as answer:
        said = await answer.json()
    assert (answer.status, said["ok"], said["error"], bool(said["message"])) == (200, False, code, True)


async def test_live_feeds_are_for_people(running: Running) -> None:
    """Nobody can listen as somebody unknown."""
    async with ClientSession() as session, session.get(f"{running.url}page/live?as=U0NOBODY") as answer:
        assert answer.status == 400


async def test_private_channels_are_hidden(workspace: Workspace, bob: Person) -> None:
    """Who is not a member neither lists nor reads a private channel."""
    general = workspace.channel("general")
    workspace.change_channel(replace(general, kind=ChannelKind.PRIVATE, members=frozenset({ALICE})))
    assert "general" not in {channel["name"] for channel in (await bob.state())["channels"]}
    with pytest.raises(Refusal, match="channel_not_found"):
        await bob._get("page/channels/C03GENERAL/messages")


async def test_writing_joins_a_public_channel(workspace: Workspace, bob: Person) -> None:
    """A person who writes where they were not becomes a member."""
    general = workspace.channel("general")
    workspace.change_channel(replace(general, members=frozenset({ALICE})))
    await bob.types("#general", "hello")
    assert "U02BOB" in workspace.channel("general").members


async def test_shortcuts_must_be_the_apps_own(workspace: Workspace, running: Running, bob: Person) -> None:
    """A made-up shortcut is refused."""
    sent = await bob.types("#general", "hello")
    body = {"channel": "C03GENERAL", "ts": sent["ts"], "callback_id": "made_up"}
    with pytest.raises(Refusal, match="That shortcut is not available"):
        await bob._post("page/shortcut", body)


async def test_a_page_that_falls_behind_is_cut_off() -> None:
    """A full queue ends with None, and its owner gets nothing more."""
    feed = Feed()
    with feed.subscription(ALICE) as queue:
        for number in range(QUEUED + 5):
            feed.publish({"type": "notice", "text": str(number)})
        received = [queue.get_nowait() for _ in range(queue.qsize())]
    assert len(received) == QUEUED + 1
    assert received[-1] is None


async def test_errands_are_owned() -> None:
    """Closing cancels what runs, drops what was too much, and raises what failed unseen."""
    errands, forever = Errands(), asyncio.Event()

    async def waits() -> None:
        await forever.wait()

    async def fails() -> None:
        raise RuntimeError("unseen")

    errands.run(fails(), name="fails")
    for number in range(LIMIT + 1):
        errands.run(waits(), name=f"waits {number}")
    await asyncio.sleep(0)
    with pytest.raises(ExceptionGroup) as caught:
        await errands.close()
    assert [str(error) for error in caught.value.exceptions] == ["unseen"]


async def test_uploads_must_be_what_was_announced(running: Running, client: AsyncWebClient) -> None:
    """Size and address are checked; a form with the file is as good as raw bytes."""
    given = await client.files_getUploadURLExternal(filename="a.bin", length=3)
    form = FormData()
    form.add_field("file", b"abc", filename="a.bin")
    async with ClientSession() as session:
        async with session.post(given["upload_url"], data=b"four") as answer:
            assert (answer.status, await answer.text()) == (400, "length_mismatch")
        async with session.post(given["upload_url"] + "x", data=b"abc") as answer:
            assert (answer.status, await answer.text()) == (400, "not_found")
        async with session.post(given["upload_url"], data=form) as answer:
            assert (answer.status, await answer.text()) == (200, "OK - 3")


async def test_a_permalink_opens_the_file(running: Running, client: AsyncWebClient) -> None:
    """What an answer links to is for people: it needs no token of the app's."""
    done = await client.files_upload_v2(channels=["C02ALERTS"], filename="a.log", content="abc")
    link = done["file"]["permalink"]
    assert link.startswith(running.url)
    async with ClientSession() as session, session.get(link) as answer:
        assert (answer.status, await answer.text()) == (200, "abc")


async def test_private_addresses_need_token_and_scope(
    workspace: Workspace, running: Running, client: AsyncWebClient
) -> None:
    """The app reads a file back only with files:read."""
    done = await client.files_upload_v2(channels=["C02ALERTS"], filename="a.log", content="abc")
    url = done["file"]["url_private"]
    token = {"Authorization": f"Bearer {workspace.app.bot_token}"}
    async with ClientSession() as session:
        async with session.get(url, headers=token) as answer:
            assert answer.status == 403
        workspace.scopes = workspace.scopes | {"files:read"}
        async with session.get(url) as answer:
            assert answer.status == 403
        async with session.get(url, headers=token) as answer:
            assert await answer.text() == "abc"
        async with session.get(url + "x", headers=token) as answer:
            assert answer.status == 404
        async with session.get(f"{running.url}page/files/F0") as answer:
            assert answer.status == 404
    assert (await client.files_info(file=done["file"]["id"]))["file"]["name"] == "a.log"
