"""Looking for one's own messages: each says in its metadata which letter it is.

So a post whose outcome nobody knows is not repeated while it stands in the channel.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.model.letters import LetterKey
from bot.model.people import ChannelId, MessageTs
from bot.slack.client import translated
from bot.slack.drawing import Json

logger = logs.get(__name__)

EVENT_TYPE = "podbot_letter"
"""Of messages that have no metadata of their own."""

MARK = "letter"
"""The field of the metadata's payload that holds the letter's key."""

CLOCKS_APART = timedelta(minutes=75)
"""Slack's clock and ours may be apart by this: an hour, where a clock steps by a zone, and some drift."""

PAGE = 200
MOST_PAGES = 50
"""Slack gives some apps 15 messages a page, whatever they ask for; what lies deeper is taken as not there."""


def marked(metadata: Json | None, letter: LetterKey) -> Json:
    """The metadata of a message with the letter's key in it."""
    if metadata is None:
        return {"event_type": EVENT_TYPE, "event_payload": {MARK: letter}}
    return {**metadata, "event_payload": {**metadata["event_payload"], MARK: letter}}


class OwnMessages:
    """Reads histories and threads. Raises `SlackTrouble`, `missing_scope` and `not_in_channel` among them."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._user: str | None = None

    async def find(
        self,
        channel: ChannelId,
        letters: Collection[LetterKey],
        *,
        since: datetime,
        thread: MessageTs | None,
    ) -> Mapping[LetterKey, MessageTs]:
        """Which of the letters stand there; the oldest message where one stands there twice."""
        user = await self._own_user()
        wanted, found = set(letters), dict[LetterKey, MessageTs]()
        oldest = f"{(since - CLOCKS_APART).timestamp():.6f}"
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            messages, cursor = await self._page(channel, thread, oldest, cursor)
            for letter, ts in _own_letters(messages, user):
                if letter in wanted:
                    found[letter] = min(ts, found.get(letter, ts), key=float)
            if not cursor or found.keys() == wanted:
                return found
        logger.warning(
            "history_too_long", channel=channel, pages=MOST_PAGES, missing=len(wanted - found.keys())
        )
        return found

    async def _own_user(self) -> str:
        if self._user is None:
            with translated():
                self._user = str((await self._client.auth_test())["user_id"])
        return self._user

    async def _page(
        self, channel: ChannelId, thread: MessageTs | None, oldest: str, cursor: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        asked: dict[str, Any] = {
            "channel": channel,
            "oldest": oldest,
            "include_all_metadata": True,
            "limit": PAGE,
            "cursor": cursor,
        }
        with translated():
            if thread is None:
                answer = await self._client.conversations_history(**asked)
            else:
                answer = await self._client.conversations_replies(ts=thread, **asked)
        messages: list[dict[str, Any]] = answer.get("messages") or []
        more: dict[str, Any] = answer.get("response_metadata") or {}
        return messages, more.get("next_cursor") or None


def _own_letters(messages: Iterable[dict[str, Any]], user: str) -> Iterable[tuple[LetterKey, MessageTs]]:
    for message in messages:
        payload = (message.get("metadata") or {}).get("event_payload") or {}
        letter = payload.get(MARK)
        if letter and message.get("user") == user:
            yield LetterKey(str(letter)), MessageTs(str(message["ts"]))
