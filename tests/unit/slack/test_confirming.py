"""Looking for one's own messages in a workspace that lets podbot read little at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.model.letters import LetterKey
from bot.model.messages import Message
from bot.model.people import ChannelId, MessageTs
from bot.outbox.ports import DeliveryFailed, Undeliverable
from bot.slack.client import open_client
from bot.slack.delivery import SlackDelivery

ALERTS = ChannelId("C02ALERTS")
LETTER, OTHER = LetterKey("incident/1F3K"), LetterKey("incident/9Z9Z")
SINCE = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
PAGE = 15


@dataclass(slots=True)
class Miserly:
    """A Slack that gives 15 messages a page, and one page at a time: every other request comes too early."""

    newest_first: list[LetterKey | None]
    """Which letter each message is; None: somebody else's."""
    early: bool = False
    code: str = "ratelimited"
    asked_from: list[str] = field(default_factory=list)

    async def who(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "user_id": "U01PODBOT"})

    async def history(self, request: web.Request) -> web.Response:
        cursor = request.query.get("cursor", "")
        self.asked_from.append(cursor)
        self.early = not self.early
        if not self.early:
            status = 429 if self.code == "ratelimited" else 200
            return web.json_response(
                {"ok": False, "error": self.code}, status=status, headers={"Retry-After": "60"}
            )
        start = int(cursor or 0)
        rest = start + PAGE < len(self.newest_first)
        return web.json_response(
            {
                "ok": True,
                "messages": [
                    self._message(number, self.newest_first[number])
                    for number in range(start, min(start + PAGE, len(self.newest_first)))
                ],
                "response_metadata": {"next_cursor": str(start + PAGE) if rest else ""},
            }
        )

    async def post(self, _request: web.Request) -> web.Response:
        self.newest_first.insert(0, LETTER)
        return web.json_response({"ok": True, "ts": self._ts(0)})

    def _message(self, number: int, letter: LetterKey | None) -> dict[str, object]:
        if letter is None:
            return {"user": "U02BOB", "ts": self._ts(number), "text": "hello"}
        payload = {"letter": letter}
        metadata = {"event_type": "podbot_letter", "event_payload": payload}
        return {"user": "U01PODBOT", "ts": self._ts(number), "text": "", "metadata": metadata}

    def _ts(self, number: int) -> str:
        return f"{len(self.newest_first) - number}.000000"


@pytest.fixture
async def busy() -> AsyncIterator[tuple[Miserly, SlackDelivery]]:
    """The letter is the oldest of forty messages: on the third page."""
    slack, served = Miserly([*[None] * 39, LETTER]), web.Application()
    served.router.add_post("/auth.test", slack.who)
    served.router.add_get("/conversations.history", slack.history)
    served.router.add_post("/chat.postMessage", slack.post)
    async with (
        TestServer(served) as server,
        open_client(bot_token="xoxb", api_url=str(server.make_url("/"))) as client,
    ):
        yield slack, SlackDelivery(client)


async def find(delivery: SlackDelivery, *letters: LetterKey, since: datetime = SINCE) -> object:
    return await delivery.find(ALERTS, letters, since=since)


async def breaks_off(delivery: SlackDelivery, *letters: LetterKey, since: datetime = SINCE) -> None:
    with pytest.raises(DeliveryFailed):
        await find(delivery, *letters, since=since)


async def test_a_search_that_slack_breaks_off_goes_on_where_it_was(
    busy: tuple[Miserly, SlackDelivery],
) -> None:
    """With one page at a time it comes to its end all the same."""
    slack, delivery = busy
    await breaks_off(delivery, LETTER)
    await breaks_off(delivery, LETTER)
    assert await find(delivery, LETTER) == {LETTER: MessageTs("1.000000")}
    assert slack.asked_from == ["", "15", "15", "30", "30"]


@pytest.mark.parametrize(
    ("letters", "later"),
    [
        pytest.param((LETTER, OTHER), timedelta(), id="another letter besides"),
        pytest.param((OTHER,), timedelta(), id="another letter"),
        pytest.param((LETTER,), timedelta(seconds=1), id="another try"),
    ],
)
async def test_another_search_begins_at_the_newest_message(
    busy: tuple[Miserly, SlackDelivery], letters: tuple[LetterKey, ...], later: timedelta
) -> None:
    """What is sought besides, or since another time, may stand where the first search has been."""
    slack, delivery = busy
    await breaks_off(delivery, LETTER)
    slack.early = False
    await breaks_off(delivery, *letters, since=SINCE + later)
    assert slack.asked_from == ["", "15", "", "15"]


async def test_a_search_is_begun_anew_where_the_letter_was_posted_meanwhile(
    busy: tuple[Miserly, SlackDelivery],
) -> None:
    """The new message is newer than all that the first search has yet to read."""
    slack, delivery = busy
    slack.newest_first[-1] = None
    await breaks_off(delivery, LETTER)
    ts = await delivery.post(ALERTS, Message(text="OOMKilled"), letter=LETTER)
    slack.early = False
    assert await find(delivery, LETTER) == {LETTER: ts}


async def test_after_a_refusal_a_search_begins_anew(busy: tuple[Miserly, SlackDelivery]) -> None:
    """Slack's word that it cannot go on is the end of it."""
    slack, delivery = busy
    slack.code = "invalid_cursor"
    with pytest.raises(Undeliverable):
        await find(delivery, LETTER)
    slack.code, slack.early = "ratelimited", False
    await breaks_off(delivery, LETTER)
    assert slack.asked_from == ["", "15", "", "15"]
