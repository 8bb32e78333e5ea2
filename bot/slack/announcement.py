"""One public message that is kept up to date, with files in its thread: the story of a deletion."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.clock import Clock
from bot.commands.clusters import of_cluster
from bot.model.last_look import Saved
from bot.model.messages import Attachment, Message
from bot.model.people import MessageTs
from bot.slack.blocks import RenderedMessage, render, safe_file
from bot.slack.client import SlackTrouble, translated
from bot.slack.files import Files
from bot.slack.place import Place
from bot.slack.posting import OnePost
from bot.slack.speaker import Speaker, drawn_or_plain

logger = logs.get(__name__)

INSISTS_FOR = 150.0
"""Seconds for which it is tried again: what Slack asks to wait for is mostly a minute at most."""
_PAUSE = 2.0
"""Seconds before the next try, where Slack does not say how long."""


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
        self._once = OnePost(client, clock)
        self.saved = Saved.WAITING

    @property
    def changeable(self) -> bool:
        """Whether it stands in the channel, so that it can be changed and has a thread."""
        return self._ts is not None

    async def begin(self, message: Message) -> bool:
        """Say it for the first time, trying once; False where it is not known to stand in the channel."""
        try:
            await self._post(of_cluster(message, self._place.cluster))
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

    async def say(
        self, message: Message, *, elsewhere: Message | None = None, insists_for: float = INSISTS_FOR
    ) -> bool:
        """Change what it says or, where nothing was said yet, say it; False where nobody was told.

        Where the bot may not speak by itself, `elsewhere` goes by the address that came with the request.
        With `insists_for=0` it is tried once.
        """
        told = of_cluster(message, self._place.cluster)
        give_up_at = self._clock.monotonic() + insists_for
        while True:
            try:
                earlier = self._ts or await self._post(told)
                if earlier is not None:
                    await self._change(earlier, told)
            except SlackTrouble as trouble:
                logger.info("announcement_not_changed", code=trouble.code, details=trouble.details)
                if not trouble.passing:
                    closed = self._ts is None
                    return closed and await self._speaker.announce(self._place, elsewhere or message)
                pause = _PAUSE if trouble.retry_after is None else trouble.retry_after
                if self._clock.monotonic() + pause > give_up_at:
                    return False
                await self._clock.sleep(pause)
            else:
                return True

    async def tell(self, message: Message) -> None:
        """Say something to the asker alone."""
        await self._speaker.tell(self._place, message)

    async def _post(self, message: Message) -> MessageTs | None:
        """Have it in the channel; gives an earlier post that is there after all, in its old words."""
        self._ts = await self._once.stands(self._place.channel, self._place.thread)
        if self._ts is not None:
            return self._ts

        async def send(rendered: RenderedMessage) -> MessageTs:
            return await self._once.post(self._place.channel, rendered, rendered.content, self._place.thread)

        self._ts = await drawn_or_plain(render(message), message, send)
        return None

    async def _change(self, ts: MessageTs, message: Message) -> None:
        async def send(rendered: RenderedMessage) -> None:
            with translated():
                await self._client.chat_update(
                    channel=self._place.channel,
                    ts=ts,
                    metadata=self._once.metadata(rendered),
                    **rendered.content,
                )

        await drawn_or_plain(render(message), message, send)
