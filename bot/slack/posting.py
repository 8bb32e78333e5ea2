"""A message that is posted once, however often that is tried.

Where Slack may have taken it and could not say so, it is looked for by the mark in its metadata before there
is another.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.clock import Clock
from bot.model.letters import LetterKey
from bot.model.people import ChannelId, MessageTs
from bot.slack.blocks import RenderedMessage
from bot.slack.client import SlackTrouble, translated
from bot.slack.confirming import OwnMessages, marked
from bot.slack.drawing import Json

logger = logs.get(__name__)


class OnePost:
    """Posts one message in one place. Everything raises `SlackTrouble`."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._own = OwnMessages(client)
        self._mark = LetterKey(f"once/{secrets.token_hex(8)}")
        self._unsure_since: datetime | None = None

    def metadata(self, rendered: RenderedMessage) -> Json:
        """What the message carries to be found by; an update carries it on."""
        return marked(rendered.metadata, self._mark)

    async def stands(self, channel: ChannelId, thread: MessageTs | None = None) -> MessageTs | None:
        """Where it is after a try of unknown outcome; None where there is nothing, or nobody may look."""
        since = self._unsure_since
        if since is None:
            return None
        try:
            found = await self._own.find(channel, {self._mark}, since=since, thread=thread)
        except SlackTrouble as trouble:
            if trouble.passing:
                raise
            logger.warning("post_not_looked_for", code=trouble.code, details=trouble.details)
            found = {}
        self._unsure_since = None
        return found.get(self._mark)

    async def post(
        self,
        channel: ChannelId,
        rendered: RenderedMessage,
        said: Mapping[str, Any],
        thread: MessageTs | None = None,
    ) -> MessageTs:
        """Post it; `said` is what Slack is told of it, without its place and its metadata."""
        began = self._clock.now()
        try:
            with translated():
                answer = await self._client.chat_postMessage(
                    channel=channel, thread_ts=thread, **{**said, "metadata": self.metadata(rendered)}
                )
        except SlackTrouble as trouble:
            if not trouble.refused:
                self._unsure_since = began
            raise
        return MessageTs(answer["ts"])
