"""Gathering: has the evidence of each incident's latest death read, and the incident announced with it.

First alerts wait for their evidence for a moment; what comes later edits the same message. Between the keeper
and `reading`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.clock import Clock
from bot.incidents.held import Held
from bot.incidents.journal import Journal
from bot.incidents.live import Live
from bot.incidents.mistakes import contained
from bot.incidents.reading import EvidenceReader
from bot.model.deaths import Death
from bot.model.incidents import Evidence, Scope

PROMPTLY = 1.0
"""Seconds that a first alert waits for its evidence before it goes out without."""


class Gathering:
    """Has evidence read for one cluster's incidents. Its tasks belong to the group that `start` is given."""

    def __init__(
        self,
        live: Live,
        journal: Journal,
        reader: EvidenceReader,
        clock: Clock,
        look: Callable[[Held], None] = lambda _: None,
    ) -> None:
        """`look`: look at what is around an incident that is about to be told."""
        self._look = look
        self._live = live
        self._journal = journal
        self._reader = reader
        self._clock = clock
        self.under_way: set[asyncio.Task[None]] = set()

    def start(self, tasks: asyncio.TaskGroup, held: Held) -> None:
        """Have the evidence of the latest death read, unless it is there or on its way."""
        evidence = held.incident.evidence
        if held.gathering or (evidence is not None and evidence.death.id == held.incident.latest.id):
            return
        held.gathering = True
        task = tasks.create_task(self._complete(held), name=f"evidence {held.incident.id}")
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    def take_up(self, tasks: asyncio.TaskGroup) -> None:
        """After a restart: go on with what is open. A storm's digest shows no evidence of its own."""
        for held in self._live:
            if not held.incident.state.is_over and held.incident.key.scope is not Scope.STORM:
                self.start(tasks, held)

    async def _complete(self, held: Held) -> None:
        """Read the evidence of the latest death, and again if there is a newer one by then; announce each."""
        try:
            while True:
                death = held.incident.latest
                evidence = await self._evidence(held, death)
                with contained("evidence", incident=held.incident.id):
                    self._live.learned(held, evidence, self._clock.now())
                    if not held.told:
                        self._look(held)
                await self._announce(held)
                if held.incident.latest.id == death.id:
                    return
        finally:
            held.gathering = False

    async def _evidence(self, held: Held, death: Death) -> Evidence:
        """The evidence; what has not been told at all yet is told without when it is slow."""
        known = held.incident.evidence.circumstances if held.incident.evidence else None
        of, events = held.events or (None, None)
        held.events = None
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(
                self._reader.read(death, events if of == death else None, known), name="evidence: reading"
            )
            patience = tasks.create_task(self._clock.sleep(PROMPTLY), name="evidence: patience")
            await asyncio.wait({reading, patience}, return_when=asyncio.FIRST_COMPLETED)
            patience.cancel()
            if not reading.done() and not held.told:
                await self._announce(held)
        return reading.result()

    async def _announce(self, held: Held) -> None:
        if held.final and held.told:
            return
        held.told = True
        self._journal.incident(held)
        if held.incident.shown:
            await self._journal.save()
        # What has no message is in no hurry: a storm's thousand transactions would hold up what dies next.
