"""A served workspace, a clock to turn, and real slack-bolt apps connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.workspace import DeliverySettings, Running, Workspace, demo_settings, serve
from tests.support.people import Person, person


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_763_800_000.0

    def __call__(self) -> float:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def workspace(clock: HandClock) -> Workspace:
    delivery = DeliverySettings(event_retry_seconds=(0.0, 0.0, 0.0))
    return Workspace(demo_settings(delivery=delivery), clock=clock)


@pytest.fixture
async def running(workspace: Workspace) -> AsyncIterator[Running]:
    async with serve(workspace) as served:
        yield served


@pytest.fixture
def client(running: Running) -> AsyncWebClient:
    return client_of(running)


def client_of(running: Running) -> AsyncWebClient:
    """Slack's own client with the bot token, pointed at the workspace."""
    return AsyncWebClient(token=running.workspace.app.bot_token, base_url=running.api_url)


def bolt_app(running: Running) -> AsyncApp:
    """A bolt app like any other, but for its API base URL."""
    return AsyncApp(
        client=client_of(running),
        signing_secret=running.workspace.app.signing_secret,
        process_before_response=False,
    )


@asynccontextmanager
async def connected(running: Running, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app in Socket Mode for as long as the block runs."""
    handler = AsyncSocketModeHandler(app, running.workspace.app.app_token, ping_interval=1)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # untyped in bolt
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # untyped in bolt


@pytest.fixture
async def alice(running: Running) -> AsyncIterator[Person]:
    async with person(running.url, "U01ALICE") as someone:
        yield someone


@pytest.fixture
async def bob(running: Running) -> AsyncIterator[Person]:
    async with person(running.url, "U02BOB") as someone:
        yield someone
