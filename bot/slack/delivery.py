"""The outbox's port to Slack: posts and updates, each call made once, and a look for what was posted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

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

_METADATA_REFUSED = frozenset(
    {
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_must_be_sent_from_app",
        "metadata_too_large",
    }
)


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

        async def send(said: dict[str, Any]) -> AsyncSlackResponse:
            return await self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread,
                reply_broadcast=broadcast if thread is not None else None,
                **said,
                unfurl_links=False,
                unfurl_media=False,
            )

        with _in_the_outboxs_words():
            answer = await _taken(send, rendered)
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

        async def send(said: dict[str, Any]) -> AsyncSlackResponse:
            return await self._client.chat_update(channel=channel, ts=ts, **said)

        with _in_the_outboxs_words():
            await _taken(send, _rendered(message, letter, plain=plain))

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


async def _taken(
    send: Callable[[dict[str, Any]], Awaitable[AsyncSlackResponse]], rendered: RenderedMessage
) -> AsyncSlackResponse:
    """Slack's answer to a message; where it refuses the metadata, which is for machines, to one without."""
    try:
        with translated():
            return await send(_said(rendered))
    except SlackTrouble as trouble:
        if trouble.code not in _METADATA_REFUSED:
            raise
        logger.error("metadata_refused", code=trouble.code, details=trouble.details)  # noqa: TRY400 - no bug of ours
    with translated():
        return await send(_said(replace(rendered, metadata=None)))


@contextmanager
def _in_the_outboxs_words() -> Iterator[None]:
    try:
        yield
    except SlackTrouble as trouble:
        if trouble.passing:
            raise DeliveryFailed(str(trouble), trouble.retry_after, refused=trouble.refused) from trouble
        raise Undeliverable(trouble.code, trouble.details) from trouble


def _said(rendered: RenderedMessage) -> dict[str, Any]:
    metadata = {"metadata": rendered.metadata} if rendered.metadata is not None else {}
    return rendered.content | metadata
