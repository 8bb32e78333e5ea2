"""A public message that is kept up to date: said once, whatever Slack's bad minutes do to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.model.messages import Message
from bot.model.people import ChannelId, UserId
from bot.playground.faults import Action, Answer, Match, Reset, Rule, Rules, Side, serve
from bot.slack.announcement import Announcement
from bot.slack.client import open_client
from bot.slack.files import Files
from bot.slack.place import Place
from bot.slack.speaker import Speaker
from tests.support.waitless_clock import WaitlessClock
from tests.unit.slack.conftest import ALICE, Bench

BEGUN, DONE = Message(text="deleting web-1"), Message(text="deleted web-1")


@asynccontextmanager
async def announcing(bench: Bench, rules: Rules) -> AsyncIterator[Announcement]:
    """An announcement in #incidents, through a proxy with these rules."""
    async with (
        serve(bench.running.api_url, rules=rules) as proxy,
        open_client(bot_token=bench.running.workspace.app.bot_token, api_url=proxy.url) as client,
    ):
        clock, files = WaitlessClock(), Files(client)
        yield Announcement(
            client=client,
            files=files,
            speaker=Speaker(client, files, clock),
            clock=clock,
            place=Place(user=UserId(ALICE), channel=ChannelId("C01INCIDENTS")),
        )


def rule(action: Action, method: str, times: int) -> Rules:
    return Rules([Rule(match=Match(slack=method), action=action, times=times)])


async def said(bench: Bench) -> list[str]:
    return [each["text"] for each in await bench.alice.messages("#incidents")]


@pytest.mark.parametrize(
    "lost", [Reset(side=Side.RESPONSE), Answer(status=500, side=Side.RESPONSE)], ids=["reset", "500"]
)
async def test_a_post_whose_answer_is_lost_is_found_again(bench: Bench, lost: Action) -> None:
    """It stands in the channel already: it is changed there, and not posted again."""
    async with announcing(bench, rule(lost, "chat.postMessage", 1)) as announcement:
        assert not await announcement.begin(BEGUN)
        assert await said(bench) == ["deleting web-1"]
        assert await announcement.say(DONE)
        assert announcement.changeable
    assert await said(bench) == ["deleted web-1"]


async def test_a_post_that_was_not_made_is_made(bench: Bench) -> None:
    """An outcome that nobody knows is looked for, and posted where it is not there."""
    async with announcing(bench, rule(Reset(), "chat.postMessage", 3)) as announcement:
        assert not await announcement.begin(BEGUN)
        assert await announcement.say(DONE)
    assert await said(bench) == ["deleted web-1"]


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update", "conversations.history"])
async def test_a_bad_minute(bench: Bench, method: str) -> None:
    """Slack takes nothing for a minute: it is said then, once."""
    rules = rule(Answer(status=429, retry_after=20), method, 4)
    rules.add(Rule(match=Match(slack="chat.postMessage"), action=Reset(side=Side.RESPONSE), times=1))
    async with announcing(bench, rules) as announcement:
        await announcement.begin(BEGUN)
        assert await announcement.say(DONE)
    assert await said(bench) == ["deleted web-1"]


async def test_a_farewell_does_not_wait(bench: Bench) -> None:
    """Whoever is about to end tries once."""
    rules = rule(Answer(status=429, retry_after=20), "chat.update", 2)
    async with announcing(bench, rules) as announcement:
        await announcement.begin(BEGUN)
        assert not await announcement.say(DONE, insists_for=0)
    assert len(rules.log) == 1
    assert await said(bench) == ["deleting web-1"]
