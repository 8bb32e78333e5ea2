"""HTTP mode: the same bot, without Socket Mode; requests come signed, or not at all."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession

from bot.playground.workspace.delivery.http import signature
from tests.scenario.bots import Bot, a_bot

SECRET = "playground-signing-secret"
COMMAND = {
    "command": "/pods",
    "text": "list -n shop",
    "user_id": "U01ALICE",
    "channel_id": "C01INCIDENTS",
    "team_id": "T01PODBOT",
    "api_app_id": "A01PODBOT",
    "trigger_id": "1.2.3",
}


async def test_a_day_by_http() -> None:
    """Commands, buttons, the dialog, mentions and alerts, all by signed requests."""
    async with a_bot(http_mode=True) as bot:
        assert bot.slack.http is not None
        assert await bot.slack.http.verify()
        await bot.alice.types("#incidents", "/pods list")
        answer = await bot.alice.sees("#incidents", "10 pods")
        await bot.alice.clicks(answer, "Share")
        await bot.bob.sees("#incidents", "Shared by")
        await bot.alice.types("#incidents", "@podbot whoami")
        await bot.alice.sees("#incidents", "`U01ALICE`")
        name, other, *_ = bot.pods_of("web")
        await bot.alice.types("#incidents", f"/pods delete {name}")
        await bot.alice.sees_view("Reason")
        await bot.alice.submits()
        await bot.bob.sees("#incidents", f"deleted `{name}`")
        await bot.cluster.play("oom-kill", namespace="shop", name=other)
        alert = await bot.sees_alert("OOMKilled", "web")
        await bot.alice.clicks(alert, "Describe")
        await bot.alice.sees("#alerts", "will start another.")


async def post(bot: Bot, body: str, headers: dict[str, str]) -> int:
    """The status of a request to the bot's door."""
    url = f"http://127.0.0.1:{bot.port}/slack/events"
    headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    async with ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize(
    ("secret", "age", "status"),
    [
        pytest.param(SECRET, 0, 200, id="good"),
        pytest.param("guessed", 0, 401, id="another-secret"),
        pytest.param(SECRET, 600, 401, id="too-old"),
        pytest.param(None, 0, 401, id="unsigned"),
    ],
)
async def test_signatures(secret: str | None, age: int, status: int) -> None:
    """What Slack did not sign, or signed long ago, does nothing."""
    async with a_bot(http_mode=True) as bot:
        body, at = urlencode(COMMAND), str(int(time.time()) - age)
        headers = (
            {}
            if secret is None
            else {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature(secret, at, body)}
        )
        assert await post(bot, body, headers) == status
        if status == 200:
            await bot.alice.sees("#incidents", "10 pods")
        await bot.stops()
        assert bool(await bot.alice.messages("#incidents")) is (status == 200)


async def test_a_repeated_request_acts_once() -> None:
    """The same signed command, twice: one answer."""
    async with a_bot(http_mode=True) as bot:
        body, at = urlencode(COMMAND), str(int(time.time()))
        headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature(SECRET, at, body)}
        assert [await post(bot, body, headers) for _ in range(2)] == [200, 200]
        await bot.alice.sees("#incidents", "10 pods")
        await bot.stops()
        assert len(await bot.alice.messages("#incidents")) == 1
