"""Stopping a log that another replica follows."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import StoreUnavailable
from bot.model.commands import FollowLogs, GetLogs, StopFollowing
from bot.model.log_answers import FollowEnd
from bot.pods.log_feed import LogFeed
from bot.slack.stops import Stops
from tests.support.clock import HeldClock, settle
from tests.support.memory_claims import MemoryClaims
from tests.support.memory_cluster import MemoryCluster
from tests.support.policies import ALICE, STRANGER

STOP = StopFollowing(follow="f00")


def a_feed(clock: HeldClock) -> LogFeed:
    return LogFeed(
        cluster=MemoryCluster(),
        clock=clock,
        follow="f00",
        asker=ALICE,
        asked=FollowLogs(logs=GetLogs(namespace="shop", pod="web-1")),
        sources=(),
        limit=1_000,
        allowed=lambda: True,
    )


async def test_it_ends_within_seconds_and_whoever_pressed_is_told() -> None:
    """The one that follows looks often enough; the one that was pressed waits for it."""
    claims, clock = MemoryClaims(), HeldClock()
    feed = a_feed(clock)
    heeding = asyncio.create_task(Stops(claims, clock).heed(feed))
    pressed = asyncio.create_task(Stops(claims, clock).elsewhere(ALICE, STOP))
    await clock.advance(2.0)
    assert feed.told().end is FollowEnd.STOPPED
    await clock.advance(1.0)
    assert await pressed
    await heeding


async def test_only_whoever_follows_it_may() -> None:
    """Another's press ends nothing, and is told that nothing runs."""
    claims, clock = MemoryClaims(), HeldClock()
    feed = a_feed(clock)
    heeding = asyncio.create_task(Stops(claims, clock).heed(feed))
    pressed = asyncio.create_task(Stops(claims, clock).elsewhere(STRANGER, STOP))
    await clock.advance(6.0)
    assert not await pressed
    assert not feed.over
    feed.finish(FollowEnd.DONE)
    await clock.advance(2.0)
    await heeding


async def test_what_nobody_follows_is_told_so() -> None:
    """The replica that followed it may be gone for good."""
    claims, clock = MemoryClaims(), HeldClock()
    pressed = asyncio.create_task(Stops(claims, clock).elsewhere(ALICE, STOP))
    await clock.advance(6.0)
    assert not await pressed


@pytest.mark.parametrize("claims", [None, MemoryClaims(StoreUnavailable("away"))], ids=["alone", "away"])
async def test_without_a_common_memory_each_replica_knows_its_own(claims: MemoryClaims | None) -> None:
    """A follow goes on as if nobody had pressed; whoever pressed hears so at once."""
    clock = HeldClock()
    feed = a_feed(clock)
    heeding = asyncio.create_task(Stops(claims, clock).heed(feed))
    assert not await Stops(claims, clock).elsewhere(ALICE, STOP)
    await clock.advance(10.0)
    assert not feed.over
    feed.finish(FollowEnd.DONE)
    await clock.advance(2.0)
    await settle()
    assert heeding.done()
