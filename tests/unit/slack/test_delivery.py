"""The outbox's port to Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.model.letters import LetterKey
from bot.model.messages import Attachment, Message, Metadata, Paragraph, plain
from bot.model.people import ChannelId, MessageTs
from bot.outbox.ports import Delivery, DeliveryFailed, Undeliverable
from bot.slack.client import open_client
from bot.slack.delivery import SlackDelivery
from tests.unit.slack.conftest import Bench

ALERTS = ChannelId("C02ALERTS")
LETTER = LetterKey("incident/1F3K")
ALERT = Message(
    text="OOMKilled",
    blocks=(Paragraph((plain("OOMKilled · web"),)),),
    metadata=Metadata(event_type="podbot_incident", payload={"incident": "1F3K", "deaths": 1}),
)


async def test_a_message_is_posted_and_updated(bench: Bench) -> None:
    """An alert stands in its channel with its metadata, and changes in place."""
    delivery: Delivery = SlackDelivery(bench.client)
    ts = await delivery.post(ALERTS, ALERT, letter=LETTER)
    await delivery.update(ALERTS, ts, Message(text="Recovered", metadata=ALERT.metadata), letter=LETTER)
    [message] = await bench.alice.messages("#alerts")
    assert (message["ts"], message["text"], message.get("blocks")) == (ts, "Recovered", None)
    assert message["metadata"]["event_payload"] == {"incident": "1F3K", "deaths": 1, "letter": LETTER}


async def test_files_stand_in_the_thread(bench: Bench) -> None:
    """Evidence is one click away from the alert, and not in the way."""
    file = Attachment(filename="log.txt", title="Log", content=b"the end")
    ts = await SlackDelivery(bench.client).post(ALERTS, Message(text="OOMKilled", attachments=(file,)))
    message = await bench.alice.sees("#alerts", lambda message: bool(message.get("files")))
    assert message["thread_ts"] == ts


@pytest.mark.parametrize(
    ("channel", "code"),
    [
        pytest.param("C03GENERAL", "not_in_channel", id="not a member"),
        pytest.param("C99NOWHERE", "channel_not_found", id="no such channel"),
    ],
)
async def test_a_refusal_for_good_is_told_as_such(bench: Bench, channel: str, code: str) -> None:
    """What will never work is not to be tried again."""
    with pytest.raises(Undeliverable) as caught:
        await SlackDelivery(bench.client).post(ChannelId(channel), ALERT)
    assert caught.value.code == code


async def test_a_message_that_is_gone_cannot_be_updated(bench: Bench) -> None:
    """An update of what was deleted is refused for good."""
    with pytest.raises(Undeliverable, match="message_not_found"):
        await SlackDelivery(bench.client).update(ALERTS, MessageTs("1.000100"), ALERT)


async def test_slacks_pace_is_handed_on(bench: Bench) -> None:
    """Too many posts come back with Slack's own word on when to try again."""

    async def hurry() -> None:
        for _ in range(20):
            await SlackDelivery(bench.client).post(ALERTS, ALERT)

    with pytest.raises(DeliveryFailed) as caught:
        await hurry()
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 0


async def test_no_answer_is_worth_another_try() -> None:
    """Slack that cannot be reached may be reached later."""
    async with open_client(bot_token="xoxb", api_url="http://127.0.0.1:9/") as client:
        with pytest.raises(DeliveryFailed) as caught:
            await SlackDelivery(client).post(ALERTS, ALERT)
    assert caught.value.retry_after is None


class BadDay:
    """A Slack that answers as told, and counts."""

    def __init__(self) -> None:
        self.posts: list[dict[str, object]] = []
        self.answers: list[web.Response] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.posts.append(dict(await request.json()))
        return self.answers.pop(0)


@pytest.fixture
async def bad_day() -> AsyncIterator[tuple[BadDay, SlackDelivery]]:
    slack, served = BadDay(), web.Application()
    served.router.add_post("/chat.postMessage", slack.answer)
    async with (
        TestServer(served) as server,
        open_client(bot_token="xoxb", api_url=str(server.make_url("/"))) as client,
    ):
        yield slack, SlackDelivery(client)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"status": 503, "text": "down", "content_type": "text/plain"}, id="503"),
        pytest.param({"status": 502, "text": "<html>", "content_type": "text/html"}, id="502 of a proxy"),
        pytest.param({"status": 200, "text": "{", "content_type": "application/json"}, id="half an answer"),
        pytest.param(
            {
                "status": 200,
                "text": '{"ok": false, "error": "internal_error"}',
                "content_type": "application/json",
            },
            id="internal_error",
        ),
    ],
)
async def test_a_bad_day_is_worth_another_try_but_not_here(
    bad_day: tuple[BadDay, SlackDelivery], answer: dict[str, object]
) -> None:
    """A post whose fate is unknown is never repeated by the client: the outbox decides."""
    slack, delivery = bad_day
    slack.answers.append(web.Response(**answer))  # type: ignore[arg-type]
    with pytest.raises(DeliveryFailed):
        await delivery.post(ALERTS, ALERT)
    assert len(slack.posts) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("17", 17.0, id="seconds"),
        pytest.param("-1", 0.0, id="less than none"),
        pytest.param("inf", None, id="for ever"),
        pytest.param("nan", None, id="no number"),
        pytest.param("Wed, 21 Oct 2026 07:28:00 GMT", None, id="a date"),
    ],
)
async def test_only_a_number_of_seconds_is_a_word_on_when(
    bad_day: tuple[BadDay, SlackDelivery], header: str, seconds: float | None
) -> None:
    """What a proxy makes of the header must not keep podbot from trying again."""
    slack, delivery = bad_day
    slack.answers.append(
        web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": header})
    )
    with pytest.raises(DeliveryFailed) as caught:
        await delivery.post(ALERTS, ALERT)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("code", ["external_channel_migrating", "team_added_to_org", "update_failed"])
async def test_what_passes_by_itself_is_worth_another_try(
    bad_day: tuple[BadDay, SlackDelivery], code: str
) -> None:
    """A channel, or a workspace, that is being moved takes the alert later."""
    slack, delivery = bad_day
    slack.answers.append(web.json_response({"ok": False, "error": code}))
    with pytest.raises(DeliveryFailed):
        await delivery.post(ALERTS, ALERT)


async def test_plain_says_it_without_blocks(bench: Bench) -> None:
    """An alert whose drawing Slack does not take says all of it as text, and machines get its metadata."""
    delivery = SlackDelivery(bench.client)
    ts = await delivery.post(ALERTS, ALERT, letter=LETTER, plain=True)
    await delivery.update(ALERTS, ts, ALERT, letter=LETTER, plain=True)
    [message] = await bench.alice.messages("#alerts")
    assert (message["text"], message.get("blocks")) == ("OOMKilled · web", None)
    assert message["metadata"]["event_payload"] == {"incident": "1F3K", "deaths": 1, "letter": LETTER}


async def test_refused_blocks_are_the_outboxs_to_say_plainly(bad_day: tuple[BadDay, SlackDelivery]) -> None:
    """One call, one request: the outbox remembers that this message goes on as text."""
    slack, delivery = bad_day
    slack.answers.append(web.json_response({"ok": False, "error": "invalid_blocks"}))
    with pytest.raises(Undeliverable, match="invalid_blocks"):
        await delivery.post(ALERTS, ALERT)
    assert len(slack.posts) == 1


@pytest.mark.parametrize(
    "code",
    [
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_must_be_sent_from_app",
        "metadata_too_large",
    ],
)
async def test_an_alert_is_worth_more_than_its_metadata(
    bad_day: tuple[BadDay, SlackDelivery], code: str
) -> None:
    """Where Slack refuses that, it is said at once without."""
    slack, delivery = bad_day
    slack.answers += [
        web.json_response({"ok": False, "error": code}),
        web.json_response({"ok": True, "ts": "1.000100"}),
    ]
    assert await delivery.post(ALERTS, ALERT, letter=LETTER) == "1.000100"
    with_it, without = slack.posts
    assert with_it.pop("metadata")
    assert with_it == without


async def test_a_reply_to_what_is_gone_is_found_in_the_channel(bench: Bench) -> None:
    """There Slack puts it, without a word: whose answer was lost is not said again."""
    delivery = SlackDelivery(bench.client)
    since = datetime.now(UTC)
    parent = await delivery.post(ALERTS, ALERT)
    await bench.client.chat_delete(channel=ALERTS, ts=parent)
    reply = await delivery.post(ALERTS, Message(text="again"), letter=LETTER, thread=parent)
    [message] = await bench.alice.messages("#alerts")
    assert (message["ts"], message.get("thread_ts")) == (reply, None)
    assert await delivery.find(ALERTS, {LETTER}, since=since, thread=parent) == {LETTER: reply}


async def test_what_was_certainly_not_done_is_told_apart(bad_day: tuple[BadDay, SlackDelivery]) -> None:
    """Only a post that may have been taken has to be looked for."""
    slack, delivery = bad_day
    slack.answers += [
        web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "3"}),
        web.json_response({"ok": False, "error": "internal_error"}),
    ]
    refused = []
    for _ in range(2):
        with pytest.raises(DeliveryFailed) as caught:
            await delivery.post(ALERTS, ALERT)
        refused.append(caught.value.refused)
    async with open_client(bot_token="xoxb", api_url="http://127.0.0.1:9/") as client:
        with pytest.raises(DeliveryFailed) as caught:
            await SlackDelivery(client).post(ALERTS, ALERT)
    assert [*refused, caught.value.refused] == [True, False, True]
