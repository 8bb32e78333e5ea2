"""A copy of an SQLite store, made beside whoever writes to it, whole or not at all."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.errors import StoreUnavailable
from bot.store import address
from bot.store.damage import WAY_OUT, is_damage
from bot.store.database import BUSY_FOR
from bot.store.failures import StoreUnusable, translated
from bot.store.store import open_to_look


async def backup(url: str, target: Path) -> None:
    """Copy the store at a URL into a new file. Raises `StoreUnusable` and `StoreUnavailable`."""
    source = address.file_of(address.parse(url))
    if source is None:
        raise StoreUnusable("this store is PostgreSQL: its own pg_dump makes the backup")
    async with open_to_look(url):  # which says what is wrong, where it is no store
        try:
            await asyncio.to_thread(_backup, source, target)
        except StoreUnavailable as problem:
            if is_damage(problem.__cause__):
                raise StoreUnusable(f"{source}: {problem}; {WAY_OUT}") from problem
            raise StoreUnavailable(f"{target}: no backup was made: {problem}") from problem


def _backup(source: Path, target: Path) -> None:
    if target.exists():
        raise StoreUnusable(f"{target}: there is such a file already; a backup overwrites nothing")
    if not target.parent.is_dir():
        raise StoreUnusable(f"{target.parent}: there is no such folder to put the backup into")
    partial = target.with_name(f"{target.name}.partial")
    with translated():
        try:
            partial.unlink(missing_ok=True)
            os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            _copy(source, partial)
            _to_disk(partial)  # SQLite does not wait for that in a copy
            target.hardlink_to(partial)  # which, unlike a renaming, takes nobody's place
            _to_disk(target.parent)
        finally:
            partial.unlink(missing_ok=True)


def _copy(source: Path, copy: Path) -> None:
    with closing(sqlite3.connect(source, timeout=BUSY_FOR)) as original:
        original.execute("VACUUM INTO ?", (str(copy),))
    with closing(sqlite3.connect(copy)) as made:
        (verdict,) = made.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise StoreUnusable(f"the copy is damaged ({verdict}), hence probably the store, too")


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
