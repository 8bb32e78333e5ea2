"""Short HTTP calls to addresses whose very text is a secret: incoming webhooks, paging, heartbeats.

Each call opens its own connection and has an end; nothing is repeated, no redirect is followed, and the
address appears in no error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.errors import PodbotError

POST_SECONDS = 10.0
"""For one call, from connecting to the last byte."""

MOST_READ = 2_000
"""Bytes of an answer that are read: it is a word or a short JSON."""


class WebhookFailed(PodbotError):
    """It was not taken. `status` is that of the answer, None where none came; `answer` is its beginning.

    `passing` says that another try is worth while: no answer, 408, 429 or 5xx. `retry_after` is in seconds.
    """

    def __init__(
        self,
        reason: str,
        *,
        passing: bool,
        status: int | None = None,
        answer: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"it {reason}")
        self.passing = passing
        self.status = status
        self.answer = answer
        self.retry_after = retry_after


async def post_json(
    url: SecretStr,
    body: Mapping[str, Any],
    *,
    headers: Mapping[str, str] | None = None,
    seconds: float = POST_SECONDS,
) -> str:
    """Post `body`; returns the beginning of the answer's text. Raises `WebhookFailed` for all but a 2xx."""
    return await post_bytes(url, as_json(body), headers=headers, seconds=seconds)


async def post_bytes(
    url: SecretStr,
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    seconds: float = POST_SECONDS,
) -> str:
    """The same with JSON that is encoded already, for whoever signs it."""
    said = {"Content-Type": "application/json", **(headers or {})}
    return await _call("POST", url, body, said, seconds)


async def get(url: SecretStr, *, seconds: float = POST_SECONDS) -> str:
    """GET it; otherwise as `post_json`."""
    return await _call("GET", url, None, {}, seconds)


def as_json(body: Mapping[str, Any]) -> bytes:
    """How `post_json` encodes it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


async def _call(
    method: str, url: SecretStr, body: bytes | None, headers: Mapping[str, str], seconds: float
) -> str:
    timeout = aiohttp.ClientTimeout(total=seconds)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(
                method, url.get_secret_value(), data=body, headers=headers, allow_redirects=False
            ) as response,
        ):
            said = (await response.content.read(MOST_READ)).decode(errors="replace")
            retry_after = response.headers.get("Retry-After", "")
            status = response.status
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # The library's own words name the address; only the kind is told. TimeoutError is an OSError.
        raise WebhookFailed(f"does not answer ({type(error).__name__})", passing=True) from None
    if 200 <= status < 300:
        return said
    raise WebhookFailed(
        f"answered {status}",
        passing=status in {408, 429} or status >= 500,
        status=status,
        answer=said,
        retry_after=float(retry_after) if retry_after.isdecimal() else None,
    )


class IncomingWebhook:
    """Implements `bot.outbox.ports.LastResort` over a Slack-compatible incoming webhook."""

    def __init__(self, url: SecretStr) -> None:
        self._url = url

    async def tell(self, text: str) -> None:
        """Post the text, with Slack's three control characters escaped: it holds words of pods."""
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        await post_json(self._url, {"text": escaped})
