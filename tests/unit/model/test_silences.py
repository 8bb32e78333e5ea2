"""What a silence covers, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.model.deaths import Cause
from bot.model.incidents import SilenceId
from bot.model.people import UserId
from bot.model.silences import Silence, SilenceScope

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
TWO = frozenset({Cause.OOM_KILLED, Cause.ERROR})


@pytest.mark.parametrize(
    ("scope", "known", "words"),
    [
        (SilenceScope(namespace="shop"), frozenset(), "everything in shop"),
        (SilenceScope(namespace="shop"), TWO, "Error and OOMKilled in shop"),
        (SilenceScope(cluster="prod-eu"), frozenset(), "everything in all namespaces"),
        (SilenceScope(cluster="prod-eu", cause="ImagePull"), frozenset(), "ImagePull in all namespaces"),
        (SilenceScope(namespace="shop", owner="deployment/web"), frozenset(), "deployment/web in shop"),
        (SilenceScope(namespace="shop", owner="web", cause="Error"), frozenset(), "web in shop (Error)"),
        (SilenceScope(owner="web-*"), TWO, "web-* (Error, OOMKilled)"),
        (SilenceScope(namespace="shop", pod="web-1"), TWO, "pod web-1 in shop (Error, OOMKilled)"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_it_says_what_is_really_silent(scope: SilenceScope, known: frozenset[Cause], words: str) -> None:
    """The causes that it was asked for are all that it keeps back, however wide it reaches."""
    silence = Silence(
        id=SilenceId("S1"), scope=scope, author=UserId("U1"), created_at=NOW, until=NOW, known=known
    )
    assert silence.covered == words
