"""Pages as plain JSON, for whatever else an on-call team runs. docs/operations.md has the body. Pure."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec
from pydantic import SecretStr

from bot.model.pages import PageFacts

VERSION = 1
"""Of the body: it grows when a field changes its meaning or goes, not when one is added."""

IDEMPOTENCY, SIGNATURE = "Idempotency-Key", "X-Podbot-Signature"


def body(facts: PageFacts, *, bare: bool = False) -> dict[str, Any]:
    """All that is known of the incident; `bare` is without its text."""
    known: dict[str, Any] = msgspec.to_builtins(facts)
    return {"version": VERSION} | known | ({"text": ""} if bare else {})


def headers(facts: PageFacts, sent: bytes, secret: SecretStr | None) -> dict[str, str]:
    """What goes beside a body: the same key for the same event, and a signature of the very bytes.

    The signature is `sha256=` and the hexadecimal HMAC-SHA256 of the body under the secret.
    """
    found = {IDEMPOTENCY: f"{facts.cluster}/{facts.incident}/{facts.revision}/{facts.event}"}
    if secret is not None:
        key = secret.get_secret_value().encode()
        found[SIGNATURE] = f"sha256={hmac.new(key, sent, hashlib.sha256).hexdigest()}"
    return found
