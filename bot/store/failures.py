"""Where whatever a database, its driver or the system raises becomes one of podbot's own errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]  # it brings no types
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.errors import PodbotError, StoreUnavailable


class StoreUnusable(PodbotError):
    """The database is not one that this podbot can work with; trying again changes nothing."""


FAILURES = (
    SQLAlchemyError,
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,  # neither of asyncpg's is translated by SQLAlchemy while it connects
    OSError,
    TimeoutError,
)


@contextmanager
def translated() -> Iterator[None]:
    """Turn every failure of the database into `StoreUnavailable`, in the database's own words.

    One that would fail again and again is among them: the bot goes on from memory and says why, which is
    better than not going on.
    """
    try:
        yield
    except FAILURES as error:
        raise StoreUnavailable(in_words(error)) from error


def in_words(error: BaseException) -> str:
    """The first line of what went wrong, without the statement and its parameters."""
    cause = error
    if isinstance(error, DBAPIError) and error.orig is not None:
        cause = error.orig.__cause__ or error.orig  # under SQLAlchemy's own layer over asyncpg: asyncpg's
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__
