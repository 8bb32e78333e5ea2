"""What a death costs to be kept: alone, and together with others. Prints; asserts nothing.

A death alone is a transaction with a line of the ledger, its incident, its letter and what the detector
remembers; those of a batch share it. Beside it stands a peer measured in the same run: as many bytes written
by the standard library's `sqlite3` into one table, as safely (a log that is written ahead, and on the disk at
each commit).

Run it from the repository's root: `python -m benchmarks.store [URL]`; without a URL, SQLite in a new folder
of the present directory, so that the disk is that of the store and not a memory.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bot.clock import SystemClock
from bot.incidents import engine
from bot.incidents.records import Batch, KeptIncident, RecordedDeath
from bot.incidents.recovery import followed
from bot.model.deaths import Death
from bot.model.incidents import IncidentId
from bot.model.leadership import Term
from bot.model.letters import Letter, LetterKey
from bot.model.memory import Counted, PodMemory
from bot.model.messages import Message, Paragraph, Preformatted, plain
from bot.model.people import ChannelId
from bot.pods.audit import LogTrail
from bot.store import codec
from bot.store.leader import LeaderStore
from bot.store.store import open_store
from tests.support.deaths import CLUSTER, a_death

ALONE = 500
SIZES = (10, 100, 200)
FOR = 5.0
"""Seconds of writing for each size of batch."""

LAST_WORDS = "\n".join(
    f"2026-11-22T14:00:{second:02} web: connection refused, trying again" for second in range(30)
)


def died(start: int, number: int) -> Sequence[Death]:
    """So many deaths that nobody has seen before, five of each pod."""
    return [
        a_death(uid=f"8b2f8a52-6a2e-4b0e-9d57-{each // 5:012}", restart=each % 5, message="OOM" * 20)
        for each in range(start, start + number)
    ]


def batch_of(deaths: Sequence[Death], identity: int) -> Batch:
    """All that is written of them: one incident, with evidence as long as usual."""
    incident = engine.opened(IncidentId(f"{identity:04X}"), deaths[0])
    for each in deaths[1:]:
        incident = engine.with_death(incident, each)
    message = Message(
        text="web died", blocks=(Paragraph((plain("OOMKilled"),) * 6), Preformatted(LAST_WORDS))
    )
    letter = Letter(
        key=LetterKey(f"incident/{incident.id}"),
        cluster=CLUSTER,
        channel=ChannelId("C01INCIDENTS"),
        message=message,
        revision=incident.revision,
        incident=incident.id,
        created_at=incident.first_at,
    )
    return Batch(
        deaths=tuple(
            RecordedDeath(death=each, incident=incident.id, told_by=incident.id, revision=incident.revision)
            for each in deaths
        ),
        incidents=(KeptIncident(incident=incident, followings=(followed(None, deaths[-1]),)),),
        letters=(letter,),
        remembered={
            each.id.uid: PodMemory(counted={"app": Counted(each.id.restart, each.seen_at)}) for each in deaths
        },
    )


def texts(batch: Batch) -> Iterator[str]:
    """What a batch has to write, as text."""
    yield from (codec.death.write(each.death) for each in batch.deaths)
    yield from (codec.incident.write(each) for each in batch.incidents)
    yield from (codec.letter.write(each) for each in batch.letters)


def peer(folder: Path, batches: Sequence[Batch]) -> list[float]:
    """Seconds that `sqlite3` takes for each of these."""
    taken = []
    with closing(sqlite3.connect(folder / "peer.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE texts (id INTEGER PRIMARY KEY, body TEXT)")
        for batch in batches:
            begin = time.perf_counter()
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO texts (body) VALUES (?)", [(each,) for each in texts(batch)])
            database.execute("COMMIT")
            taken.append(time.perf_counter() - begin)
    return taken


async def alone(kept: LeaderStore) -> list[float]:
    """Seconds for each death by itself; like the keeper, ask first whether it is known."""
    taken = []
    for number in range(ALONE):
        batch = batch_of(died(number, 1), number)
        begin = time.perf_counter()
        await kept.known([each.death.id for each in batch.deaths])
        await kept.save(batch)
        taken.append(time.perf_counter() - begin)
    return taken


async def together(kept: LeaderStore, size: int, start: int) -> float:
    """Deaths a second, in batches of this size."""
    begin, done = time.perf_counter(), 0
    while time.perf_counter() - begin < FOR:
        deaths = died(start + done, size)
        await kept.known([each.id for each in deaths])
        await kept.save(batch_of(deaths, start + done))
        done += size
    return done / (time.perf_counter() - begin)


async def main() -> None:
    """Alone, then together."""
    with TemporaryDirectory(dir=Path.cwd(), prefix=".benchmark-") as name:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{name}/podbot.db"
        beside = median(peer(Path(name), [batch_of(died(number, 1), number) for number in range(ALONE)]))
        async with open_store(url, clock=SystemClock(), audit_log=LogTrail()) as store:
            kept = store.term(CLUSTER, Term(1))
            taken = await alone(kept)
            say("peer: sqlite3, as many bytes", f"{beside * 1000:8.2f} ms")
            say("a death alone", f"{median(taken) * 1000:8.2f} ms   {median(taken) / beside:5.2f} x the peer")
            say("a death alone, 95 of 100 within", f"{quantiles(taken, n=20)[-1] * 1000:8.2f} ms")
            for number, size in enumerate(SIZES, start=1):
                a_second = await together(kept, size, number * 1_000_000)
                say(f"in batches of {size}", f"{a_second:8.0f} deaths a second")


def say(what: str, figure: str) -> None:
    """A line of the result."""
    print(f"{what:<34} {figure}")  # noqa: T201 - printing is what a benchmark is for


if __name__ == "__main__":
    asyncio.run(main())
