"""The last resort: letters told by the webhook while Slack takes none of podbot's own.

They go on waiting for Slack itself, which gets them once a person has mended it.
"""

from __future__ import annotations

import asyncio

from bot import logs
from bot.clock import Clock
from bot.errors import PodbotError
from bot.model.letters import Urgency
from bot.outbox.desk import Entry
from bot.outbox.ports import LastResort
from bot.outbox.schedule import POST_EVERY, backoff
from bot.outbox.wording import as_last_resort

log = logs.get(__name__)


class WebhookQueue:
    """Letters on their way to the webhook, the most urgent first. Without a webhook it takes none."""

    def __init__(self, webhook: LastResort | None, clock: Clock) -> None:
        self._webhook = webhook
        self._clock = clock
        self._queue: dict[Entry, str] = {}  # as many as wait for Slack, and no more
        self._news = asyncio.Event()
        self.problem = ""
        """Why the webhook did not take the last one; empty where it did."""

    @property
    def exists(self) -> bool:
        """Whether there is a webhook."""
        return self._webhook is not None

    def add(self, entry: Entry, why: str) -> None:
        """Have it told, unless it is quiet: once, and again when its urgency has changed."""
        if self._webhook is None or entry.letter.urgency is Urgency.QUIET:
            return
        if entry.by_webhook != entry.letter.urgency:
            self._queue[entry] = why
            self._news.set()

    def clear(self) -> None:
        """Slack takes letters again."""
        self._queue.clear()

    async def run(self) -> None:
        """Tell what is in the queue, until cancelled."""
        failures = 0
        while True:
            await self._news.wait()
            self._news.clear()
            while self._queue:
                entry = min(self._queue, key=lambda each: each.letter.urgency)
                why = self._queue.pop(entry)
                if entry.desk.closed or not entry.waits:
                    continue
                try:
                    await self._tell(entry, why)
                    failures, self.problem = 0, ""
                except PodbotError as error:
                    failures, self.problem = failures + 1, str(error)
                    log.warning("webhook_failed", key=entry.key, reason=str(error))
                    self._queue.setdefault(entry, why)
                await self._clock.sleep(max(POST_EVERY, backoff(failures) if failures else 0.0))

    async def _tell(self, entry: Entry, why: str) -> None:
        urgency = entry.letter.urgency
        if self._webhook is not None and entry.by_webhook != urgency:
            await self._webhook.tell(as_last_resort(entry.letter.message, why))
            entry.by_webhook = urgency
