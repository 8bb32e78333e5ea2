"""The outbox's port to Slack: posts and updates, each call made once, and a look for what was posted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.model.letters import LetterKey
from bot.model.messages import Message
from bot.model.people import ChannelId, MessageTs
from bot.outbox.ports import DeliveryFailed, Undeliverable
from bot.slack.blocks import RenderedMessage, as_plain, render
from bot.slack.client import SlackTrouble, translated
from bot.slack.confirming import OwnMessages, marked
from bot.slack.files import Files

logger = logs.get(__name__)


class SlackDelivery:
    """Implements `bot.outbox.ports.Delivery`."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._files = Files(client)
        self._own = OwnMessages(client)

    async def post(
        self,
        channel: ChannelId,
        message: Message,
        *,
        letter: LetterKey | None = None,
        thread: MessageTs | None = None,
        broadcast: bool = False,
        plain: bool = False,
    ) -> MessageTs:
        """Post a new message; its files go into its thread, and a lost file does not make the post fail."""
        rendered = _rendered(message, letter, plain=plain)
        if letter is not None:
            self._own.posting(letter)
        with _in_the_outboxs_words(), translated():
            answer = await self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread,
                reply_broadcast=broadcast if thread is not None else None,
                **_said(rendered),
                unfurl_links=False,
                unfurl_media=False,
            )
        ts = MessageTs(answer["ts"])
        if rendered.attachments:
            try:
                await self._files.add_to(channel, rendered.attachments, thread or ts)
            except SlackTrouble as trouble:
                logger.warning("files_lost", channel=channel, code=trouble.code, details=trouble.details)
        return ts

    async def update(
        self,
        channel: ChannelId,
        ts: MessageTs,
        message: Message,
        *,
        letter: LetterKey | None = None,
        plain: bool = False,
    ) -> None:
        """Replace what `post` posted; its thread and the files in it stay as they are."""
        with _in_the_outboxs_words(), translated():
            await self._client.chat_update(
                channel=channel, ts=ts, **_said(_rendered(message, letter, plain=plain))
            )

    async def find(
        self,
        channel: ChannelId,
        letters: Collection[LetterKey],
        *,
        since: datetime,
        thread: MessageTs | None = None,
    ) -> Mapping[LetterKey, MessageTs]:
        """Which of these letters stand in the channel, or in a thread of it, by their metadata.

        What Slack broke off with "later" goes on where it was when the same is asked for again. Needs the
        scope channels:history, in private channels groups:history.
        """
        with _in_the_outboxs_words():
            return await self._own.find(channel, letters, since=since, thread=thread)


def _rendered(message: Message, letter: LetterKey | None, *, plain: bool) -> RenderedMessage:
    drawn = render(message)
    if plain:
        drawn = replace(as_plain(message), metadata=drawn.metadata)
    return drawn if letter is None else replace(drawn, metadata=marked(drawn.metadata, letter))


@contextmanager
def _in_the_outboxs_words() -> Iterator[None]:
    try:
        yield
    except SlackTrouble as trouble:
        if trouble.passing:
            raise DeliveryFailed(str(trouble), trouble.retry_after, refused=trouble.refused) from trouble
        raise Undeliverable(trouble.code, trouble.details) from trouble


def _said(rendered: RenderedMessage) -> dict[str, Any]:
    # An update without blocks would leave the old ones standing; an empty list takes them away.
    said: dict[str, Any] = {"text": rendered.text, "blocks": list(rendered.blocks)}
    if rendered.metadata is not None:
        said["metadata"] = rendered.metadata
    return said
