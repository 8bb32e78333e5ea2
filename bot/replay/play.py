"""A recording played to the bot's own parts: mirror, detector and keeper, on the recording's time.

What is left out is Slack, and what was not recorded: a log that nobody wrote down is missing evidence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from bot.incidents.keeper import Keeper
from bot.incidents.unrouted import Unrouted
from bot.incidents.unstored import Unstored
from bot.model.deaths import Death
from bot.model.incidents import Incident, IncidentId
from bot.model.letters import Letter, LetterKey
from bot.model.memory import Findings, Memory
from bot.model.messages import Message
from bot.model.people import ChannelId
from bot.model.pods import Pod
from bot.model.probes import refined
from bot.pods import redact
from bot.replay.records import Record
from bot.replay.tape import Tape
from bot.replay.virtual_time import VirtualTimeLoop
from bot.watch.detector import Detector
from bot.watch.mirror import Mirror

SETTLES_WITHIN = 60.0
"""Seconds of the recording's time in which the last death is announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An entry in the thread of an incident's message."""

    at: datetime
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """An incident as it was last announced, and what its thread tells."""

    incident: Incident
    message: Message
    thread: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What podbot would have made of a recording, in the order in which it happened."""

    deaths: tuple[Death, ...]
    incidents: tuple[Announced, ...]


def play(records: Iterable[Record]) -> Outcome:
    """Play a recording. Raises `RecordingWrong` where it comes to a line that is not what it should be."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(_play(records))


async def _play(records: Iterable[Record]) -> Outcome:
    tape = Tape(records)
    told = _Told()
    deaths: list[Death] = []
    ids = (IncidentId(str(number)) for number in count(1))
    while True:
        bot = _Bot(tape, told, deaths, ids.__next__)
        await bot.run()
        if tape.restart is None:
            break
        tape.go_on()
    if tape.wrong is not None:
        raise tape.wrong
    return Outcome(
        # As corrected by events that may have come after the death.
        deaths=tuple(refined(each, tape.surroundings.of_pod(each.id.uid)) for each in deaths),
        incidents=told.announced(),
    )


class _Bot:
    """The bot for as long as its memory lasts: over restarts, up to the one where it forgets."""

    def __init__(
        self, tape: Tape, told: _Told, deaths: list[Death], new_id: Callable[[], IncidentId]
    ) -> None:
        self._tape = tape
        self._deaths = deaths
        self._mirror: Mirror | None = None
        self._keeper = told.keeper = Keeper(
            cluster=tape.name,
            router=Unrouted(ChannelId("")),
            store=Unstored(),
            outbox=told,
            source=tape.surroundings,
            mask=redact.mask_lines,
            clock=tape.clock,
            new_id=new_id,
            surroundings=tape.surroundings,
            pods=self._pod,
            every_pod=self._pods,
            in_sync=self._in_sync,
        )

    async def run(self) -> None:
        """Run until the recording is over or the bot forgets, and have everything announced by then."""
        keeping = asyncio.create_task(self._keeper.run(), name="replay: incidents")
        try:
            await self._watch()
            await self._keeper.settle(SETTLES_WITHIN)
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})

    async def _watch(self) -> None:
        memory: Memory | None = None
        while True:
            detector = Detector(
                self._tape.name,
                self._found,
                self._tape.clock,
                memory,
                owners=self._tape.surroundings,
                in_sync=self._in_sync,
            )
            await self._one_process(detector)
            restart = self._tape.restart
            if restart is None or restart.forgets:
                return
            memory = detector.snapshot()
            self._tape.go_on()

    async def _one_process(self, detector: Detector) -> None:
        before = self._mirror.checkpoints if self._mirror is not None else ()
        self._mirror = Mirror(
            self._tape,
            detector.changed,
            clock=self._tape.clock,
            chance=lambda: 0.0,
            checkpoints={each.namespace: each for each in before},
        )
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._mirror.run(), name="replay: mirror"),
                tasks.create_task(detector.run(), name="replay: stuck pods"),
            ]
            await self._tape.stopped.wait()
            for task in running:
                task.cancel()

    async def _found(self, findings: Findings) -> None:
        self._deaths.extend(findings.deaths)
        await self._keeper.record(findings)

    def _pod(self, namespace: str, name: str) -> Pod | None:
        return self._mirror.get(namespace, name) if self._mirror is not None else None

    def _pods(self) -> Sequence[Pod]:
        return self._mirror.pods() if self._mirror is not None else ()

    def _in_sync(self, namespace: str) -> bool:
        return self._mirror is not None and self._mirror.in_sync(namespace)


@dataclass(slots=True)
class _Told:
    """Implements `incidents.ports.Outbox`: remembers what was last said of each incident, and its thread."""

    incidents: dict[LetterKey, Announced] = field(default_factory=dict)
    threads: dict[LetterKey, dict[LetterKey, Reply]] = field(default_factory=dict)
    keeper: Keeper | None = None

    def announced(self) -> tuple[Announced, ...]:
        """All that was announced, with its threads."""
        return tuple(
            replace(each, thread=tuple(self.threads.get(key, {}).values()))
            for key, each in self.incidents.items()
        )

    async def put(self, letters: Sequence[Letter], *, saved: bool = True) -> None:  # noqa: ARG002 - the port has it
        """Keep them."""
        for letter in letters:
            if letter.thread is not None:
                reply = Reply(at=letter.created_at, message=letter.message)
                self.threads.setdefault(letter.thread, {})[letter.key] = reply
            known = self.keeper.incident(letter.incident) if self.keeper and letter.incident else None
            if known is not None:
                self.incidents[letter.key] = Announced(incident=known, message=letter.message)
