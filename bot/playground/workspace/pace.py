"""Slack's rate limits: about one post a second to a channel, and a number of calls a minute for each
method.
"""

from __future__ import annotations

import math
from collections import deque
from enum import Enum

from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.settings import PaceSettings
from bot.playground.workspace.wire import ChannelId, Clock


class Tier(Enum):
    """Slack's tiers, by calls a minute; SPECIAL methods are limited elsewhere or hardly at all."""

    TIER_2 = 20
    TIER_3 = 50
    TIER_4 = 100
    SPECIAL = 600


class Pace:
    """Counts calls and refuses those that come too fast."""

    def __init__(self, settings: PaceSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}
        self._posts: dict[ChannelId, tuple[float, float]] = {}

    def count_call(self, method: str, tier: Tier) -> None:
        """Counts one call of the method.

        Raises:
            Refused: `ratelimited` with the seconds to wait.
        """
        now = self._clock()
        calls = self._calls.setdefault(method, deque(maxlen=tier.value))
        while calls and calls[0] <= now - self._settings.window_seconds:
            calls.popleft()
        if len(calls) >= tier.value:
            raise _too_fast(calls[0] + self._settings.window_seconds - now)
        calls.append(now)

    def count_post(self, channel: ChannelId) -> None:
        """Counts one `chat.postMessage` to the channel.

        Raises:
            Refused: `ratelimited` with the seconds to wait.
        """
        now, burst = self._clock(), float(self._settings.post_burst)
        left, since = self._posts.get(channel, (burst, now))
        left = min(burst, left + (now - since) * self._settings.posts_per_second)
        if left < 1:
            self._posts[channel] = (left, now)
            raise _too_fast((1 - left) / self._settings.posts_per_second)
        self._posts[channel] = (left - 1, now)


def _too_fast(seconds: float) -> Refused:
    return Refused("ratelimited", retry_after=max(1, math.ceil(seconds)))
