"""A disk that is full says so, loses nothing that was saved, and is written to again once there is room."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import StoreUnavailable
from bot.model.leadership import Term
from bot.store.store import open_store
from tests.support.deaths import CLUSTER, a_death
from tests.support.stores import Entries, a_batch, an_incident


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """The kernel refuses this process to make files longer than that: a write fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 1, 4_096, 5_000, 20_000])
async def test_a_full_disk_is_told_and_recovered_from(tmp_path: Path, room: int) -> None:
    """Wherever in a transaction it fills up; nothing has to be opened anew."""
    file, log = tmp_path / "podbot.db", tmp_path / "podbot.db-wal"
    first, second = (
        [a_death(uid=f"uid-{batch}", restart=each, message="x" * 3_000) for each in range(20)]
        for batch in "12"
    )
    async with open_store(f"sqlite:///{file}", clock=SystemClock(), audit_log=Entries()) as store:
        kept = store.term(CLUSTER, Term(1))
        await kept.save(a_batch(an_incident("1111", *first), *first))
        with no_file_longer_than(max(file.stat().st_size, log.stat().st_size) + room):
            for _ in range(3):
                with pytest.raises(StoreUnavailable, match=r"full|disk I/O error"):
                    await kept.save(a_batch(an_incident("2222", *second), *second))
                assert await kept.known([each.id for each in (*first, *second)]) == {
                    each.id for each in first
                }
        await kept.save(a_batch(an_incident("2222", *second), *second))
        assert len(await kept.known([each.id for each in second])) == len(second)
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
