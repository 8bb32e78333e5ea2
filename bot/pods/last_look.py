"""Reads what vanishes with a pod - its logs, its events, its state - before it is deleted.

Bounded in time and size: somebody waits for the deletion. What cannot be had in time is named and left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.clock import Clock
from bot.errors import ClusterError
from bot.model.commands import Verb
from bot.model.last_look import LastLook, SavedLog
from bot.model.people import Asker
from bot.model.pods import Pod
from bot.pods import redact
from bot.pods.gate import Gate
from bot.pods.ports import PodCluster
from bot.pods.reasons import why_unread
from bot.pods.summary import Surroundings, newest_first, summary

READING_WAIT = 3.0
"""Seconds in which everything has to be read that is to be saved."""

MOST_LINES = 2_000
"""Of one run of a container, from its end."""

MOST_BYTES = 4 << 20
"""Of all logs of one deletion together."""

MOST_RUNS = 40
"""Logs of one deletion, each of one run of one container."""

AT_ONCE = 8
"""Logs that are read at the same time."""

_TOO_LATE = f"no answer within {READING_WAIT:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One run of one container."""

    pod: Pod
    container: str
    previous: bool

    @property
    def title(self) -> str:
        return f"log of {self.container}{', previous run' if self.previous else ''}"


class LastLooks:
    """Takes a last look at pods."""

    def __init__(self, cluster: PodCluster, gate: Gate, clock: Clock) -> None:
        self._cluster = cluster
        self._gate = gate
        self._clock = clock

    async def at(self, asker: Asker, pods: Sequence[Pod]) -> tuple[LastLook, ...]:
        """All that could be read of the pods within `READING_WAIT`, of what the asker may see."""
        deadline = asyncio.get_running_loop().time() + READING_WAIT
        namespace = pods[0].namespace
        may_see = self._gate.allows(asker, Verb.GET, namespace)
        may_read = self._gate.allows(asker, Verb.LOGS, namespace)
        runs = [run for pod in pods for run in _runs(pod)] if may_read else []
        refusals = (
            *(() if may_see else ("the description (whoever deletes it may not see it here)",)),
            *(() if may_read else ("logs (whoever deletes it may not read them here)",)),
        )
        read, noted = await asyncio.gather(
            self._logs(runs[:MOST_RUNS], deadline),
            asyncio.gather(*(self._events(asker, pod, deadline) for pod in pods)),
        )
        found = list(zip(runs, (*read, *[f"more than {MOST_RUNS} logs"] * len(runs)), strict=False))
        return tuple(
            LastLook(
                pod=pod.name,
                summary=summary(self._cluster.name, pod, around, self._clock.now()) if may_see else None,
                logs=tuple(log for run, log in found if run.pod is pod and isinstance(log, SavedLog)),
                missing=refusals
                + tuple(
                    f"{run.title} ({log})" for run, log in found if run.pod is pod and isinstance(log, str)
                ),
            )
            for pod, around in zip(pods, noted, strict=True)
        )

    async def _logs(self, runs: Sequence[_Run], deadline: float) -> Sequence[SavedLog | str]:
        """Each run's log, or why it could not be read."""
        turns = asyncio.Semaphore(AT_ONCE)
        limit = MOST_BYTES // max(len(runs), 1)
        return await asyncio.gather(*(self._log(run, limit, turns, deadline) for run in runs))

    async def _log(self, run: _Run, limit: int, turns: asyncio.Semaphore, deadline: float) -> SavedLog | str:
        try:
            async with asyncio.timeout_at(deadline), turns:
                text = await self._cluster.read_log(
                    run.pod.namespace,
                    run.pod.name,
                    run.container,
                    previous=run.previous,
                    tail=MOST_LINES,
                    timestamps=True,
                    limit_bytes=limit,
                )
                lines, _ = await asyncio.to_thread(redact.mask_lines, text.text.splitlines())
        except TimeoutError:
            return _TOO_LATE
        except ClusterError as error:
            return why_unread(error)
        return SavedLog(
            container=run.container,
            previous=run.previous,
            lines=tuple(lines),
            cut=text.cut or len(lines) >= MOST_LINES,
        )

    async def _events(self, asker: Asker, pod: Pod, deadline: float) -> Surroundings:
        if not all(self._gate.allows(asker, verb, pod.namespace) for verb in (Verb.GET, Verb.EVENTS)):
            return Surroundings()
        try:
            async with asyncio.timeout_at(deadline):
                found = await self._cluster.list_events(pod.namespace, uid=pod.uid)
        except TimeoutError:
            return Surroundings(events_problem=_TOO_LATE)
        except ClusterError as error:
            return Surroundings(events_problem=why_unread(error))
        return Surroundings(events=newest_first(found))


def _runs(pod: Pod) -> Iterator[_Run]:
    """Every run of a container of which there is a log: the previous one first, as it comes first in time."""
    for status in pod.statuses():
        if status.last_state.terminated is not None:
            yield _Run(pod=pod, container=status.name, previous=True)
        if status.state.running is not None or status.state.terminated is not None:
            yield _Run(pod=pod, container=status.name, previous=False)
