"""A process that writes batch after batch to an SQLite store until it is killed; run by `test_power_loss`.

`python -m tests.unit.store.batch_writer`: for each line `FILE FIRST` on standard input it starts a child,
which writes the batches FIRST, FIRST + 1, … and says each number once its `save` has returned. The child's
process id comes first. A fork costs a hundredth of a new interpreter.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import count
from tempfile import TemporaryDirectory

from bot.clock import SystemClock
from bot.model.leadership import Term
from bot.store import address, migrate
from bot.store.database import Database, open_engine
from bot.store.leader import LeaderStore
from bot.store.store import open_to_write
from tests.support.deaths import CLUSTER, a_death
from tests.support.stores import a_batch, an_incident

BATCH = 5
"""Deaths in each: some pages of the database, so that there is a middle in which to be killed."""


async def warmed_up() -> None:
    """Have everything loaded that writing needs, so that no child has to."""
    with TemporaryDirectory() as folder:
        async with open_to_write(f"sqlite:///{folder}/warm.db") as database:
            await migrate.upgrade(database)
            death = a_death()
            store = LeaderStore(database, CLUSTER, Term(1), SystemClock())
            await store.save(a_batch(an_incident("WARM", death), death))


async def write_on(file: str, first: int) -> None:
    """Write until killed."""
    database = Database(open_engine(address.parse(f"sqlite:///{file}")))
    store = LeaderStore(database, CLUSTER, Term(1), SystemClock())
    for number in count(first):
        deaths = [
            a_death(uid=f"uid-{number}", restart=restart, message="x" * 2_000) for restart in range(BATCH)
        ]
        await store.save(a_batch(an_incident(f"I{number}", *deaths), *deaths))
        os.write(1, f"{number}\n".encode())


def main() -> None:
    """Serve one order after another; each child is reaped before the next begins."""
    asyncio.run(warmed_up())
    for line in sys.stdin:
        file, _, first = line.rstrip("\n").rpartition(" ")
        child = os.fork()
        if child == 0:
            try:
                os.write(1, f"child {os.getpid()}\n".encode())  # by itself, so that it comes first
                asyncio.run(write_on(file, int(first)))
            finally:
                os._exit(1)  # it is to be killed, not to end
        os.waitpid(child, 0)
        os.write(1, b"ended\n")


if __name__ == "__main__":
    main()
