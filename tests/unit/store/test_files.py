"""SQLite's file: one writer, no overwriting, and clear words where it cannot be worked with."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.model.leadership import Term
from bot.store import command
from bot.store.backup import backup
from bot.store.damage import look_through
from bot.store.failures import StoreUnusable
from bot.store.lock import only_writer
from bot.store.store import open_store
from tests.support.deaths import CLUSTER, a_death
from tests.support.stores import Entries, a_batch, an_incident

HOLDER = """
import sys, time
from pathlib import Path
from bot.store.lock import only_writer
with only_writer(Path(sys.argv[1])):
    print("mine", flush=True)
    time.sleep(60)
"""


def test_a_second_writer_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    """Killed, it leaves no lock behind, whatever file it leaves."""
    file = tmp_path / "podbot.db"
    with subprocess.Popen([sys.executable, "-c", HOLDER, file], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mine\n"
        with (
            pytest.raises(
                StoreUnusable, match=rf"another podbot writes to it already \(process {holder.pid}\)"
            ),
            only_writer(file),
        ):
            pytest.fail("two at a time")
        holder.send_signal(signal.SIGKILL)
    with only_writer(file):
        assert f"{os.getpid()}\n" == (tmp_path / "podbot.db.lock").read_text()


async def test_a_link_to_the_file_is_the_same_file(tmp_path: Path) -> None:
    """By whichever name it is opened."""
    (tmp_path / "link.db").symlink_to(tmp_path / "podbot.db")
    with only_writer(tmp_path / "podbot.db"), pytest.raises(StoreUnusable, match="another podbot"):
        await command.migrated(f"sqlite:///{tmp_path / 'link.db'}")


async def test_the_store_is_nobody_elses_to_read(tmp_path: Path) -> None:
    """The last words of pods are in it."""
    await command.migrated(f"sqlite:///{tmp_path / 'podbot.db'}")
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert modes == {"podbot.db": 0o600, "podbot.db.lock": 0o600}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(
            b"not a database, but long enough to look at: " * 200, "file is not a database", id="text"
        ),
        pytest.param(b"SQLite format 3\0" + b"\xff" * 4096, "not a database|malformed", id="damaged"),
    ],
)
async def test_what_is_no_database_is_left_as_it_is(tmp_path: Path, content: bytes, words: str) -> None:
    """And the way out is said."""
    file = tmp_path / "podbot.db"
    file.write_bytes(content)
    with pytest.raises(StoreUnusable, match=rf"{re.escape(str(file))}: .*({words}).*go back to a backup"):
        await command.migrated(f"sqlite:///{file}")
    assert file.read_bytes() == content


async def test_a_store_that_is_damaged_in_its_middle_is_refused_at_the_start(tmp_path: Path) -> None:
    """It opens, and would fail when an incident needs it; a backup of it says the same."""
    file = tmp_path / "podbot.db"
    await command.migrated(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as database:
        ((root, size),) = database.execute(
            "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = 'deaths'"
        ).fetchall()
    with file.open("r+b") as content:
        content.seek((root - 1) * size)
        content.write(b"\xff" * size)
    assert (await command.is_current(f"sqlite:///{file}"))[0]
    with pytest.raises(StoreUnusable, match=r"damaged.*go back to a backup"):
        await command.migrated(f"sqlite:///{file}")
    with pytest.raises(StoreUnusable, match=r"malformed.*go back to a backup"):
        await backup(f"sqlite:///{file}", tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    look_through(file, at_most=4096)  # one that would take too long is not kept from starting


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """It is not made: the path may be a mistake."""
    with pytest.raises(StoreUnusable, match="none: there is no such folder to put the store into"):
        await command.migrated(f"sqlite:///{tmp_path / 'none' / 'podbot.db'}")
    with pytest.raises(StoreUnusable, match="there is no such file"):
        await command.is_current(f"sqlite:///{tmp_path / 'podbot.db'}")
    assert list(tmp_path.iterdir()) == []


async def test_a_backup_is_whole_and_made_beside_a_running_bot(tmp_path: Path) -> None:
    """It can be worked with in place of the store."""
    url, copy = f"sqlite:///{tmp_path / 'podbot.db'}", tmp_path / "copy.db"
    death, later = a_death(restart=0), a_death(restart=1)
    async with open_store(url, clock=SystemClock(), audit_log=Entries()) as store:
        kept = store.term(CLUSTER, Term(1))
        await kept.save(a_batch(an_incident("1F3K", death), death))
        await backup(url, copy)
        await kept.save(a_batch(an_incident("1F3K", death, later), later))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    async with open_store(f"sqlite:///{copy}", clock=SystemClock(), audit_log=Entries()) as store:
        assert await store.term(CLUSTER, Term(1)).known([death.id, later.id]) == {death.id}


async def test_a_backup_overwrites_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Nor is one made of something else."""
    url, there = f"sqlite:///{tmp_path / 'podbot.db'}", tmp_path / "there"
    await command.migrated(url)
    there.write_text("precious")
    with pytest.raises(StoreUnusable, match="overwrites nothing"):
        await backup(url, there)
    assert there.read_text() == "precious"
    with pytest.raises(StoreUnusable, match="pg_dump"):
        await backup("postgresql://db/podbot", tmp_path / "copy.db")
    with pytest.raises(StoreUnusable, match="no such folder"):
        await backup(url, tmp_path / "none" / "copy.db")
    assert {each.name for each in tmp_path.iterdir()} == {"podbot.db", "podbot.db.lock", "there"}


async def test_an_upgrade_that_is_interrupted_leaves_the_schema_as_it_was(tmp_path: Path) -> None:
    """All steps are one transaction."""
    file = tmp_path / "podbot.db"
    await command.migrated(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as database:
        database.execute(
            "DELETE FROM podbot_schema"
        )  # so that the first step is due again, and fails half-way
        database.execute("DROP TABLE audit")
        database.commit()
    with pytest.raises(Exception, match="already exists"):
        await command.migrated(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT name FROM sqlite_master WHERE name = 'audit'").fetchall() == []
