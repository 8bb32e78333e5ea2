"""Draws the pictures of docs/alerts.md: alerts from their first minute to their end, as Slack shows them.

    python docs/make_alerts.py                     into docs/images/alerts
    python docs/make_alerts.py --width 390 FOLDER  as a phone shows them, for a look

A playground is opened with the bot in it, deaths are played in its cluster, and what Alice does about them
is done in the page.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, async_playwright

from bot import app
from bot.clock import SystemClock
from bot.playground.cluster import SimulatedCluster
from bot.playground.cluster.workloads import container, deployment, template
from bot.playground.demo import open_playground
from bot.settings import load

IMAGES = Path(__file__).parent / "images" / "alerts"
CHROMIUM = os.environ.get("PODBOT_CHROMIUM", "/usr/bin/chromium")

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE = 150_000.0
"""Milliseconds for what is waited for: a recovery is called one after a minute."""

_STORM = (
    *("basket", "billing", "catalogue", "checkout", "coupons", "feed", "mailer", "prices"),
    *("ratings", "returns", "reviews", "stock", "uploads", "wishlist"),
)
"""Fourteen workloads: the first ten have messages of their own."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The page as Alice has it open, the cluster behind it, and where pictures go."""

    page: Page
    address: str
    cluster: SimulatedCluster
    folder: Path

    async def goes_to(self, channel: str) -> None:
        """Look at a channel."""
        await self.page.goto(f"{self.address}#/U01ALICE/{channel}")
        ready = self.page.locator("#app:not([data-loading]) .person[aria-pressed=true]")
        await ready.wait_for(state="attached")

    async def types(self, text: str) -> None:
        """Say something where the page is."""
        await self.page.locator("#composer .message-box").fill(text)
        await self.page.locator("#composer .send").click()

    def message(self, *words: str) -> Locator:
        """The newest message of the channel that has all these words."""
        found = self.page.locator("#conversation .message")
        for each in words:
            found = found.filter(has_text=each)
        return found.last

    async def draws(self, name: str, what: Locator) -> None:
        """Cut it out of the page, once it has been drawn."""
        await what.wait_for()
        await what.scroll_into_view_if_needed()
        await self.page.mouse.move(0, 0)
        await self.page.evaluate("document.activeElement?.blur()")
        await asyncio.sleep(0.5)  # the highlight of what was pressed fades
        await what.screenshot(path=self.folder / f"{name}.png")


@asynccontextmanager
async def a_desk(folder: Path, width: int) -> AsyncIterator[Desk]:
    """The playground, the bot and the page, until the block ends."""
    async with open_playground() as playground:
        assert playground.cluster is not None  # noqa: S101 - a playground without one was not asked for
        stop, clock = asyncio.Event(), SystemClock()
        settings = load(playground.environment)
        ground = await app.prepare(settings, {}, clock)
        bot = asyncio.create_task(app.run(settings, ground, stop, clock=clock), name="bot")
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
                context = await browser.new_context(
                    viewport={"width": width, "height": 2_000}, locale="en-GB", device_scale_factor=1.5
                )
                page = await context.new_page()
                page.set_default_timeout(_PATIENCE)
                yield Desk(page, playground.page, playground.cluster.cluster, folder)
                await browser.close()
        finally:
            stop.set()
            await bot


async def draw(folder: Path, width: int) -> None:
    """All pictures, each out of a playground that fits."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with a_desk(folder, width) as desk:
        await _one_incident(desk)
        await _its_figures(desk)
    async with a_desk(folder, width) as desk:
        await _a_node(desk)
    async with a_desk(folder, width) as desk:
        await _a_storm(desk)


async def _one_incident(desk: Desk) -> None:
    """From its first minute to its end."""
    await desk.goes_to("C02ALERTS")
    await desk.cluster.play("crash-loop")
    alert = desk.message("Error · web", "Next: ")
    await alert.get_by_text("died 3 times").wait_for()
    await desk.draws("open", alert)
    await alert.get_by_role("button", name="Silence").click()
    await desk.page.get_by_role("option", name="Other …").click()
    dialog = desk.page.locator("dialog[open]").last
    await dialog.get_by_label("For how long").fill("2h")
    await dialog.get_by_label("Reason").fill("the database is being moved")
    await desk.draws("silence-dialog", dialog)
    await dialog.get_by_role("button", name="Silence", exact=True).click()
    await alert.get_by_text("Silenced until").wait_for()
    await desk.draws("silenced", alert)
    await alert.get_by_role("button", name="End silence").click()
    await alert.get_by_role("button", name="Acknowledge").click()
    await alert.get_by_text("has it since").wait_for()
    await alert.get_by_text("Silenced until").wait_for(state="detached")
    await desk.draws("acknowledged", alert)
    await desk.cluster.play("heal-all")
    recovered = desk.message("Recovered · web")
    await desk.draws("recovered", recovered)
    await recovered.locator(".replies").click()
    thread = desk.page.locator("#thread")
    await thread.get_by_text("Recovered: ").wait_for()
    before = desk.page.viewport_size
    await desk.page.set_viewport_size({"width": before["width"] if before else 1_280, "height": 640})
    await desk.draws("thread", thread)
    if before:
        await desk.page.set_viewport_size(before)


async def _its_figures(desk: Desk) -> None:
    """What is left of it to be read."""
    await desk.goes_to("C01INCIDENTS")
    await desk.types("/pods incidents --recent")
    await desk.draws("incidents", desk.message("recent incident"))
    await desk.types("/pods stats")
    await desk.draws("stats", desk.message("deaths"))


async def _a_node(desk: Desk) -> None:
    """Lost with all its pods."""
    await desk.goes_to("C02ALERTS")
    await desk.cluster.play("node-lost")
    lost = desk.message("Node lost")
    await lost.wait_for()
    await asyncio.sleep(10)  # its pods go one after the other, and their replacements start
    await desk.draws("node", lost)


async def _a_storm(desk: Desk) -> None:
    """More workloads than anybody reads messages of."""
    for name in _STORM:
        pod = container("app", f"shop/{name}:2.3.0", cpu="10m", memory="16Mi")
        deployment(desk.cluster.world, "shop", name, template(name, [pod]), replicas=1)
    await asyncio.sleep(15)  # they start
    await desk.goes_to("C02ALERTS")
    for name in _STORM:
        pods = desk.cluster.pods("shop", app=name)
        await desk.cluster.play("segfault", namespace="shop", name=pods[0]["metadata"]["name"])
    digest = desk.message("Storm of incidents", f"{_STORM[-1]} 1")
    await digest.wait_for()
    await desk.draws("storm", digest)


def main() -> None:
    """Draw what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("folder", nargs="?", type=Path, default=IMAGES)
    parser.add_argument("--width", type=int, default=1_280)
    asked = parser.parse_args()
    asyncio.run(draw(asked.folder, asked.width))


if __name__ == "__main__":
    main()
