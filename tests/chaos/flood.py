"""A flood of deaths: so many a second, for so long, against one bot with SQLite; and how far it falls behind.

The bot is a process of its own and sees the flood as it sees everything: by its watch. It has kept up with a
death when the death is in its ledger.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.trial import Scale, Trial, a_trial

WORKLOADS = 20
REPLICAS = 10
TICK = 0.02
CATCHES_UP_WITHIN = 60.0

SCALE = Scale(deaths=0, faults=0, workloads=WORKLOADS, replicas=REPLICAS, haste=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """What came of it. Seconds and bytes."""

    deaths: int
    lasted: float
    longest_lag: float
    """The oldest death that was not in the ledger yet, at the worst moment."""
    lag_at_end: float
    """From the last death until the ledger had all."""
    cpu: float
    """What the bot's process took for it."""
    memory: int
    """At its most."""


async def flood(folder: Path, *, per_second: int, seconds: float, say: Callable[[str], None]) -> Flood:
    """Let it come down, and wait until the bot has taken it all in."""
    async with a_trial(SCALE, 1, folder) as trial:
        database = folder / "podbot.db"
        pid = trial.bots[0].pid
        cpu_before, began = _cpu(pid), time.monotonic()
        done: list[float] = []
        pouring = asyncio.create_task(_pour(trial, per_second, seconds, done), name="flood")
        longest = 0.0
        told_at = began
        while not pouring.done() or _recorded(database) < len(done):
            await asyncio.sleep(0.25)
            recorded, now = await asyncio.to_thread(_recorded, database), time.monotonic()
            lag = now - done[recorded] if recorded < len(done) else 0.0
            longest = max(longest, lag)
            if now - told_at > 5:
                told_at = now
                behind = f"{lag:6.2f} s behind"
                say(f"{now - began:5.1f} s {len(done):7} deaths {recorded:7} in the ledger {behind}")
            assert not done or now - done[-1] < CATCHES_UP_WITHIN, f"{len(done) - recorded} are not taken in"
        await pouring
        over = time.monotonic()
        return Flood(
            deaths=len(done),
            lasted=done[-1] - began,
            longest_lag=longest,
            lag_at_end=over - done[-1],
            cpu=_cpu(pid) - cpu_before,
            memory=_peak_memory(pid),
        )


async def _pour(trial: Trial, per_second: int, seconds: float, done: list[float]) -> None:
    """So many deaths a second; where this machine is too slow for that, as many as it can."""
    began = time.monotonic()
    wanted = round(per_second * seconds)
    while len(done) < wanted:
        due = min(wanted, round((time.monotonic() - began) * per_second))
        burst = min(due - len(done), per_second // 10)
        trial.ground.restart_some(burst)
        done += [time.monotonic()] * burst
        await asyncio.sleep(TICK)


def _recorded(database: Path) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM deaths").fetchone()
    return int(count)


def _cpu(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_memory(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
