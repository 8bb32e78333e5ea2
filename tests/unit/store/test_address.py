"""URLs as people write them, and no password in any word about them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.store import address
from bot.store.failures import StoreUnusable


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sqlite:///podbot.db", "sqlite+aiosqlite:///podbot.db"),
        ("sqlite+aiosqlite:////var/lib/podbot.db", "sqlite+aiosqlite:////var/lib/podbot.db"),
        ("postgres://a:b@db/podbot", "postgresql+asyncpg://a:b@db/podbot"),
        ("postgresql://a@db:5433/podbot", "postgresql+asyncpg://a@db:5433/podbot"),
        ("postgresql+asyncpg://db/podbot", "postgresql+asyncpg://db/podbot"),
        ("postgresql://db/podbot?sslmode=require", "postgresql+asyncpg://db/podbot?ssl=require"),
        ("postgresql://a:b%40c@db/podbot", "postgresql+asyncpg://a:b%40c@db/podbot"),
        (
            "postgresql:///podbot?host=/run/postgresql",
            "postgresql+asyncpg:///podbot?host=%2Frun%2Fpostgresql",
        ),
    ],
)
def test_a_driver_is_filled_in(written: str, meant: str) -> None:
    """Whoever copies a URL from a console need not know of drivers."""
    assert address.parse(written).render_as_string(hide_password=False) == meant


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("mysql://root:hunter2@db/podbot", "sqlite:///FILE or postgresql://"),
        ("podbot.db", "sqlite:///FILE or postgresql://"),
        ("", "sqlite:///FILE or postgresql://"),
        ("postgresql://a:hunter2@db:port/podbot", "sqlite:///FILE or postgresql://"),
        ("postgresql://a:my@hunter2@db/podbot", "%40"),
        ("postgresql://a:b@db/podbot?pasword=hunter2", "sslmode, host and port"),
        ("postgresql://db/podbot?command_timeout=9", "sslmode, host and port"),
        ("postgresql://db/podbot?sslmode=hunter2", "verify-full"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:///file:podbot?mode=memory&uri=true", "needs a file"),
        ("sqlite:///podbot.db?mode=ro", "takes no parameters"),
    ],
)
def test_what_is_no_store_is_refused_without_repeating_it(written: str, advice: str) -> None:
    """It is said how it is written instead. A store that forgets everything is a mistake, too."""
    with pytest.raises(StoreUnusable, match=re.escape(advice)) as caught:
        address.parse(written)
    assert "hunter2" not in str(caught.value)


def test_what_is_shown_of_a_url() -> None:
    """Where it is, and not how to get in."""
    assert address.shown(address.parse("postgresql://a:hunter2@db/podbot?ssl=require")) == "db:5432/podbot"
    by_socket = address.parse("postgresql://a:hunter2@/podbot?host=/run/postgresql&port=5433")
    assert address.shown(by_socket) == "/run/postgresql:5433/podbot"
    assert address.shown(address.parse("sqlite:////var/lib/podbot.db")) == "/var/lib/podbot.db"
    assert address.file_of(address.parse("sqlite:///podbot.db")) == Path.cwd() / "podbot.db"
