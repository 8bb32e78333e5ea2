"""Saying things in Slack when the usual way is closed."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from bot.model.messages import Attachment, Message
from bot.model.people import ChannelId, MessageTs, UserId
from bot.playground.faults import Action, Answer, Match, Reset, Rule, Rules, Side, serve
from bot.slack.client import open_client
from bot.slack.files import Files
from bot.slack.place import Place
from bot.slack.speaker import Speaker
from tests.support.waitless_clock import WaitlessClock
from tests.unit.slack.conftest import ALICE, Bench

HELLO = Message(text="hello")


@pytest.fixture
def speaker(bench: Bench) -> Speaker:
    return Speaker(bench.client, Files(bench.client))


def place(
    bench: Bench, *, channel: str = "C01INCIDENTS", thread: str | None = None, used: bool = False
) -> Place:
    """Where Alice asked; with an address for answers that is not good any more, if `used`."""
    return Place(
        user=UserId(ALICE),
        channel=ChannelId(channel),
        thread=MessageTs(thread) if thread else None,
        response_url=f"{bench.running.url}commands/used-up" if used else "",
    )


async def test_without_an_address_the_answer_is_ephemeral_in_the_channel(
    bench: Bench, speaker: Speaker
) -> None:
    """An address that is used up or expired is no reason to stay silent."""
    await speaker.tell(place(bench, used=True), HELLO)
    assert (await bench.alice.sees("#incidents", "hello"))["ephemeral"]


async def test_where_podbot_is_no_member_the_answer_is_a_direct_message(
    bench: Bench, speaker: Speaker
) -> None:
    """A channel without podbot and without an address leaves the direct messages."""
    await speaker.tell(place(bench, channel="C03GENERAL"), HELLO)
    await bench.alice.sees("@podbot", "hello")


async def test_from_nowhere_the_answer_is_a_direct_message(bench: Bench, speaker: Speaker) -> None:
    """A click outside channels is answered too."""
    await speaker.tell(place(bench, channel=""), HELLO)
    await bench.alice.sees("@podbot", "hello")


async def test_an_announcement_that_nobody_heard_is_known(bench: Bench, speaker: Speaker) -> None:
    """Without membership and without a good address the caller learns that nobody was told."""
    assert not await speaker.announce(place(bench, channel="C03GENERAL", used=True), HELLO)
    assert not await speaker.announce(place(bench, channel="C03GENERAL"), HELLO)


async def test_an_announcement_in_a_thread_stays_there(bench: Bench, speaker: Speaker) -> None:
    """What was done in an incident's thread is told in it, with its files."""
    root = await bench.alice.types("#incidents", "web is down")
    file = Attachment(filename="log.txt", title="Log", content=b"the end")
    told = Message(text="deleted", attachments=(file,))
    assert await speaker.announce(place(bench, thread=root["ts"]), told)
    said = await bench.bob.sees("#incidents", "deleted")
    sent = await bench.bob.sees("#incidents", lambda message: bool(message.get("files")))
    assert said["thread_ts"] == sent["thread_ts"] == root["ts"]


async def test_what_one_person_is_told_of_a_message_without_replies_is_in_the_channel(
    bench: Bench, speaker: Speaker
) -> None:
    """There they see it; what all may see begins the thread."""
    root = await bench.alice.types("#incidents", "web is down")
    there = Place(
        user=UserId(ALICE),
        channel=ChannelId("C01INCIDENTS"),
        thread=MessageTs(root["ts"]),
        unbegun=True,
    )
    await speaker.tell(there, HELLO)
    answer = await bench.alice.sees("#incidents", "hello")
    assert answer["ephemeral"]
    assert "thread_ts" not in answer
    assert await speaker.announce(there, Message(text="deleted"))
    assert (await bench.bob.sees("#incidents", "deleted"))["thread_ts"] == root["ts"]


@pytest.mark.parametrize(
    "says_no",
    [Answer(status=429, retry_after=20), Answer(status=500), Reset()],
    ids=["too many requests", "500", "reset"],
)
async def test_a_bad_minute_of_slack_costs_no_answer(bench: Bench, says_no: Action) -> None:
    """However often Slack says no to whatever way: once it takes it, the person has the answer, once."""
    rules = Rules([Rule(match=Match(slack="chat.*"), action=says_no, times=7)])
    async with (
        serve(bench.running.api_url, rules=rules) as proxy,
        open_client(bot_token=bench.running.workspace.app.bot_token, api_url=proxy.url) as client,
    ):
        speaker = Speaker(client, Files(client), WaitlessClock())
        await speaker.tell(place(bench), HELLO)
    assert len(rules.log) == 7
    assert len(await bench.alice.messages("#incidents")) + len(await bench.alice.messages("@podbot")) == 1


async def test_a_direct_message_whose_outcome_is_unknown_is_looked_for(bench: Bench) -> None:
    """Posted, with the answer lost: it is found there, and neither posted again nor said in another way."""
    rules = Rules(
        [
            Rule(match=Match(slack="chat.postEphemeral"), action=Answer(status=500), times=1),
            Rule(match=Match(slack="chat.postMessage"), action=Reset(side=Side.RESPONSE), times=1),
        ]
    )
    async with (
        serve(bench.running.api_url, rules=rules) as proxy,
        open_client(bot_token=bench.running.workspace.app.bot_token, api_url=proxy.url) as client,
    ):
        speaker = Speaker(client, Files(client), WaitlessClock())
        await speaker.tell(place(bench), HELLO)
    assert len(rules.log) == 2
    assert len(await bench.alice.messages("@podbot")) == 1
    assert await bench.alice.messages("#incidents") == []


async def test_an_address_that_takes_no_more_just_now_is_tried_again() -> None:
    """Too many requests at once is a matter of seconds there as well: Slack says of how many."""
    said: list[Any] = []

    async def too_many_at_first(request: web.Request) -> web.Response:
        said.append(await request.json())
        if len(said) == 1:
            return web.Response(status=429, headers={"Retry-After": "7"})
        return web.Response(text="ok")

    async def closed(_request: web.Request) -> web.Response:
        return web.json_response({"ok": False, "error": "missing_scope"})

    served = web.Application()
    served.router.add_post("/hook", too_many_at_first)
    served.router.add_post("/conversations.open", closed)
    clock = WaitlessClock()
    async with (
        TestServer(served) as server,
        open_client(bot_token="xoxb", api_url=str(server.make_url("/"))) as client,
    ):
        alone = Place(user=UserId(ALICE), channel=ChannelId(""), response_url=str(server.make_url("/hook")))
        await Speaker(client, Files(client), clock).tell(alone, HELLO)
    assert [each["text"] for each in said] == ["hello", "hello"]
    assert clock.monotonic() == 7


async def test_an_answer_that_cannot_be_said_at_all_is_logged() -> None:
    """With Slack away nothing is raised, and the log knows what was lost."""
    async with open_client(bot_token="xoxb", api_url="http://127.0.0.1:9/") as client:
        speaker = Speaker(client, Files(client), WaitlessClock())
        with capture_logs() as lines:
            await speaker.tell(Place(user=UserId(ALICE), channel=ChannelId("C01")), HELLO)
            told = await speaker.announce(Place(user=UserId(ALICE), channel=ChannelId("C01")), HELLO)
    assert not told
    assert [line["text"] for line in lines if line["event"] == "answer_lost"] == ["hello"]
