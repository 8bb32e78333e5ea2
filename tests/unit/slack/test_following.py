"""Followed logs in Slack: one message at Slack's pace, whatever Slack says to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import SystemClock
from bot.model.commands import FollowLogs, GetLogs
from bot.model.people import ChannelId, UserId
from bot.model.pods import ClusterName
from bot.playground.workspace import Workspace, demo_settings, serve
from bot.playground.workspace.settings import PaceSettings, WorkspaceSettings
from bot.pods.service import PodService
from bot.slack.client import open_client
from bot.slack.following import LogStreams, NotShown
from bot.slack.intake import Stopping
from bot.slack.place import Place
from tests.support.judging import usual
from tests.support.memory_cluster import CREATED, MemoryCluster, pod
from tests.support.memory_logs import stamp
from tests.support.people import Person, as_text, person
from tests.support.policies import ALICE as ASKER
from tests.support.policies import DESIGN, HeldPolicy, KeptTrail

ALICE = "U01ALICE"
WEB = pod("web-1")
FOLLOW = FollowLogs(logs=GetLogs(namespace="shop", pod="web-1"))
SOMEWHERE = Place(user=UserId(ALICE), channel=ChannelId("C01GENERAL"))


@dataclass(slots=True, kw_only=True)
class Stage:
    """A workspace, a pod that writes, and the streams under test."""

    cluster: MemoryCluster
    pods: PodService
    streams: LogStreams
    trail: KeptTrail
    alice: Person
    client: AsyncWebClient
    written: int = 0

    def writes(self, *lines: str) -> None:
        for line in lines:
            self.written += 1
            at = CREATED + timedelta(seconds=self.written)
            self.cluster.log(WEB, "app").coming.put_nowait(f"{stamp(at)} {line}")

    async def deletes(self, message: dict[str, Any]) -> None:
        opened = await self.client.conversations_open(users=ALICE)
        channel: dict[str, Any] = opened["channel"]
        await self.client.chat_delete(channel=channel["id"], ts=message["ts"])

    async def begins(self) -> None:
        await self.streams.begin(self.pods, ASKER, SOMEWHERE, FOLLOW)


@asynccontextmanager
async def stage(settings: WorkspaceSettings, *, update_every: float = 0.02) -> AsyncIterator[Stage]:
    cluster, trail, clock = MemoryCluster(), KeptTrail(), SystemClock()
    cluster.put(WEB)
    cluster.write_log(WEB, "app", "before\n")
    async with (
        serve(Workspace(settings)) as running,
        open_client(bot_token=settings.app.bot_token, api_url=running.api_url) as client,
        person(running.url, ALICE) as alice,
    ):
        pods = PodService(cluster, HeldPolicy(DESIGN, clock), trail, clock, judge=usual)
        streams = LogStreams(client=client, clock=clock, update_every=update_every)
        try:
            yield Stage(cluster=cluster, pods=pods, streams=streams, trail=trail, alice=alice, client=client)
        finally:
            await streams.close(5.0)


FAST = PaceSettings(posts_per_second=50.0, post_burst=50, window_seconds=1.0)


async def test_what_comes_is_told_in_one_message() -> None:
    """A burst of lines is one update, not one each."""
    async with stage(demo_settings(pace=FAST)) as here:
        await here.begins()
        first = await here.alice.sees("@podbot", "┃ before")
        here.writes(*(f"line {number}" for number in range(500)))
        last = await here.alice.sees("@podbot", "┃ line 499")
        assert last["ts"] == first["ts"]
        assert len([each for each in await here.alice.messages("@podbot") if "web-1" in as_text(each)]) == 1


async def test_of_several_clusters_it_says_which() -> None:
    """And its buttons are for that one, in every update."""
    async with stage(demo_settings(pace=FAST)) as here:
        place = structs.replace(SOMEWHERE, cluster=ClusterName("staging"))
        await here.streams.begin(here.pods, ASKER, place, FOLLOW)
        here.writes("line 1")
        message = await here.alice.sees("@podbot", "┃ line 1")
        assert "staging · " in as_text(message)
        values = [
            element["value"]
            for block in message["blocks"]
            for element in block.get("elements", [])
            if element["type"] == "button"
        ]
        assert values
        assert all('"cluster":"staging"' in value for value in values)


async def test_slack_says_slower() -> None:
    """Too many updates are refused for a while; what came meanwhile is told afterwards."""
    async with stage(demo_settings(pace=FAST), update_every=0.0) as here:
        await here.begins()
        for number in range(120):
            here.writes(f"line {number}")
            await asyncio.sleep(0.005)
        await here.alice.sees("@podbot", "┃ line 119")


async def test_its_message_is_deleted() -> None:
    """Nobody sees it any more, so nothing is read any more."""
    settings = demo_settings(pace=FAST)
    async with stage(settings) as here:
        await here.begins()
        shown = await here.alice.sees("@podbot", "┃ before")
        await here.deletes(shown)
        here.writes("more")
        async with asyncio.timeout(5):
            while len(here.trail.entries) < 2:  # noqa: ASYNC110 - the record is what shows the end
                await asyncio.sleep(0.01)
        assert here.trail.entries[-1].detail.startswith("follow ended: stopped")


async def test_there_is_no_place_to_show_it() -> None:
    """Without the scope for direct messages nothing is begun, and the asker is told why."""
    settings = demo_settings(pace=FAST)
    scopes = settings.app.scopes - {"im:write"}
    async with stage(replace(settings, app=replace(settings.app, scopes=scopes))) as here:
        with pytest.raises(NotShown, match="missing_scope"):
            await here.begins()
        assert here.trail.entries[-1].detail.startswith("follow ended")


async def test_podbot_stops() -> None:
    """What is followed says so, and nothing new is begun."""
    async with stage(demo_settings(pace=FAST)) as here:
        await here.begins()
        await here.alice.sees("@podbot", "┃ before")
        await here.streams.close(5.0)
        ended = await here.alice.sees("@podbot", "podbot is being restarted")
        assert "[ Stop ]" not in as_text(ended)
        with pytest.raises(Stopping):
            await here.begins()
