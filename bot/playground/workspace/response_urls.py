"""Response URLs: the address an app gets with an interaction, good for five answers within thirty minutes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from enum import Enum

from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.rules import limits
from bot.playground.workspace.wire import ChannelId, Clock, Ts, UserId

_KEPT = 10_000


class Origin(Enum):
    """What the address was issued for; it is also part of its path, as in Slack's."""

    COMMAND = "commands"
    ACTION = "actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseUrl:
    """One address and what is left of it.

    Attributes:
        source: The message acted on; None for a slash command, which has none that could be replaced.
    """

    origin: Origin
    channel: ChannelId
    user: UserId
    issued: float
    source: Ts | None = None
    thread_ts: Ts | None = None
    uses: int = 0


class ResponseUrlBook:
    """Issues the secret part of response URLs and counts their uses."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._urls: dict[str, ResponseUrl] = {}

    def issue(
        self,
        origin: Origin,
        *,
        channel: ChannelId,
        user: UserId,
        source: Ts | None = None,
        thread_ts: Ts | None = None,
    ) -> str:
        """The path of a new address, below the workspace's base."""
        secret = secrets.token_urlsafe(18)
        self._urls[secret] = ResponseUrl(
            origin=origin,
            channel=channel,
            user=user,
            issued=self._clock(),
            source=source,
            thread_ts=thread_ts,
        )
        if len(self._urls) > _KEPT:
            del self._urls[next(iter(self._urls))]
        return f"{origin.value}/{secret}"

    def find(self, secret: str) -> ResponseUrl:
        """What the address stands for, if it may still be used.

        Raises:
            Refused: `not_found`, `expired_url` or `used_url`.
        """
        url = self._urls.get(secret)
        if url is None:
            raise Refused("not_found")
        if self._clock() - url.issued > limits.RESPONSE_URL_SECONDS:
            raise Refused("expired_url")
        if url.uses >= limits.RESPONSE_URL_USES:
            raise Refused("used_url")
        return url

    def count_use(self, secret: str) -> None:
        """Counts one accepted answer; a refused one costs nothing."""
        url = self._urls[secret]
        self._urls[secret] = replace(url, uses=url.uses + 1)
