"""One public message that is kept up to date, with files in its thread: the story of a deletion."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.clock import Clock
from bot.model.last_look import Saved
from bot.model.messages import Attachment, Message
from bot.model.people import MessageTs
from bot.slack.blocks import RenderedMessage, render, safe_file
from bot.slack.client import SlackTrouble, translated
from bot.slack.files import Files
from bot.slack.place import Place
from bot.slack.speaker import Speaker, drawn_or_plain

logger = logs.get(__name__)

_TRIES = 3
_PAUSE = 2.0
"""Seconds before a change is tried again, where Slack does not say how long."""
_LONGEST_PAUSE = 10.0


class Announcement:
    """Says something in the channel, or its thread, where a request was made, and changes it later.

    Raises nothing: what Slack does not take is logged, and the next way is tried.
    """

    def __init__(
        self, *, client: AsyncWebClient, files: Files, speaker: Speaker, clock: Clock, place: Place
    ) -> None:
        self._client = client
        self._files = files
        self._speaker = speaker
        self._clock = clock
        self._place = place
        self._ts: MessageTs | None = None
        self.saved = Saved.WAITING

    @property
    def changeable(self) -> bool:
        """Whether it stands in the channel, so that it can be changed and has a thread."""
        return self._ts is not None

    async def begin(self, message: Message) -> bool:
        """Say it for the first time; False where the bot may not speak by itself."""

        async def send(rendered: RenderedMessage) -> MessageTs:
            with translated():
                answer = await self._client.chat_postMessage(
                    channel=self._place.channel, thread_ts=self._place.thread, **_said(rendered)
                )
            return MessageTs(answer["ts"])

        try:
            self._ts = await drawn_or_plain(render(message), message, send)
        except SlackTrouble as trouble:
            logger.info("announcement_waits", code=trouble.code, details=trouble.details)
            return False
        return True

    async def keep(self, files: Sequence[Attachment]) -> None:
        """Put files into its thread or, where there is none, send them to the asker; `saved` tells.

        Where Slack cannot take them just now they are still `WAITING`, and may be tried again.
        """
        safe = await asyncio.to_thread(lambda: [safe_file(each) for each in files])
        try:
            if self._ts is None:
                await self._files.send_to(self._place.user, safe)
                self.saved = Saved.ASKER
            else:
                await self._files.add_to(self._place.channel, safe, self._place.thread or self._ts)
                self.saved = Saved.THREAD
        except SlackTrouble as trouble:
            logger.warning("files_lost", code=trouble.code, details=trouble.details)
            if not trouble.passing:
                self.saved = Saved.LOST

    async def say(self, message: Message, *, elsewhere: Message | None = None) -> bool:
        """Change what it says or, where nothing was said yet, say it; False where nobody was told.

        Where the bot may not speak by itself, `elsewhere` goes by the address that came with the request.
        """
        if self._ts is None:
            if await self.begin(message):
                return True
            return await self._speaker.announce(self._place, elsewhere or message)
        for _ in range(_TRIES):
            try:
                await drawn_or_plain(render(message), message, self._change(self._ts))
            except SlackTrouble as trouble:
                logger.info("announcement_not_changed", code=trouble.code, details=trouble.details)
                if not trouble.passing:
                    return False
                await self._clock.sleep(min(trouble.retry_after or _PAUSE, _LONGEST_PAUSE))
            else:
                return True
        return False

    async def tell(self, message: Message) -> None:
        """Say something to the asker alone."""
        await self._speaker.tell(self._place, message)

    def _change(self, ts: MessageTs) -> Callable[[RenderedMessage], Awaitable[None]]:
        async def send(rendered: RenderedMessage) -> None:
            with translated():
                await self._client.chat_update(channel=self._place.channel, ts=ts, **_said(rendered))

        return send


def _said(rendered: RenderedMessage) -> dict[str, Any]:
    # A change without blocks would leave the old ones standing; an empty list takes them away.
    return {"text": rendered.text, "blocks": list(rendered.blocks)}
