"""Where the store is: the URL that people write, as SQLAlchemy wants it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.store.failures import StoreUnusable

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


def parse(text: str) -> URL:
    """With a driver and its ways filled in. Raises `StoreUnusable`, without the URL, which has a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreUnusable("the database's URL cannot be read") from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise StoreUnusable("the database must be SQLite (sqlite:///FILE) or PostgreSQL (postgresql://…)")
    url = url.set(drivername=driver)
    if driver.startswith("sqlite"):
        if url.database in (None, "", ":memory:") or str(url.database).startswith("file:"):
            raise StoreUnusable("SQLite needs a file: sqlite:///podbot.db, or sqlite:////var/lib/podbot.db")
        return url
    # libpq's word for it, which is in every URL that people copy; asyncpg has another.
    if "sslmode" in url.query:
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": url.query["sslmode"]})
    return url


def file_of(url: URL) -> Path | None:
    """The database's file; None for a server."""
    if url.get_backend_name() != "sqlite":
        return None
    return Path(url.database or "").absolute()


def shown(url: URL) -> str:
    """What may be printed of it: the file, or the server and the database's name."""
    file = file_of(url)
    if file is not None:
        return str(file)
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"
