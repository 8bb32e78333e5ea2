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

_FORMS = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_PARAMETERS = {"sslmode", "ssl", "host", "port"}
"""What may follow the ? of a server's URL; `host` may be the folder of a socket. The driver takes others,
which would undo what podbot sets itself, and raises a TypeError at those that it does not know."""


def parse(text: str) -> URL:
    """With a driver and its ways filled in. Raises `StoreUnusable`, without the URL, which has a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreUnusable(f"this is no URL of a database: write it as {_FORMS}") from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise StoreUnusable(f"the database must be SQLite or PostgreSQL: {_FORMS}")
    url = url.set(drivername=driver)
    if driver.startswith("sqlite"):
        if url.database in (None, "", ":memory:") or str(url.database).startswith("file:"):
            raise StoreUnusable("SQLite needs a file: sqlite:///podbot.db, or sqlite:////var/lib/podbot.db")
        if url.query:
            raise StoreUnusable("SQLite takes no parameters: leave out the ? and what follows")
        return url
    return _of_a_server(url)


def _of_a_server(url: URL) -> URL:
    if "@" in (url.host or ""):  # what is before it is the end of the password, and would be shown
        raise StoreUnusable("a password's own @ is written %40, its / %2F and its : %3A")
    if not url.query.keys() <= _PARAMETERS:
        raise StoreUnusable("of parameters after the ? it takes sslmode, host and port")
    # `sslmode` is libpq's word for it, which is in every URL that people copy; asyncpg has another.
    mode = url.query.get("sslmode", url.query.get("ssl"))
    if mode is None:
        return url
    if mode not in _SSL_MODES:
        raise StoreUnusable(f"sslmode is one of {', '.join(_SSL_MODES)}")
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


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
    host, port = url.host or url.query.get("host", "localhost"), url.port or url.query.get("port", 5432)
    return f"{host}:{port}/{url.database or ''}"
