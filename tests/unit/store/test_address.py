"""URLs as people write them, and no password in any word about them."""

from __future__ import annotations

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
    ],
)
def test_a_driver_is_filled_in(written: str, meant: str) -> None:
    """Whoever copies a URL from a console need not know of drivers."""
    assert address.parse(written).render_as_string(hide_password=False) == meant


@pytest.mark.parametrize(
    "written",
    [
        "mysql://root:hunter2@db/podbot",
        "podbot.db",
        "",
        "postgresql://a:hunter2@db:port/podbot",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:podbot?mode=memory&uri=true",
    ],
)
def test_what_is_no_store_is_refused_without_repeating_it(written: str) -> None:
    """A store that forgets everything is a mistake, too."""
    with pytest.raises(StoreUnusable) as caught:
        address.parse(written)
    assert "hunter2" not in str(caught.value)


def test_what_is_shown_of_a_url() -> None:
    """Where it is, and not how to get in."""
    assert address.shown(address.parse("postgresql://a:hunter2@db/podbot?ssl=require")) == "db:5432/podbot"
    assert address.shown(address.parse("sqlite:////var/lib/podbot.db")) == "/var/lib/podbot.db"
    assert address.file_of(address.parse("sqlite:///podbot.db")) == Path.cwd() / "podbot.db"
