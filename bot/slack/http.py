"""HTTP mode: Slack's signed requests, from an aiohttp route to Bolt.

The door stands open to everybody, and Bolt reads a request before it looks who signed it: what is no request
at all would raise there, with a traceback in the log for each. So the signature is looked at here first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

PATH = "/slack/events"

READ_WITHIN = 10.0
"""Seconds in which a request has to be there as a whole; Slack itself waits 3 s for its answer."""

_SSL_CHECK = b"ssl_check=1"
"""In a form of Slack's that only looks at the certificate, and that nothing promises to be signed."""


def events_handler(app: AsyncApp, signing_secret: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler to be mounted at `POST` `PATH`; 401 for whatever Slack did not sign, or signed long ago.

    408 for what does not come to its end, 413 for more than aiohttp takes (1 MiB).
    """
    verifier = SignatureVerifier(signing_secret)

    async def handle(request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(READ_WITHIN):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        if _is_signed(verifier, body, request.headers):
            return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))
        return web.Response(status=200 if _SSL_CHECK in body.split(b"&") else 401)

    return handle


def _is_signed(verifier: SignatureVerifier, body: bytes, headers: Mapping[str, str]) -> bool:
    try:
        return verifier.is_valid_request(body, dict(headers))
    except (TypeError, ValueError, OverflowError):
        # A body that is no text, a time that is no number or too large a one, a signature not in ASCII.
        return False
