"""The demo's outages: pressed in the panel, felt by the clients of the two proxies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.demo import open_playground
from tests.support.people import person


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    page: str
    panel: str
    kubernetes: aiohttp.ClientSession
    slack: AsyncWebClient

    async def press(self, button: str) -> str:
        async with (
            aiohttp.ClientSession() as client,
            client.post(f"{self.panel}/panel/scenarios/{button}", json={}) as answer,
        ):
            said = await answer.json()
        assert said["ok"], said
        return str(said["what"])


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with open_playground() as playground:
        assert playground.cluster is not None
        config = await asyncio.to_thread(_server, playground.environment["KUBECONFIG"])
        async with aiohttp.ClientSession(config) as kubernetes:
            slack = AsyncWebClient(
                token=playground.environment["SLACK_BOT_TOKEN"],
                base_url=playground.environment["SLACK_API_URL"],
                timeout=1,
                retry_handlers=[],  # one of its own repeats what broke, posts included
            )
            yield Demo(
                page=playground.page, panel=playground.cluster.panel_url, kubernetes=kubernetes, slack=slack
            )


def _server(path: str) -> str:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - one line of a kubeconfig
        return next(line.split("server: ")[1].strip() for line in file if "server: " in line)


async def test_every_button_can_be_pressed(demo: Demo) -> None:
    """And all that is on can be ended by one."""
    async with demo.kubernetes.get(f"{demo.panel}/panel/scenarios") as answer:
        listed = (await answer.json())["scenarios"]
    outages = [each["id"] for each in listed if each["group"] == "outages"]
    assert len(outages) == 10
    for each in outages:
        assert await demo.press(each)
    assert await demo.press("end-outages") != "0 switched off"
    assert await demo.press("end-outages") == "0 switched off"
    async with demo.kubernetes.get("/api/v1/pods") as answer:
        assert answer.status == 200


async def test_healing_everything_ends_outages_too(demo: Demo) -> None:
    """It stands among the cluster's buttons, and means all of it."""
    await demo.press("api-hangs")
    await demo.press("slack-500")
    assert await demo.press("heal-all") == "everything is healed"
    assert await demo.press("end-outages") == "0 switched off"


@pytest.mark.parametrize(("button", "status"), [("slack-429", 429), ("slack-500", 500)])
async def test_slack_refuses(button: str, status: int, demo: Demo) -> None:
    """Until it is ended."""
    await demo.press(button)
    with pytest.raises(SlackApiError) as refused:
        await demo.slack.chat_postMessage(channel="C01INCIDENTS", text="no")
    assert refused.value.response.status_code == status
    await demo.press("end-outages")
    assert (await demo.slack.chat_postMessage(channel="C01INCIDENTS", text="yes"))["ok"]


async def test_slack_loses_an_answer(demo: Demo) -> None:
    """The message is there."""
    await demo.press("slack-lost")
    with pytest.raises(aiohttp.ClientError):
        await demo.slack.chat_postMessage(channel="C01INCIDENTS", text="it was posted")
    async with person(demo.page, "U01ALICE") as alice:
        await alice.sees("#incidents", "it was posted")


async def test_history_gone(demo: Demo) -> None:
    """The watch that runs is broken, and the next one must list."""
    async with demo.kubernetes.get("/api/v1/pods?watch=1") as watch:
        await watch.content.readline()
        assert (
            await demo.press("watch-expired")
            == "connections broken: 1; the next watch finds its history gone"
        )
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await watch.content.read()
    async with demo.kubernetes.get("/api/v1/pods?watch=1") as watch:
        assert (await watch.json())["object"]["reason"] == "Expired"


async def test_the_api_server_hangs(demo: Demo) -> None:
    """The panel does not."""
    await demo.press("api-hangs")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3), demo.kubernetes.get("/version"):
            pass
    assert await demo.press("end-outages") == "1 switched off"
