"""Reads the evidence of deaths: the last words, and what was the case around them. Few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot import logs
from bot.clock import Clock
from bot.incidents import circumstances
from bot.incidents.evidence import gather
from bot.incidents.ports import LogSource, Masker, Surroundings
from bot.model.deaths import Death
from bot.model.events import Event
from bot.model.incidents import Circumstances, Evidence

EVIDENCE_AT_ONCE = 8
"""Deaths whose evidence is read at the same time; requests to the API server stay few in a storm."""

REFINED_WITHIN = 1.0
"""Seconds that a death waits for the events that may tell its cause; without them it is told as it looks, and
corrected when they come."""

log = logs.get(__name__)


class EvidenceReader:
    """Reads evidence from one cluster. Whatever goes wrong, an `Evidence` says so; nothing is raised."""

    def __init__(
        self, source: LogSource, mask: Masker, clock: Clock, surroundings: Surroundings | None
    ) -> None:
        self._source = source
        self._mask = mask
        self._clock = clock
        self._surroundings = surroundings
        self._readers = asyncio.Semaphore(EVIDENCE_AT_ONCE)

    async def refined(self, death: Death) -> tuple[Death, Sequence[Event] | None]:
        """The death with the cause that its pod's events tell, and the events, where they came in time."""
        events = None
        if self._surroundings is not None:
            events = await circumstances.events_within(self._surroundings, death, REFINED_WITHIN)
        return circumstances.refined(self._mask, death, events or ()), events

    async def read(
        self, death: Death, events: Sequence[Event] | None, known: Circumstances | None
    ) -> Evidence:
        """All that can be found out about a death.

        `events`: those of its pod, where they were read already; `known`: what was found around an earlier
        death of the same incident.
        """
        async with self._readers:
            try:
                return await self._gather(death, events, known)
            except Exception:
                # Whatever a log or its server did to us: the alert goes out without it, and the next pod's
                # evidence is read as if nothing had been.
                log.exception("evidence_failed", namespace=death.namespace, pod=death.pod)
                return Evidence(death=death, missing="podbot stumbled over it; its own log says how.")

    async def _gather(
        self, death: Death, events: Sequence[Event] | None, known: Circumstances | None
    ) -> Evidence:
        """The log and the circumstances, side by side."""
        if self._surroundings is None:
            return await gather(self._source, self._mask, death)
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(gather(self._source, self._mask, death), name="evidence: log")
            around = circumstances.read(
                self._surroundings, self._mask, death, self._clock.now(), events=events, known=known
            )
            told, found = await around
        return replace(reading.result(), death=told, circumstances=found)
