"""Stopping a followed log that another replica follows: Slack gives the press to any of them.

The one that gets it and follows nothing of the kind says so in the replicas' common memory; whoever follows
looks there, ends the follow and confirms it in the same way. Without such a memory there is one replica.
"""

from __future__ import annotations

import asyncio

from bot import logs
from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.model.commands import StopFollowing
from bot.model.log_answers import FollowEnd
from bot.model.people import Asker, UserId
from bot.pods.log_feed import LogFeed
from bot.pods.ports import Claims

LOOKS_EVERY = 1.5
"""Seconds between two looks for each followed log."""

CONFIRMED_WITHIN = 4.0
"""Seconds that whoever was asked to stop it is waited for."""

_CONFIRMED_LOOKS = 8
_ANSWERS_WITHIN = 1.0

logger = logs.get(__name__)


class Stops:
    """One replica's part in stops: asks the others for them, and heeds what they ask."""

    def __init__(self, claims: Claims | None, clock: Clock) -> None:
        self._claims = claims
        self._clock = clock

    async def heed(self, feed: LogFeed) -> None:
        """End a followed log when its asker has stopped it at another replica; returns when it is over."""
        if self._claims is None:
            return
        while not feed.over:
            await self._clock.sleep(LOOKS_EVERY)
            try:
                async with asyncio.timeout(_ANSWERS_WITHIN):
                    if await self._claims.taken(_wanted(feed.asker.person.id, feed.follow)):
                        feed.finish(FollowEnd.STOPPED)
                        await self._claims.first(_done(feed.follow))
            except (TimeoutError, StoreUnavailable) as error:
                logger.debug("stops_unknown", follow=feed.follow, problem=str(error))

    async def elsewhere(self, asker: Asker, command: StopFollowing) -> bool:
        """Whether another replica has ended a log that this person follows there, having been told to."""
        if self._claims is None:
            return False
        try:
            async with asyncio.timeout(CONFIRMED_WITHIN + _ANSWERS_WITHIN):
                await self._claims.first(_wanted(asker.person.id, command.follow))
                for _ in range(_CONFIRMED_LOOKS):
                    if await self._claims.taken(_done(command.follow)):
                        return True
                    await self._clock.sleep(CONFIRMED_WITHIN / _CONFIRMED_LOOKS)
        except (TimeoutError, StoreUnavailable) as error:
            logger.warning("stop_not_told", follow=command.follow, problem=str(error))
        return False


def _wanted(user: UserId, follow: str) -> str:
    # The person is part of it: only whoever follows a log may stop it.
    return f"stop {user} {follow}"


def _done(follow: str) -> str:
    return f"stopped {follow}"
