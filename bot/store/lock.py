"""One process at a time writes to an SQLite store: a lock on a file beside it.

The kernel holds it for as long as the process lives, so that nothing has to be cleaned up after a crash.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.store.failures import StoreUnusable


@contextmanager
def only_writer(file: Path) -> Iterator[None]:
    """Be the only one who writes to this database file. Raises `StoreUnusable` where another does already."""
    # By its real name: through a link it would be another file's neighbour.
    beside = Path(f"{file.resolve()}.lock")
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnusable(f"{beside}: {error.strerror}") from error
    try:
        _lock(descriptor, file)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, file: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
        raise StoreUnusable(
            f"{file}: another podbot writes to it already (process {holder or 'unknown'}); "
            "stop that one first, or use PostgreSQL for several replicas"
        ) from None
    with suppress(OSError):  # it is for people to read, and the disk may be full
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
