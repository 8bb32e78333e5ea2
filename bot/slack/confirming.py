"""Looking for one's own messages: each says in its metadata which letter it is.

So a post whose outcome nobody knows is not repeated while it stands in the channel.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.model.letters import LetterKey
from bot.model.people import ChannelId, MessageTs
from bot.slack.client import SlackTrouble, translated
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

MOST_BROKEN_OFF = 100
"""Searches kept in mind that Slack broke off; the one broken off first is forgotten first."""


def marked(metadata: Json | None, letter: LetterKey) -> Json:
    """The metadata of a message with the letter's key in it."""
    if metadata is None:
        return {"event_type": EVENT_TYPE, "event_payload": {MARK: letter}}
    return {**metadata, "event_payload": {**metadata["event_payload"], MARK: letter}}


@dataclass(slots=True)
class _Search:
    """How far a search has come. A cursor names a place in the history, which later messages do not move."""

    cursor: str | None = None
    pages: int = 0
    found: dict[LetterKey, MessageTs] = field(default_factory=dict)


_Sought: TypeAlias = tuple[ChannelId, MessageTs | None, datetime, frozenset[LetterKey]]


class OwnMessages:
    """Reads histories and threads. Raises `SlackTrouble`, `missing_scope` and `not_in_channel` among them.

    Some apps may ask for one page a minute only. A search that Slack breaks off with "later" goes on where it
    was, once the same is asked for again: else it would never come past the first page.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._user: str | None = None
        self._broken_off: dict[_Sought, _Search] = {}

    async def find(
        self,
        channel: ChannelId,
        letters: Collection[LetterKey],
        *,
        since: datetime,
        thread: MessageTs | None,
    ) -> Mapping[LetterKey, MessageTs]:
        """Which of the letters stand there; the oldest message where one stands there twice.

        What was meant for a thread whose first message is gone is looked for in the channel, where Slack puts
        it without a word.
        """
        try:
            return await self._found(channel, letters, since=since, thread=thread)
        except SlackTrouble as trouble:
            if thread is None or trouble.code != "thread_not_found":
                raise
        return await self._found(channel, letters, since=since, thread=None)

    async def _found(
        self,
        channel: ChannelId,
        letters: Collection[LetterKey],
        *,
        since: datetime,
        thread: MessageTs | None,
    ) -> Mapping[LetterKey, MessageTs]:
        user = await self._own_user()
        sought = (channel, thread, since, frozenset(letters))
        search = self._broken_off.pop(sought, None) or _Search()
        try:
            await self._go_on(search, sought, user)
        except SlackTrouble as trouble:
            if trouble.passing:
                self._broken_off[sought] = search
                while len(self._broken_off) > MOST_BROKEN_OFF:
                    del self._broken_off[next(iter(self._broken_off))]
            raise
        return search.found

    def posting(self, letter: LetterKey) -> None:
        """It is being posted again: a search for it that was broken off began too early to see that."""
        for sought in [each for each in self._broken_off if letter in each[-1]]:
            del self._broken_off[sought]

    async def _go_on(self, search: _Search, sought: _Sought, user: str) -> None:
        channel, thread, since, wanted = sought
        oldest = f"{(since - CLOCKS_APART).timestamp():.6f}"
        while search.pages < MOST_PAGES:
            messages, search.cursor = await self._page(channel, thread, oldest, search.cursor)
            search.pages += 1
            for letter, ts in _own_letters(messages, user):
                if letter in wanted:
                    search.found[letter] = min(ts, search.found.get(letter, ts), key=float)
            if not search.cursor or search.found.keys() == wanted:
                return
        missing = len(wanted - search.found.keys())
        logger.warning("history_too_long", channel=channel, pages=MOST_PAGES, missing=missing)

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
