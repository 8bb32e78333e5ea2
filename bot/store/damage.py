"""Whether an SQLite file is damaged: what its errors say, and a look through it before it is relied on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from bot.store.failures import StoreUnusable

WAY_OUT = "go back to a backup, or move the file away to begin anew"

LOOKS_THROUGH = 256 << 20
"""Bytes of a file, at most, that is looked through at the start: alerts wait for a second or so then. The
look cannot be broken off where SQLite is older than 3.42."""


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite says that the file is none of its own, or damaged."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorname", "").startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT"))


def look_through(file: Path, at_most: int = LOOKS_THROUGH) -> None:
    """Read the file for damage, unless it is larger than this. Raises `StoreUnusable`; blocks.

    A table that is damaged in its middle opens without a word, and fails when an incident needs it.
    """
    try:
        if file.stat().st_size > at_most:
            return
        with closing(sqlite3.connect(file)) as database:
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if not is_damage(error):  # a full disk, another's lock: whoever works with the file says so
            return
        verdict = str(error)
    if verdict != "ok":
        # SQLite's words may take several lines, of which the last says what it is.
        raise StoreUnusable(f"{file}: it is damaged ({verdict.splitlines()[-1]}); {WAY_OUT}")
