"""`podbot migrate`, `podbot backup` and `podbot incidents` as people type them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.clock import SystemClock
from bot.model.deaths import Cause
from bot.model.leadership import Term
from bot.model.letters import LetterKey
from bot.model.pods import ClusterUid
from bot.store.store import open_store
from tests.support.deaths import CLUSTER, a_death, a_pods_death
from tests.support.stores import Entries, a_batch, an_incident, posted

FIELDS = (
    *("cluster", "namespace", "pod", "uid", "container", "restart", "cause", "exit_code", "signal"),
    *("finished_at", "seen_at", "announced_at"),
)
"""What the design promises of each death."""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store's; there is no `.env` beside it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "podbot.db"


def podbot(file: Path, *arguments: str) -> Result:
    """What the command says; nothing but the store has to be set up."""
    return CliRunner().invoke(main, arguments, env={"PODBOT_DATABASE_URL": f"sqlite:///{file}"})


async def two_incidents(file: Path) -> None:
    """One of an hour ago, told 2 s later, and one that nobody was told of yet."""
    ago = datetime.now(UTC).replace(microsecond=250_000) - timedelta(hours=1)
    oom = a_death(
        Cause.OOM_KILLED,
        exit_code=137,
        restart=3,
        unseen_before=1,
        finished_at=ago,
        started_at=None,
        seen_at=ago,
    )
    evicted = replace(a_pods_death(Cause.EVICTED, uid="uid-2"), finished_at=None, seen_at=ago)
    async with open_store(f"sqlite:///{file}", clock=SystemClock(), audit_log=Entries()) as store:
        kept = store.term(CLUSTER, Term(1))
        await kept.save(a_batch(an_incident("1F3K", oom), oom))
        await kept.note(LetterKey("incident/1F3K"), posted(1), ago + timedelta(seconds=2))
        await kept.save(a_batch(an_incident("2222", evicted), evicted))


def test_incidents_for_programs(file: Path) -> None:
    """Each with every death, and each death with all that is promised, in UTC."""
    asyncio.run(two_incidents(file))
    said = podbot(file, "incidents", "--since", "24h", "-o", "json")
    assert (said.exit_code, said.stderr) == (0, "")
    oom, evicted = sorted(json.loads(said.stdout)["incidents"], key=lambda each: each["incident"])
    assert (oom["incident"], oom["state"], oom["counted"]) == ("1F3K", "firing", 2)
    assert oom["owner"] == {"kind": "Deployment", "name": "web"}
    unseen, seen = sorted(oom["deaths"], key=lambda each: each["restart"])
    assert {*FIELDS} <= seen.keys() == unseen.keys()
    assert (seen["cause"], seen["exit_code"], seen["signal"], seen["restart"]) == ("OOMKilled", 137, 9, 3)
    assert (unseen["cause"], unseen["exit_code"], unseen["restart"]) == (None, None, 2)
    told = datetime.fromisoformat(seen["announced_at"]) - datetime.fromisoformat(seen["finished_at"])
    assert told == timedelta(seconds=2)
    assert seen["seen_at"].endswith(".250000Z")
    assert evicted["deaths"][0]["announced_at"] is None


def test_incidents_for_people(file: Path) -> None:
    """A line for each incident and each death."""
    asyncio.run(two_incidents(file))
    said = podbot(file, "incidents").stdout
    assert "1F3K  firing  OOMKilled  deployment/web in shop, prod-eu  2 deaths of 1 pod\n" in said
    assert "app #3  OOMKilled  exit 137  announced 2 s after it was seen\n" in said
    assert "app #2  seen by nobody, only counted" in said
    assert "the whole pod  Evicted  not announced\n" in said


def test_no_incidents(file: Path) -> None:
    """It says so, and since when."""
    assert podbot(file, "migrate").exit_code == 0
    assert podbot(file, "incidents", "--since", "2h").stdout.startswith("no incidents since ")


def test_migrate_and_its_check(file: Path) -> None:
    """The check changes nothing, and its exit code is for scripts."""
    unmade = podbot(file, "migrate", "--check")
    assert (unmade.exit_code, "there is no such file" in unmade.stderr) == (1, True)
    file.touch()
    assert podbot(file, "migrate", "--check").exit_code == 1
    assert "migrated from an empty database" in podbot(file, "migrate").stdout
    checked = podbot(file, "migrate", "--check")
    assert (checked.exit_code, "is up to date" in checked.stdout) == (0, True)


def test_a_clusters_name_is_freed(file: Path) -> None:
    """By its name; one that stands for no cluster is refused, and so is a check that would change it."""

    async def named() -> None:
        async with open_store(f"sqlite:///{file}", clock=SystemClock(), audit_log=Entries()) as store:
            await store.identities.holder(CLUSTER, ClusterUid("uid-of-the-first"))

    asyncio.run(named())
    contradiction = podbot(file, "migrate", "--check", "--forget-cluster", CLUSTER)
    assert (contradiction.exit_code, "--check changes nothing" in contradiction.stderr) == (2, True)
    slip = podbot(file, "migrate", "--forget-cluster", "prod")
    assert (slip.exit_code, f"there are: {CLUSTER}" in slip.stderr) == (1, True)
    freed = podbot(file, "migrate", "--forget-cluster", CLUSTER)
    assert (freed.exit_code, f"{CLUSTER} is forgotten" in freed.stdout) == (0, True)
    again = podbot(file, "migrate", "--forget-cluster", CLUSTER)
    assert (again.exit_code, "there are: none" in again.stderr) == (1, True)


def test_backup(file: Path) -> None:
    """Into a new file."""
    assert podbot(file, "migrate").exit_code == 0
    copy = file.with_name("copy.db")
    assert podbot(file, "backup", str(copy)).exit_code == 0
    again = podbot(file, "backup", str(copy))
    assert (again.exit_code, "overwrites nothing" in again.stderr) == (1, True)


def test_a_wrong_url_is_a_wrong_setting_and_keeps_its_password() -> None:
    """Exit code 2, as for every setting."""
    said = CliRunner().invoke(main, ["incidents"], env={"PODBOT_DATABASE_URL": "mysql://root:hunter2@db/x"})
    assert said.exit_code == 2
    assert said.stderr.startswith("podbot: PODBOT_DATABASE_URL: the database must be SQLite")
    assert "hunter2" not in said.output
