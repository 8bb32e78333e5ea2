"""HTTP delivery: signed requests to the app's request URL, as Slack makes them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from urllib.parse import urlencode

from aiohttp import ClientError, ClientResponse, ClientSession

from bot.playground.workspace.delivery.parcels import Answer, Outcome, Parcel, ParcelKind
from bot.playground.workspace.settings import AppSettings, DeliverySettings
from bot.playground.workspace.wire import Clock, Json

_FORM = "application/x-www-form-urlencoded"
_RETRY_REASONS = {"timeout": "http_timeout"}
_OK = range(200, 300)


def signature(secret: str, timestamp: str, body: str) -> str:
    """Slack's version 0 signature over the time and the raw body."""
    signed = f"v0:{timestamp}:{body}".encode()
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class HttpDelivery:
    """Delivers to one request URL.

    Args:
        on_change: Called when the app starts or stops being reachable.
    """

    def __init__(
        self,
        session: ClientSession,
        app: AppSettings,
        settings: DeliverySettings,
        *,
        clock: Clock,
        on_change: Callable[[bool], None],
    ) -> None:
        self._session = session
        self._app = app
        self._settings = settings
        self._clock = clock
        self._on_change = on_change
        self._connected = False

    @property
    def connected(self) -> bool:
        """Whether the last delivery reached the app; False before the first."""
        return self._connected

    def _set_connected(self, now: bool) -> None:
        if now != self._connected:
            self._connected = now
            self._on_change(now)

    async def deliver(self, parcel: Parcel) -> Answer:
        """Posts the parcel and reads the acknowledgement."""
        body, content_type = _body(parcel)
        retry = {}
        if parcel.attempt:
            reason = _RETRY_REASONS.get(parcel.reason, parcel.reason)
            retry = {"X-Slack-Retry-Num": str(parcel.attempt), "X-Slack-Retry-Reason": reason}
        return await self._post(body, content_type, retry, takes_answer=parcel.takes_answer)

    async def verify(self) -> bool:
        """Slack's handshake when a request URL is entered: the app must echo a challenge."""
        challenge = secrets.token_urlsafe(24)
        asked = {"type": "url_verification", "token": self._app.verification_token, "challenge": challenge}
        answer = await self._post(json.dumps(asked), "application/json", {}, takes_answer=True)
        return challenge in (answer.body.get("challenge"), answer.body.get("text"))

    async def _post(
        self, body: str, content_type: str, headers: dict[str, str], *, takes_answer: bool
    ) -> Answer:
        timestamp = str(int(self._clock()))
        signed = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (playground)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._app.signing_secret, timestamp, body),
            **headers,
        }
        url = self._app.request_url or ""
        try:
            async with (
                asyncio.timeout(self._settings.ack_seconds),
                self._session.post(url, data=body.encode(), headers=signed) as response,
            ):
                answer = await _read(response, takes_answer=takes_answer)
        except TimeoutError:
            return Answer(outcome=Outcome.TIMED_OUT, reason="timeout")
        except (ClientError, OSError):
            self._set_connected(now=False)
            return Answer(outcome=Outcome.FAILED, reason="connection_failed")
        self._set_connected(now=True)
        return answer


def _body(parcel: Parcel) -> tuple[str, str]:
    if parcel.kind is ParcelKind.COMMAND:
        return urlencode(parcel.payload), _FORM
    if parcel.kind is ParcelKind.INTERACTION:
        return urlencode({"payload": json.dumps(parcel.payload)}), _FORM
    return json.dumps(parcel.payload), "application/json"


async def _read(response: ClientResponse, *, takes_answer: bool) -> Answer:
    text = await response.text()
    wants_retry = response.headers.get("X-Slack-No-Retry") != "1"
    if response.status not in _OK:
        return Answer(outcome=Outcome.FAILED, reason="http_error", wants_retry=wants_retry)
    body: Json = {}
    if takes_answer and text.strip():
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = None
        body = parsed if isinstance(parsed, dict) else {"text": text}
    return Answer(outcome=Outcome.ACKNOWLEDGED, body=body, wants_retry=wants_retry)
