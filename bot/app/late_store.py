"""A store that is away when the bot starts: waited for, with the bot alive and not ready, and people told.

Ending instead would leave it to a supervisor whose patience grows with every attempt: Kubernetes looks again
after up to five minutes, in which nobody watches.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from bot import logs
from bot.app.building import fallback_of
from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.model.people import ChannelId
from bot.ops import endpoint
from bot.ops.vigil import Vigil
from bot.outbox.dispatcher import Dispatcher
from bot.pods.audit import LogTrail
from bot.settings import Settings
from bot.slack.client import open_client
from bot.slack.delivery import SlackDelivery
from bot.store.store import Store, open_store

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 15.0
"""Seconds between two attempts."""

log = logs.get(__name__)


async def opened(
    settings: Settings, clock: Clock, stop: asyncio.Event, open_parts: AsyncExitStack
) -> Store | None:
    """The store, as soon as it answers; None where `stop` is set before that. Closed with `open_parts`.

    Raises `StoreUnusable` where waiting would change nothing, and `AddressTaken`.
    """
    try:
        return await _open(settings, clock, open_parts)
    except StoreUnavailable as away:
        problem = away
    missing: dict[str, str] = {}
    await open_parts.enter_async_context(_telling(settings, clock, missing))
    async with endpoint.serve(settings.http_host, settings.http_port, readiness=lambda: missing):
        pause = _FIRST_PAUSE
        while True:
            missing["store"] = str(problem)
            log.error("store_awaited", problem=str(problem), again_in=pause)
            if await _stopped_within(pause, stop, clock):
                return None
            try:
                store = await _open(settings, clock, open_parts)
            except StoreUnavailable as away:
                problem = away
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                missing.clear()
                return store


@asynccontextmanager
async def _telling(settings: Settings, clock: Clock, missing: Mapping[str, str]) -> AsyncIterator[None]:
    """Tell the alert channel of a wait that lasts, and of its end, for as long as the block runs.

    By an outbox of its own: the bot's needs the store.
    """
    fallback = fallback_of(settings)
    async with open_client(
        bot_token=settings.slack_bot_token.get_secret_value(), api_url=settings.slack_api_url
    ) as client:
        outbox = Dispatcher(SlackDelivery(client), clock, fallback=fallback)
        vigil = Vigil(
            troubles=lambda: {"start": missing["store"]} if missing else {},
            outbox=outbox,
            channel=ChannelId(settings.alert_channel),
            last_resort=fallback.webhook,
            clock=clock,
        )
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(outbox.run(), name="outbox of a late start"),
                tasks.create_task(vigil.run(), name="vigil of a late start"),
            ]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()


async def _open(settings: Settings, clock: Clock, open_parts: AsyncExitStack) -> Store:
    opening = open_store(
        settings.database_url.get_secret_value(), clock=clock, audit_log=LogTrail(), keep=settings.retention
    )
    return await open_parts.enter_async_context(opening)


async def _stopped_within(seconds: float, stop: asyncio.Event, clock: Clock) -> bool:
    pause = asyncio.create_task(clock.sleep(seconds), name="pause before the store is tried")
    stopped = asyncio.create_task(stop.wait(), name="stop while the store is awaited")
    try:
        await asyncio.wait({pause, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        pause.cancel()
        stopped.cancel()
    return stop.is_set()
