"""The bot on many bad days at once: each death is told once, and each command answered once.

One bot with either database, and several over one PostgreSQL.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.faults import all_faults
from tests.chaos.play import play
from tests.chaos.trial import FULL, SEEDED, SEEDED_REPLICAS, Scale, a_trial
from tests.support.postgres import Postgres, need_programs

FULLY = os.environ.get("PODBOT_CHAOS") == "full"
"""`make chaos`: 1,000 deaths and 100 faults, at Slack's own pace."""

SEED = int(os.environ.get("PODBOT_CHAOS_SEED", "20261122"))
pytestmark = pytest.mark.timeout(4 * 3600 if FULLY else 600)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_nothing_is_lost_and_nothing_is_said_twice(database: str, tmp_path: Path) -> None:
    """Whatever breaks: Slack and the ledger hold every true death once, and commands act once."""
    if database == "sqlite":
        await _tried(tmp_path, None)
    else:
        with Postgres(need_programs()) as server:
            await _tried(tmp_path, server)


async def test_nothing_is_lost_and_nothing_is_said_twice_by_several(tmp_path: Path) -> None:
    """Replicas are killed, stopped and hang, whichever leads, while all else breaks: they are as one."""
    scale, replicas = (FULL, 3) if FULLY else (SEEDED_REPLICAS, 2)
    with Postgres(need_programs()) as server:
        await _tried(tmp_path, server, scale, replicas=replicas)


async def _tried(
    folder: Path, postgres: Postgres | None, scale: Scale = FULL if FULLY else SEEDED, *, replicas: int = 1
) -> None:
    async with a_trial(scale, SEED, folder, postgres=postgres, replicas=replicas) as trial:
        complaints = await play(trial, all_faults(trial))
        assert not complaints, trial.story(complaints)
