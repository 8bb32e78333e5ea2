"""Refining: deaths whose cause their pods' events may tell wait for them before they are folded.

The cause decides which incident a death belongs to. What was found after them is written after them, be it of
the same pod, whose memory has counted them by then, or a checkpoint. Between `intake` and `reading`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bot import logs
from bot.incidents.reading import EvidenceReader
from bot.model.deaths import Death
from bot.model.events import Event
from bot.model.memory import Checkpoint, Findings
from bot.model.pods import PodUid
from bot.model.probes import may_be_probe_kill

REFINING_AT_ONCE = 32
"""Findings that may wait for their events; in a storm more are told as they look, and ask for nothing."""

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Refined:
    """Findings whose deaths have the causes that the events tell."""

    findings: Findings
    events: Sequence[Event] | None


class Refining:
    """Holds one cluster's deaths until their causes are refined.

    `give_back` takes what is refined, and checkpoints whose time has come.
    """

    def __init__(
        self, reader: EvidenceReader, give_back: Callable[[Refined | Checkpoint], Awaitable[None]]
    ) -> None:
        self._reader = reader
        self._give_back = give_back
        self._of_pod: dict[PodUid, deque[asyncio.Task[None]]] = {}

    @property
    def under_way(self) -> set[asyncio.Task[None]]:
        """Those whose findings are not `folded` yet."""
        return {task for each in self._of_pod.values() for task in each}

    def takes(self, findings: Findings) -> bool:
        """Whether these are worth waiting for, and there is room; or come after some of the same pod."""
        if findings.uid in self._of_pod:
            return True
        return len(self.under_way) < REFINING_AT_ONCE and any(map(may_be_probe_kill, findings.deaths))

    def start(self, tasks: asyncio.TaskGroup, findings: Findings) -> None:
        """Bring the deaths back with the causes that their pod's events tell, each pod's in their order."""
        of_pod = self._of_pod.setdefault(findings.uid, deque())
        before = of_pod[-1] if of_pod else None
        of_pod.append(tasks.create_task(self._refine(findings, before), name=f"cause of {findings.uid}"))

    def folded(self, uid: PodUid) -> None:
        """The first of a pod's findings that were brought back have been taken."""
        of_pod = self._of_pod[uid]
        of_pod.popleft()
        if not of_pod:
            del self._of_pod[uid]

    def hold_back(self, tasks: asyncio.TaskGroup, checkpoint: Checkpoint) -> bool:
        """Give a checkpoint back once what was found before it is; False where nothing was."""
        before = set(self.under_way)
        if not before:
            return False

        async def wait() -> None:
            await asyncio.wait(before)
            await self._give_back(checkpoint)

        tasks.create_task(wait(), name="checkpoint of the watch")
        return True

    async def _refine(self, findings: Findings, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        told: list[Death] = []
        read: Sequence[Event] | None = None
        for death in findings.deaths:
            try:
                refined, read = await self._reader.refined(death)
            except Exception:
                # It is told as it looks: a mistake of ours about some event must not keep it from being told.
                log.exception("cause_not_refined", namespace=death.namespace, pod=death.pod)
                refined, read = death, None
            told.append(refined)
        await self._give_back(Refined(replace(findings, deaths=tuple(told)), read))
