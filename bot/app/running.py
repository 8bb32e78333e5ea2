"""The running bot: owns the tasks of its parts, and sees them off.

What runs for ever is one task of one TaskGroup; one that ends is an error, and takes the rest with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import web

from bot import logs
from bot.app import late_store
from bot.app.building import Parts, build
from bot.app.ground import Ground
from bot.app.line import Line
from bot.clock import Clock
from bot.errors import PodbotError
from bot.ops import endpoint
from bot.settings import Settings
from bot.slack.http import PATH as SLACK_PATH
from bot.watch.freshness import Sync

FINISHES_WITHIN = 2.5
"""Seconds that requests and announcements under way are given when the bot stops. With a second each for
those that are cut off and for connections to close, the bot is gone within the five that it may take."""

STORES_WITHIN = 0.5
"""Seconds for what is written at the end: the audit of what was just done."""

log = logs.get(__name__)


async def run(
    settings: Settings,
    ground: Ground,
    stop: asyncio.Event,
    *,
    clock: Clock,
    on_listening: Callable[[int], None] = lambda _: None,
) -> None:
    """Run the bot until `stop` is set; then finish what is under way and return.

    `on_listening` is told the port of the HTTP endpoint. Raises `SlackRefused` where a token is wrong,
    `StoreUnusable` where the database is, and `PodbotError` where the endpoint's address cannot be had; they
    may come in groups, as tasks raise them.
    """
    async with AsyncExitStack() as open_parts:
        store = await late_store.opened(settings, clock, stop, open_parts)
        if store is None:
            return
        parts = await build(settings, ground, store, clock, open_parts)
        port = await open_parts.enter_async_context(
            endpoint.serve(
                settings.http_host,
                settings.http_port,
                readiness=lambda: _missing(parts, stop),
                routes=[web.post(SLACK_PATH, parts.door.post)] if settings.slack_app_token is None else [],
            )
        )
        on_listening(port)
        await _run(parts, stop, port)
    log.info("podbot has stopped")


async def _run(parts: Parts, stop: asyncio.Event, port: int) -> None:
    """Run everything until `stop` is set, and see it off."""
    async with asyncio.TaskGroup() as tasks:

        def start(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
            return tasks.create_task(_for_ever(name, work), name=name)

        running = [start(name, work()) for name, work in parts.eternal.items()]
        lines = [start(f"cluster {each.name}", each.run()) for each in parts.lines]
        slack = start("slack", parts.door.run())
        log.info("podbot is running", clusters=[each.name for each in parts.lines], port=port)
        await stop.wait()
        log.info("podbot is stopping")
        slack.cancel()  # nothing new comes in; what has come is answered
        await asyncio.gather(parts.door.drain(FINISHES_WITHIN), _end(parts.lines, lines))
        await parts.store.settle(STORES_WITHIN)
        for task in running:
            task.cancel()


async def _end(lines: Sequence[Line], running: Sequence[asyncio.Task[None]]) -> None:
    """End the clusters' lines: what was seen is told, then leading is given up."""
    for line in lines:
        line.stopping = True
    for task in running:
        task.cancel()
    await asyncio.wait(running)


def _missing(parts: Parts, stop: asyncio.Event) -> Mapping[str, str]:
    """What keeps the bot from being ready, by part."""
    missing = {}
    for line in parts.lines:
        part = "watch" if len(parts.lines) == 1 else f"watch of {line.name}"
        freshness = line.freshness
        if freshness is None:
            missing[part] = "starting"
        elif freshness.sync is not Sync.IN_SYNC:
            missing[part] = freshness.problem or freshness.sync.value
        elif not line.store_trouble and (problem := line.checkpoint_problem):
            missing[part] = problem
        if line.leadership.problem:
            missing[f"lease of {line.name}"] = line.leadership.problem
        if line.store_trouble:
            missing["store"] = line.store_trouble
    if not parts.door.open:
        missing["slack"] = "not connected"
    # A channel that is closed is the operator's to open; it must not take the commands out of service.
    missing |= {
        subject: words
        for subject, words in parts.outbox.trouble().items()
        if subject == "slack" or subject.startswith("store")
    }
    if stop.is_set():
        missing["podbot"] = "stopping"
    return missing


async def _for_ever(name: str, work: Coroutine[Any, Any, None]) -> None:
    await work
    raise PodbotError(f"{name} has ended, which it never should")
