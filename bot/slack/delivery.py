"""The outbox's port to Slack: posts and updates in channels, each call made once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.model.messages import Message
from bot.model.people import ChannelId, MessageTs
from bot.outbox.ports import DeliveryFailed, Undeliverable
from bot.slack.blocks import RenderedMessage, render
from bot.slack.client import SlackTrouble, translated
from bot.slack.files import Files
from bot.slack.speaker import drawn_or_plain

logger = logs.get(__name__)


class SlackDelivery:
    """Implements `bot.outbox.ports.Delivery`."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._files = Files(client)

    async def post(self, channel: ChannelId, message: Message) -> MessageTs:
        """Post a new message; its files go into its thread, and a lost file does not make the post fail."""

        async def send(rendered: RenderedMessage) -> MessageTs:
            with translated():
                answer = await self._client.chat_postMessage(
                    channel=channel, **_said(rendered), unfurl_links=False, unfurl_media=False
                )
            return MessageTs(answer["ts"])

        rendered = render(message)
        with _in_the_outboxs_words():
            ts = await drawn_or_plain(rendered, message, send)
        if rendered.attachments:
            try:
                await self._files.add_to(channel, rendered.attachments, ts)
            except SlackTrouble as trouble:
                logger.warning("files_lost", channel=channel, code=trouble.code, details=trouble.details)
        return ts

    async def update(self, channel: ChannelId, ts: MessageTs, message: Message) -> None:
        """Replace what `post` posted; its thread and the files in it stay as they are."""

        async def send(rendered: RenderedMessage) -> None:
            with translated():
                await self._client.chat_update(channel=channel, ts=ts, **_said(rendered))

        with _in_the_outboxs_words():
            await drawn_or_plain(render(message), message, send)


@contextmanager
def _in_the_outboxs_words() -> Iterator[None]:
    try:
        yield
    except SlackTrouble as trouble:
        if trouble.passing:
            raise DeliveryFailed(str(trouble), trouble.retry_after) from trouble
        raise Undeliverable(trouble.code) from trouble


def _said(rendered: RenderedMessage) -> dict[str, Any]:
    # An update without blocks would leave the old ones standing; an empty list takes them away.
    said: dict[str, Any] = {"text": rendered.text, "blocks": list(rendered.blocks)}
    if rendered.metadata is not None:
        said["metadata"] = rendered.metadata
    return said
