"""Chromium, a served workspace with a scripted slack-bolt app, and the page as somebody sees it.

Chromium is the system's (`/usr/bin/chromium`, or what `PODBOT_CHROMIUM` names); without one these tests are
skipped, or fail where `PODBOT_TEST_REQUIRE` holds `browser`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.playground.workspace import PaceSettings, Running, Workspace, demo_settings, serve
from tests.browser.panel import FakePanel, serving_panel
from tests.browser.scripted_app import ScriptedApp, connected_app
from tests.support.patient_loop import dated

CHROMIUM = Path(os.environ.get("PODBOT_CHROMIUM", "/usr/bin/chromium"))
WITHOUT_CHROMIUM = (
    f"no Chromium at {CHROMIUM}: `apt-get install chromium`, or set PODBOT_CHROMIUM to one; "
    "then `pytest tests/browser`"
)
REQUIRED = "browser" in os.environ.get("PODBOT_TEST_REQUIRE", "").split(",")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WITHIN_MS = 30_000
"""Nothing is expected of a page any more after it, on however busy a machine."""

Open: TypeAlias = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # One event loop for them all, because the browser that they share lives in it.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if not CHROMIUM.exists() and not REQUIRED:
                item.add_marker(pytest.mark.skip(reason=WITHOUT_CHROMIUM))


@pytest_asyncio.fixture(loop_scope="session")
async def panel() -> AsyncIterator[FakePanel]:
    async with serving_panel() as served:
        yield served


@pytest_asyncio.fixture(loop_scope="session")
async def running(panel: FakePanel) -> AsyncIterator[Running]:
    unhurried = PaceSettings(posts_per_second=1_000, post_burst=1_000)
    async with serve(Workspace(demo_settings(panel_url=panel.url, pace=unhurried), clock=dated())) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="session")
async def app(running: Running) -> AsyncIterator[ScriptedApp]:
    """What podbot would be: an app that posts, opens modals and remembers what it was told."""
    async with connected_app(running) as scripted:
        yield scripted


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=WITHIN_MS)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(running: Running, browser: Browser) -> AsyncIterator[Open]:
    """Opens the page for somebody; whatever any page complains of in its console fails the test."""
    complaints: list[str] = []

    async with AsyncExitStack() as contexts:

        async def open_for(
            address: str = "#/U01ALICE/C01INCIDENTS",
            *,
            width: int = 1280,
            height: int = 800,
            scheme: Literal["light", "dark"] = "light",
            prepare: Callable[[Page], Awaitable[None]] | None = None,
        ) -> Page:
            context = await browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                locale="en-GB",
                timezone_id="Europe/Berlin",
            )
            contexts.push_async_callback(context.close)
            page = await context.new_page()
            page.set_default_timeout(WITHIN_MS)
            page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            if prepare is not None:
                await prepare(page)
            await page.goto(running.url + address)
            await page.locator("#app:not([data-loading]) .person[aria-pressed=true]").wait_for(
                state="attached"
            )
            return page

        yield open_for

    assert complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(app: ScriptedApp, open_page: Open) -> Page:
    """The page as Alice sees it in #incidents, with the app connected."""
    return await open_page()
