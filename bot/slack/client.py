"""The Web API client, and Slack's failures in podbot's own words.

No exception of Slack's libraries or of aiohttp leaves `bot.slack`: `translated` stands around every call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address
from math import isfinite
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import PodbotError

CALL_SECONDS = 10
"""For one call of the Web API, from connecting to the last byte."""

_PASSING = frozenset(
    {
        "external_channel_migrating",
        "fatal_error",
        "internal_error",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "rollup_error",
        "service_unavailable",
        "team_added_to_org",
        "update_failed",
    }
)
"""Error codes that Slack documents as its own trouble, not the caller's."""


_TOO_FAST = frozenset({"rate_limited", "ratelimited"})


class SlackTrouble(PodbotError):
    """Slack did not do what it was asked.

    `code` is Slack's error code, or `unreachable` where no answer came. `passing` says that the same call
    may go well another time; whether it was done is then not known, unless `refused` says that it was not.
    `retry_after` is Slack's own word on when, in seconds. `details` is what Slack says is wrong with the
    request, or the scope that is missing.
    """

    def __init__(
        self,
        code: str,
        *,
        passing: bool,
        refused: bool = False,
        retry_after: float | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"Slack answered {code}" if code != "unreachable" else "Slack does not answer")
        self.code = code
        self.passing = passing
        self.refused = refused or not passing
        self.retry_after = retry_after
        self.details = details


WebClient: TypeAlias = AsyncWebClient
"""Slack's Web API, for those who hand it on and do not call it."""


@asynccontextmanager
async def open_client(*, bot_token: str, api_url: str) -> AsyncIterator[AsyncWebClient]:
    """A client for one token over one connection pool, closed at the end.

    It never repeats a call by itself: whether a post may be repeated is for those to decide who know what
    it says.
    """
    timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        client = AsyncWebClient(
            token=bot_token, base_url=api_url, timeout=CALL_SECONDS, session=session, retry_handlers=[]
        )
        if _is_loopback(api_url):
            client.proxy = None  # slack_sdk takes HTTP_PROXY for every address and knows no NO_PROXY
        yield client


@contextmanager
def translated() -> Iterator[None]:
    """Around calls of Slack: whatever goes wrong is raised as `SlackTrouble`."""
    try:
        yield
    except SlackApiError as error:
        raise _refusal(error) from error
    except aiohttp.ClientConnectorError as error:
        # No connection was made, so nothing was asked.
        raise SlackTrouble("unreachable", passing=True, refused=True, details=(repr(error),)) from error
    except (SlackClientError, aiohttp.ClientError, OSError, ValueError) as error:
        # TimeoutError is an OSError; slack_sdk lets ValueError through for an answer that is no JSON.
        raise SlackTrouble("unreachable", passing=True, details=(repr(error),)) from error


def _refusal(error: SlackApiError) -> SlackTrouble:
    response: Any = error.response
    # An answer that slack_sdk could not read comes as aiohttp's own, with another name for the status.
    status: int = response.status_code if hasattr(response, "status_code") else response.status
    data = getattr(response, "data", None)
    body: dict[str, Any] = data if isinstance(data, dict) else {}
    code = str(body.get("error") or f"http_{status}")
    details = [str(each) for each in (body.get("response_metadata") or {}).get("messages") or ()]
    if needed := body.get("needed"):
        details.append(f"needs the scope {needed}")
    return SlackTrouble(
        code,
        passing=status == 429 or status >= 500 or code in _PASSING or not body,
        refused=status == 429 or code in _TOO_FAST,
        retry_after=seconds(getattr(response, "headers", {}).get("Retry-After")),
        details=tuple(details),
    )


def seconds(header: str | None) -> float | None:
    """How long to wait, by the header `Retry-After`; None where it gives no number of seconds."""
    try:
        given = float(header) if header is not None else None
    except ValueError:
        return None
    return max(0.0, given) if given is not None and isfinite(given) else None


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
