"""SQLite survives whatever happens to the process, and a log that was torn at any byte.

What was said to be saved is there, whole; of what was not, either all or nothing.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import event

from bot.clock import SystemClock
from bot.model.leadership import Term
from bot.store.store import open_store
from tests.support.deaths import CLUSTER, a_death
from tests.support.stores import Entries, a_batch, an_incident
from tests.unit.store.batch_writer import BATCH

KILLS = 500
TEARS = 500
ROOT = Path(__file__).parents[3]


def batches_in(file: Path) -> dict[int, int]:
    """How many deaths of each batch are there; the database must be sound."""
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = database.execute("SELECT incident, count(*) FROM deaths GROUP BY incident").fetchall()
        incidents = {incident for (incident,) in database.execute("SELECT id FROM incidents")}
        letters = {incident for (incident,) in database.execute("SELECT incident FROM letters")}
    assert {incident for incident, _ in found} == incidents == letters
    return {int(incident.removeprefix("I")): deaths for incident, deaths in found}


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory, where there is such a place: nothing is lost there, and no check waits for a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of the test's own is made in it
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


async def made(folder: Path) -> Path:
    """An empty store."""
    file = folder / "podbot.db"
    async with open_store(f"sqlite:///{file}", clock=SystemClock(), audit_log=Entries()):
        pass
    return file


@contextmanager
def a_writer() -> Iterator[subprocess.Popen[bytes]]:
    """The process that starts children, which write."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.unit.store.batch_writer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as writer:
        try:
            yield writer
        finally:
            writer.kill()


def killed(writer: subprocess.Popen[bytes], file: Path, first: int, after: float) -> list[int]:
    """Have batches written, kill whoever does it so long after the first; what was said to be saved."""
    assert writer.stdin is not None
    assert writer.stdout is not None
    writer.stdin.write(f"{file} {first}\n".encode())
    writer.stdin.flush()
    saved: list[int] = []
    for line in writer.stdout:
        said = line.decode().split()
        if said[0] == "child":
            child = int(said[1])
        elif said[0] == "ended":
            break
        else:
            saved.append(int(said[0]))
            if len(saved) == 1:
                time.sleep(after)  # ruled by chance: there is no condition to wait for
                os.kill(child, signal.SIGKILL)
    return saved


@pytest.mark.timeout(600)
async def test_a_writer_that_is_killed_at_any_moment(folder: Path) -> None:
    """Every batch that it said was saved is there whole, and none is there in part."""
    chance = random.Random(5)  # noqa: S311 - any moment will do
    saved: set[int] = set()
    with a_writer() as writer:
        for number in range(KILLS):
            if number % 50 == 0:  # a new file now and then: the check takes longer with each batch
                (folder / str(number)).mkdir()
                file, saved = await made(folder / str(number)), set()
            saved.update(killed(writer, file, 1 + max(saved, default=0) + 1, chance.uniform(0, 0.012)))
            there = batches_in(file)
            assert set(there.values()) == {BATCH}
            assert saved <= there.keys()


async def test_a_log_that_was_torn_at_any_byte(folder: Path) -> None:
    """What the disk got of it before the power went is a beginning of what was saved, and nothing else."""
    chance = random.Random(6)  # noqa: S311 - any byte will do
    file = await made(folder)
    log = folder / "podbot.db-wal"
    ends: list[int] = []
    async with open_store(f"sqlite:///{file}", clock=SystemClock(), audit_log=Entries()) as store:

        @event.listens_for(store.database.engine.sync_engine, "checkout")
        def keep_the_log(connection: sqlite3.Connection, *_: object) -> None:
            connection.cursor().execute("PRAGMA wal_autocheckpoint = 0")

        kept = store.term(CLUSTER, Term(1))
        for number in range(40):
            deaths = [a_death(uid=f"uid-{number}", restart=restart) for restart in range(BATCH)]
            await kept.save(a_batch(an_incident(f"I{number}", *deaths), *deaths))
            ends.append(log.stat().st_size)
        whole, written = file.read_bytes(), log.read_bytes()
    assert len(written) == ends[-1]

    torn = folder / "torn.db"
    for _ in range(TEARS):
        cut = chance.randrange(len(written) + 1)
        garbage = chance.randbytes(chance.choice([0, 1, 512, 5_000]))
        torn.write_bytes(whole)
        (folder / "torn.db-wal").write_bytes(written[:cut] + garbage)
        expected = [number for number, end in enumerate(ends) if end <= cut]
        assert batches_in(torn) == dict.fromkeys(expected, BATCH)
