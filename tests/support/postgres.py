"""A real PostgreSQL on loopback, on a port of its own: one for the whole run, a new database for each test.

Its programs are found on PATH, or where Debian keeps them. Run by root, it runs as an unprivileged user, as
it insists on. It does not wait for the disk (`fsync=off`), which a test that kills processes does not need:
what was committed survives the end of any process, though not that of the machine.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from tests.support.envtest import free_port

HOW_TO_RUN = "needs PostgreSQL's programs on PATH, or in /usr/lib/postgresql (Debian: apt install postgresql)"
"""Why tests are skipped without it."""

USER = "podbot"

_DEBIAN = Path("/usr/lib/postgresql")
_PROGRAMS = ("initdb", "postgres", "pg_isready", "psql")
_UNPRIVILEGED = ("postgres", "nobody")
_READY_WITHIN = 120.0
_STOPS_WITHIN = 60.0


def programs() -> Path | None:
    """The folder that has all programs needed, of the newest version where there are several."""
    found = shutil.which("postgres")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(_DEBIAN.glob("*/bin"), key=lambda each: float(each.parent.name), reverse=True)
    return next((each for each in folders if all((each / name).exists() for name in _PROGRAMS)), None)


def need_programs() -> Path:
    """Skip the test where there is no PostgreSQL to start; fail it where there has to be one."""
    folder = programs()
    if folder is None:
        if "postgres" in os.environ.get("PODBOT_TEST_REQUIRE", "").split(","):
            pytest.fail(HOW_TO_RUN)
        pytest.skip(HOW_TO_RUN)
    return folder


class Postgres:
    """The server: `with Postgres() as server`. All calls block until done, for a second or two at most."""

    def __init__(self, programs_in: Path) -> None:
        self.port = free_port()
        self._programs = programs_in
        self._stack = ExitStack()
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Postgres:
        try:
            self._set_up()
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            words = self.last_words()
            self._stack.close()
            pytest.fail(f"PostgreSQL did not start: {error}\n{words}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def url(self, database: str) -> str:
        """A database's URL, without a driver's name; loopback needs no password."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database; returns its URL."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """What `psql` prints for a statement, unaligned and without headings."""
        done = subprocess.run(
            [self._programs / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, self.url(database)],
            capture_output=True,
            text=True,
            timeout=_READY_WITHIN,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self) -> None:
        """Start the server (again), on the same port and data, and wait until it takes connections."""
        log = self.folder / "log"
        with log.open("ab") as out:
            self._child = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data],
                stdout=out,
                stderr=subprocess.STDOUT,
                **self._identity,
            )
        end = time.monotonic() + _READY_WITHIN
        while not self._ready():
            assert self._child.poll() is None, "it ended by itself"
            assert time.monotonic() < end, f"it is not ready within {_READY_WITHIN} s"
            time.sleep(0.05)

    def stop(self, *, hard: bool = False) -> None:
        """End the server, and with it its connections; `hard` as a crash would, to recover at its start."""
        child, self._child = self._child, None
        if child is None:
            return
        child.send_signal(signal.SIGQUIT if hard else signal.SIGINT)  # its "immediate" and "fast" shutdowns
        try:
            child.wait(_STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(_STOPS_WITHIN)

    def restart(self, *, hard: bool = False) -> None:
        """End the server and start it again."""
        self.stop(hard=hard)
        self.start()

    def last_words(self) -> str:
        """The end of its log."""
        log = self.folder / "log" if hasattr(self, "folder") else Path(os.devnull)
        return log.read_text(errors="replace")[-3000:] if log.is_file() else ""

    def _set_up(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path is short
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self._identity = self._unprivileged(self.folder)
        self._data = self.folder / "data"
        self._stack.callback(self.stop)
        subprocess.run(
            [
                *(self._programs / "initdb", "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8"),
                *("--no-locale", "--no-sync", "--no-instructions"),
            ],
            check=True,
            capture_output=True,
            timeout=_READY_WITHIN,
            **self._identity,
        )
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.port}\n"
                f"unix_socket_directories = '{self.folder}'\n"
                "fsync = off\nfull_page_writes = off\nshared_buffers = 32MB\nmax_connections = 60\n"
            )
        self.start()

    def _ready(self) -> bool:
        asked = subprocess.run(
            [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "2"],
            check=False,
            timeout=60,
        )
        return asked.returncode == 0

    @staticmethod
    def _unprivileged(folder: Path) -> Mapping[str, Any]:
        """As whom the server runs, and whose its folder therefore is."""
        if os.geteuid() != 0:
            return {"cwd": folder}
        known = {each.pw_name: each for each in pwd.getpwall()}
        person = next(known[name] for name in _UNPRIVILEGED if name in known)
        os.chown(folder, person.pw_uid, person.pw_gid)
        return {"cwd": folder, "user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


def pytest_configure(config: pytest.Config) -> None:
    """Make the tests' marker known."""
    config.addinivalue_line("markers", "postgres: needs PostgreSQL's programs")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole run, started when the first test asks for it.

    A test that stops it starts it again; one that wants it for itself makes a `Postgres` of its own.
    """
    with Postgres(need_programs()) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The URL of a new, empty database."""
    return postgres.new_database()
