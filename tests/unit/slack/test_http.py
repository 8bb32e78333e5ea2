"""HTTP mode: signed requests, and only those."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.clock import SystemClock
from bot.model.deletions import SeenPod
from bot.model.people import ChannelId, UserId
from bot.playground.workspace import Workspace, demo_settings, serve
from bot.slack import app, connection, http, views
from bot.slack.client import open_client
from bot.slack.following import LogStreams
from bot.slack.followups import FollowUps
from bot.slack.http import PATH, events_handler
from bot.slack.intake import Intake
from bot.slack.people import SlackPeople
from bot.slack.place import Place
from tests.support.clock import START
from tests.support.clusters import only
from tests.support.people import person
from tests.support.told_deletions import UID
from tests.unit.slack.conftest import ALICE, ToldPods

SECRET = "the signing secret"
COMMAND = urlencode(
    {
        "command": "/pods",
        "text": "help",
        "user_id": ALICE,
        "channel_id": "C01INCIDENTS",
        "team_id": "T01PODBOT",
        "trigger_id": "1.2.3",
    }
)
Door = TestClient[web.Request, web.Application]


@pytest.fixture
def pods() -> ToldPods:
    return ToldPods()


@pytest.fixture
async def workspace_url() -> AsyncIterator[tuple[str, str]]:
    async with serve(Workspace(demo_settings())) as running:
        yield running.url, running.api_url


@pytest.fixture
async def door(pods: ToldPods, workspace_url: tuple[str, str]) -> AsyncIterator[Door]:
    """The bot's own door for Slack, signatures required."""
    intake, follow_ups = Intake(), FollowUps()
    async with open_client(bot_token="xoxb-playground-bot", api_url=workspace_url[1]) as client:
        identity = await connection.check(client)
        bolt = app.build(
            client=client,
            identity=identity,
            clusters=only(pods, default_namespace="shop"),
            people=SlackPeople(client, team=identity.team, clock=SystemClock()),
            streams=LogStreams(client=client, clock=SystemClock()),
            intake=intake,
            follow_ups=follow_ups,
            signing_secret=SECRET,
        )
        served = web.Application()
        served.router.add_post(PATH, events_handler(bolt, SECRET))
        async with TestClient(TestServer(served)) as caller:
            yield caller
            await asyncio.gather(intake.drain(2.0), follow_ups.close(2.0))


async def send(
    door: Door, body: str, *, secret: str = SECRET, age: int = 0, kind: str = ""
) -> ClientResponse:
    """A request as Slack signs it."""
    stamp = str(int(time.time()) - age)
    signature = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": kind or "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={signature}",
    }
    return await door.post(PATH, data=body, headers=headers)


async def test_a_signed_command_is_served(door: Door, pods: ToldPods, workspace_url: tuple[str, str]) -> None:
    """A slash command is acknowledged with an empty answer and then answered in Slack."""
    response = await send(door, COMMAND)
    assert (response.status, await response.text()) == (200, "")
    async with person(workspace_url[0], ALICE) as alice:
        await alice.sees("#incidents", lambda message: message.get("ephemeral", False))
    assert len(pods.asked) == 1


async def test_a_repeated_delivery_acts_once(
    door: Door, pods: ToldPods, workspace_url: tuple[str, str]
) -> None:
    """The same trigger twice is the same request: acknowledged twice, done once."""
    first, second = await send(door, COMMAND), await send(door, COMMAND)
    assert (first.status, second.status) == (200, 200)
    async with person(workspace_url[0], ALICE) as alice:
        await alice.sees("#incidents", lambda message: message.get("ephemeral", False))
    assert len(pods.asked) == 1


async def test_a_confirmation_delivered_twice_deletes_once(
    door: Door, pods: ToldPods, workspace_url: tuple[str, str]
) -> None:
    """The second delivery of a submission is answered like the first, and nothing is deleted again."""
    place = Place(user=UserId(ALICE), channel=ChannelId("C01INCIDENTS"))
    pending = views.Pending(
        asker=UserId(ALICE), namespace="shop", pods=(SeenPod("web-1", UID),), asked_at=START, place=place
    )
    view = views.confirmation((), pending) | {"id": "V01", "state": {"values": {}}}
    body = {"type": "view_submission", "user": {"id": ALICE}, "team": {"id": "T01PODBOT"}, "view": view}
    sent = urlencode({"payload": json.dumps(body)})
    first, second = await send(door, sent), await send(door, sent)
    for response in (first, second):
        assert (await response.json())["response_action"] == "update"
    async with person(workspace_url[0], ALICE) as alice:
        await alice.sees("#incidents", "deleted `web-1`")
    assert len(pods.confirmed) == 1


@pytest.mark.parametrize(
    ("secret", "age"),
    [pytest.param("another secret", 0, id="wrong secret"), pytest.param(SECRET, 600, id="replayed later")],
)
async def test_anything_else_is_turned_away(door: Door, pods: ToldPods, secret: str, age: int) -> None:
    """A wrong or an old signature gets 401 and does nothing."""
    response = await send(door, COMMAND, secret=secret, age=age)
    assert response.status == 401
    assert pods.asked == []


async def test_slack_can_verify_the_address(door: Door) -> None:
    """Slack's challenge is echoed when the address is entered."""
    body = '{"type": "url_verification", "challenge": "3eZbrw1a"}'
    response = await send(door, body, kind="application/json")
    assert "3eZbrw1a" in await response.text()


_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.mark.parametrize(
    ("body", "kind", "stamp"),
    [
        pytest.param(COMMAND.encode(), _FORM, "0", id="a-command"),
        pytest.param(b"payload=x", _FORM, "0", id="no-json-in-a-form"),
        pytest.param(b"payload=[]", _FORM, "0", id="a-list-in-a-form"),
        pytest.param(b"payload=1", _FORM, "0", id="a-number-in-a-form"),
        pytest.param(b"{", _JSON, "0", id="no-json"),
        pytest.param(b"[" * 100_000, _JSON, "0", id="deep"),
        pytest.param(b"{" + b'"a":{' * 100_000, _JSON, "0", id="deeper"),
        pytest.param(b"[]", _JSON, "0", id="a-list"),
        pytest.param(b'{"event": [1], "authorizations": 3}', _JSON, "0", id="odd-types"),
        pytest.param(b"a=\xff", _FORM, "0", id="no-text"),
        pytest.param(b"a=1", "application/x-www-form-urlencoded; charset=nope", "0", id="no-charset"),
        pytest.param(COMMAND.encode(), _FORM, "yesterday", id="no-time"),
        pytest.param(COMMAND.encode(), _FORM, "²", id="odd-time"),
        pytest.param(COMMAND.encode(), _FORM, "9" * 400, id="endless-time"),
        pytest.param(b"", _FORM, "", id="nothing"),
    ],
)
async def test_nonsense_from_strangers_is_turned_away_without_a_word(
    door: Door, body: bytes, kind: str, stamp: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The door stands open to everybody: whoever does not sign makes neither work nor lines in the log."""
    for signature in ("v0=0", "v0=é", ""):
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature,
        }
        response = await door.post(PATH, data=body, headers=headers)
        assert response.status == 401
    assert not [each for each in caplog.records if each.exc_info]


async def test_slack_can_look_at_the_certificate(door: Door, pods: ToldPods) -> None:
    """Whether or not that is signed: it is acknowledged, and nothing follows from it."""
    response = await door.post(PATH, data=f"ssl_check=1&token=x&{COMMAND}", headers={"Content-Type": _FORM})
    assert (response.status, await response.text()) == (200, "")
    assert pods.asked == []


async def test_what_is_signed_is_read_whatever_is_written_in_it(door: Door) -> None:
    """An address in somebody's message may look like the check of the certificate, and is none."""
    body = '{"type": "url_verification", "challenge": "https://shop.example/?a=1&ssl_check=1&b=2"}'
    response = await send(door, body, kind="application/json")
    assert "shop.example" in await response.text()


async def test_a_request_that_does_not_end_is_not_waited_for(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody holds a place at the door by sending half of one."""
    monkeypatch.setattr(http, "READ_WITHIN", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: podbot\r\nContent-Length: 9\r\n\r\nhalf".encode())
    try:
        assert b" 408 " in await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()
