"""Writes the generated parts of docs/commands.md: each verb's usage, flags and a picture of a real answer.

    make docs                                    both, and the picture in the README
    python docs/make_commands.py --text-only     without the pictures, which need Chromium

The text comes from the table of verbs, which the grammar and `help` use. For the pictures a playground is
opened with the bot in it, each command is typed into the page as Alice, and what the page draws is cut out.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, ViewportSize, async_playwright

from bot import app
from bot.clock import SystemClock
from bot.commands.verbs import VERBS, VerbSpec
from bot.playground.cluster import SimulatedCluster
from bot.playground.demo import open_playground
from bot.settings import load

PAGE = Path(__file__).parent / "commands.md"
IMAGES = Path(__file__).parent / "images" / "commands"
CHROMIUM = os.environ.get("PODBOT_CHROMIUM", "/usr/bin/chromium")

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_VIEWPORT: ViewportSize = {"width": 1640, "height": 2400}
_OWN_TABLES = frozenset({"logs", "delete"})
"""Verbs whose sections have a table of flags that says more."""

_INCIDENT = re.compile(r"\bincident ([0-9A-Z]{4})\b")
"""As the quiet line of an alert names it."""

_PATIENCE = 30_000.0
"""Milliseconds for an answer to be drawn; debugging waits for a container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What is typed for a verb's picture, and whether the answer is a dialog in place of a message."""

    typed: str
    dialog: bool = False
    settles: float = 1.0
    """Seconds that the answer is given to become what it will be."""


def shots(cluster: SimulatedCluster) -> dict[str, Shot]:
    """One for each verb, with names of pods that are there."""
    web = cluster.pods("shop", app="web")
    killed = next(pod for pod in web if _restarts(pod) and _ready(pod))["metadata"]["name"]
    well = next(pod for pod in web if not _restarts(pod))["metadata"]["name"]
    return {
        "list": Shot(typed="list --broken"),
        "get": Shot(typed="get pods -n payments -o wide"),
        "find": Shot(typed="find payments/api:3.8.2"),
        "logs": Shot(typed="logs deploy/search --all-containers --tail=4"),
        "describe": Shot(typed=f"describe {killed}"),
        "events": Shot(typed="events -n shop --types Warning"),
        "top": Shot(typed="top pods -n shop --sort-by=memory --sum"),
        "delete": Shot(typed=f"delete pod {well}", dialog=True, settles=3.0),
        "debug": Shot(typed=f"debug {well} --target=app -- ps", settles=8.0),
        **_shots_of_incidents(well),
        "can-i": Shot(typed="can-i delete -n kube-system"),
        "whoami": Shot(typed="whoami"),
        "clusters": Shot(typed="clusters"),
        "help": Shot(typed="help top"),
    }


def _shots_of_incidents(pod: str) -> dict[str, Shot]:
    """In an order in which each finds something to do. `{incident}` is one that goes on failing."""
    return {
        "incidents": Shot(typed="incidents"),
        "incident": Shot(typed="incident {incident}"),
        "restarts": Shot(typed="restarts {incident}"),
        "route": Shot(typed=f"route {pod}"),
        "stats": Shot(typed="stats"),
        "export": Shot(typed="export {incident}"),
        "ack": Shot(typed="ack {incident} --for 2h"),
        "unack": Shot(typed="unack {incident}"),
        "silence": Shot(typed="silence deploy/search -n shop --for 1h --reason 'load test'"),
        "silences": Shot(typed="silences"),
        "unsilence": Shot(typed="unsilence {incident}"),
        "resolve": Shot(typed="resolve {incident}", dialog=True),
    }


def _restarts(pod: dict[str, object]) -> int:
    status = pod["status"]
    statuses = status.get("containerStatuses", []) if isinstance(status, dict) else []
    return sum(int(each["restartCount"]) for each in statuses)


def _ready(pod: dict[str, object]) -> bool:
    status = pod["status"]
    statuses = status.get("containerStatuses", []) if isinstance(status, dict) else []
    return all(each.get("ready") for each in statuses)


def block(spec: VerbSpec) -> str:
    """The generated part of a verb's section, markers included."""
    return "\n".join((_begin(spec), "", *_lines(spec), "", _END))


_END = "<!-- generated: end -->"


def _begin(spec: VerbSpec) -> str:
    return f"<!-- generated: {spec.name}; see docs/make_commands.py -->"


def _lines(spec: VerbSpec) -> Iterator[str]:
    also = f" Also {' or '.join(f'`{word}`' for word in spec.also)}." if spec.also else ""
    yield f"{spec.purpose[:1].upper()}{spec.purpose[1:]}.{also}"
    yield ""
    yield from (f"- `/pods {usage}`" for usage in spec.usage)
    if spec.flags and spec.name not in _OWN_TABLES:
        yield ""
        yield "| flag | meaning |"
        yield "|---|---|"
        yield from (f"| `{flag.spelling}` | {flag.purpose} |" for flag in spec.flags)
    yield ""
    yield f"![{spec.name}, as Slack shows it](images/commands/{spec.name}.png)"


def written(text: str) -> str:
    """The page with every generated part as it should be; sections that are missing are put at its end."""
    for spec in VERBS:
        begin, heading = _begin(spec), f"## {spec.name}\n"
        if begin in text:
            before, _, rest = text.partition(begin)
            text = before + block(spec) + rest.partition(_END)[2]
        elif heading in text:
            text = text.replace(heading, f"{heading}\n{block(spec)}\n", 1)
        else:
            text = f"{text.rstrip()}\n\n{heading}\n{block(spec)}\n"
    return text


async def draw() -> None:
    """All pictures, out of one playground."""
    async with open_playground() as playground:
        stop = asyncio.Event()
        settings = load(playground.environment)
        clock = SystemClock()
        ground = await app.prepare(settings, {}, clock)
        bot = asyncio.create_task(app.run(settings, ground, stop, clock=clock), name="bot")
        try:
            assert playground.cluster is not None  # noqa: S101 - a playground without one was not asked for
            await _draw_all(playground.page, playground.cluster.cluster)
        finally:
            stop.set()
            await bot


async def _draw_all(address: str, cluster: SimulatedCluster) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        context = await browser.new_context(viewport=_VIEWPORT, locale="en-GB", device_scale_factor=1.5)
        page = await context.new_page()
        page.set_default_timeout(_PATIENCE)
        await _draw_playground(page, address, cluster)
        for scenario in ("image-name", "crash-loop"):
            await cluster.play(scenario)
        await asyncio.sleep(20)  # the crash loop backs off, the metrics server measures
        incident = await _an_incident(page, address)
        await _go_to(page, f"{address}#/U01ALICE/C01INCIDENTS")
        # So that there is one that a person can end: `unsilence` names it by its incident.
        await _type(page, f"silence {incident} --for 4h")
        for verb, shot in shots(cluster).items():
            await _draw(page, verb, shot, incident)
        await browser.close()


async def _draw_playground(page: Page, address: str, cluster: SimulatedCluster) -> None:
    """The whole page, as the README shows it: an alert, and the panel from which the cluster is broken."""
    await page.set_viewport_size({"width": 1440, "height": 900})
    await _go_to(page, f"{address}#/U01ALICE/C02ALERTS")
    await cluster.play("oom-kill")
    await page.get_by_text("OOMKilled").first.wait_for()
    await asyncio.sleep(4)  # the evidence completes the alert
    await page.screenshot(path=IMAGES.parent / "playground.png")
    await page.set_viewport_size(_VIEWPORT)


async def _go_to(page: Page, address: str) -> None:
    await page.goto(address)
    await page.locator("#app:not([data-loading]) .person[aria-pressed=true]").wait_for(state="attached")


async def _an_incident(page: Page, address: str) -> str:
    """The id of the last incident that was told."""
    await _go_to(page, f"{address}#/U01ALICE/C02ALERTS")
    ids = _INCIDENT.findall(await page.locator("#conversation").inner_text())
    return str(ids[-1])


async def _type(page: Page, text: str) -> None:
    await page.locator("#composer .message-box").fill(f"/pods {text}")
    await page.locator("#composer .send").click()


async def _draw(page: Page, verb: str, shot: Shot, incident: str) -> None:
    messages = page.locator("#conversation .message")
    before = await messages.count()
    await _type(page, shot.typed.format(incident=incident))
    target = page.locator("dialog[open]").last if shot.dialog else messages.nth(before)
    await target.wait_for()
    await asyncio.sleep(shot.settles)
    if not shot.dialog:
        target = messages.last
        await page.mouse.move(0, 0)
    await target.screenshot(path=IMAGES / f"{verb}.png")
    if shot.dialog:
        await page.keyboard.press("Escape")


def main() -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--text-only", action="store_true")
    asked = parser.parse_args()
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    if not asked.text_only:
        IMAGES.mkdir(parents=True, exist_ok=True)
        asyncio.run(draw())


if __name__ == "__main__":
    main()
