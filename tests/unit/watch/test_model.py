"""Pods live and die at random, the watch and the bot have all their bad days: every death is told once.

The mirror and the detector are the real ones, the cluster is a model: it keeps what the kubelet last wrote
and the lines of the watch that were not delivered yet. Virtual time passes, so that nothing of it waits.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from msgspec.structs import replace

from bot.errors import ClusterUnreachable
from bot.model.deaths import Death, DeathId
from bot.model.memory import Checkpoint, Findings, Memory, PodMemory
from bot.model.pods import ALL_NAMESPACES, ClusterName, Pod, PodUid
from bot.replay.virtual_time import RecordedClock, VirtualTimeLoop
from bot.watch.detector import Detector
from bot.watch.mirror import Mirror
from bot.watch.ports import ChangeKind, HistoryGone, PodPage, WatchLine
from tests.support.clock import START, HeldClock
from tests.support.examples import examples
from tests.support.lives import Life, Shown, TrueDeath, dice, life

SEEDS = st.integers(0, 2**32 - 1)
PAGE = 20
LATER = START + timedelta(seconds=280)
"""After all that happens in the lives, and before anything in them has lasted long enough to be stuck."""

lived: Counter[str] = Counter()
"""How many lives there were in this run, and how many of them without a death."""


@dataclass(slots=True)
class Lived:
    """A life, how far it has come, and what the bot has seen of it."""

    life: Life
    position: int = -1
    removed: bool = False
    baseline: Shown | None = None
    """What was there at the bot's first look."""
    seen: Shown | None = None
    seen_gone: bool = False
    gone_unseen: bool = False
    """It went while the bot was away: its last word was never heard."""

    @property
    def now(self) -> Shown:
        return self.life.states[self.position]


@dataclass(slots=True)
class Line:
    """A line of the watch that is on its way."""

    line: WatchLine
    of: Lived
    shown: Shown


@dataclass(slots=True)
class Cluster:
    """Implements `watch.ports.PodSource`."""

    name = ClusterName("prod-eu")
    pods: dict[str, tuple[Lived, Pod]] = field(default_factory=dict)
    pending: deque[Line] = field(default_factory=deque)
    wire: asyncio.Queue[WatchLine | Exception] = field(default_factory=asyncio.Queue)
    version: int = 0
    history: list[Line] = field(default_factory=list)
    """Every line that there was."""
    resuming: bool = False
    """The next watch is one that goes on from a checkpoint."""

    def write(self, each: Lived) -> None:
        """The kubelet writes the present state."""
        pod = self._versioned(each.now.pod)
        kind = ChangeKind.MODIFIED if pod.uid in self.pods else ChangeKind.ADDED
        self.pods[pod.uid] = (each, pod)
        self._send(kind, pod, each)

    def remove(self, each: Lived) -> None:
        each.removed = True
        if each.now.pod.uid in self.pods:
            del self.pods[each.now.pod.uid]
            self._send(ChangeKind.DELETED, self._versioned(each.now.pod), each)

    def _send(self, kind: ChangeKind, pod: Pod, each: Lived) -> None:
        line = WatchLine(kind=kind, pod=pod, resource_version=str(self.version))
        self.pending.append(Line(line, each, each.now))
        self.history.append(self.pending[-1])

    def _versioned(self, pod: Pod) -> Pod:
        self.version += 1
        return replace(pod, metadata=replace(pod.metadata, resource_version=str(self.version)))

    async def pod_pages(self, namespace: str) -> AsyncIterator[PodPage]:
        self.pending.clear()
        self.resuming = False
        pods, version = [pod for _, pod in self.pods.values()], str(self.version)
        for start in range(0, max(len(pods), 1), PAGE):
            yield PodPage(pods=tuple(pods[start : start + PAGE]), resource_version=version)

    async def latest_version(self, namespace: str) -> str:
        return str(self.version)

    @asynccontextmanager
    async def watch_pods(
        self, namespace: str, *, resource_version: str
    ) -> AsyncIterator[AsyncIterator[WatchLine]]:
        yield self._past(int(resource_version)) if self.resuming else self._lines()

    def after(self, version: int) -> list[Line]:
        """The history since then."""
        return [each for each in self.history if int(each.line.resource_version) > version]

    async def _past(self, version: int) -> AsyncIterator[WatchLine]:
        for each in self.after(version):
            yield each.line

    async def _lines(self) -> AsyncIterator[WatchLine]:
        while True:
            line = await self.wire.get()
            if isinstance(line, Exception):
                raise line
            yield line


class Deaths(RuleBasedStateMachine):
    """The rules are what may happen; `teardown` compares what was told with what there was to tell."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=VirtualTimeLoop)
        self.cluster = Cluster()
        self.lives: dict[str, Lived] = {}
        self.journal: list[tuple[int, Findings | Checkpoint]] = []
        """What the bot's store holds, in the order in which it was written, and by which process."""
        self.process = 0
        self.surely_stored = 0
        """How much of the journal no crash takes away any more."""

    @initialize(seeds=st.lists(SEEDS, max_size=20), chance=SEEDS)
    def first_look(self, seeds: list[int], chance: int) -> None:
        """Some pods are there already, in the midst of their lives."""
        self._bear(seeds)
        random = dice(chance)
        for each in self.lives.values():
            each.position = random.randrange(len(each.life.states))
            if each.now.deaths != each.now.deaths_if_last:
                each.position += 1  # between the kubelet's two words there is no telling what is news
            self.cluster.write(each)
            each.baseline = each.seen = each.now
        self._run(self._start_bot(None))

    @rule(seeds=st.lists(SEEDS, min_size=20, max_size=60))
    def are_born(self, seeds: list[int]) -> None:
        """Pods are made; nothing of them is shown yet."""
        self._bear(seeds)

    @rule(chance=SEEDS)
    def live(self, chance: int) -> None:
        """Kubelets write what happens, and leave out what happened in between."""
        random = dice(chance)
        for each in self.lives.values():
            if not each.removed and random.random() < 0.7:
                self._live(each, random.choice((1, 1, 1, 2, 4)))

    @rule(chance=SEEDS)
    def deliver(self, chance: int) -> None:
        """The watch brings some of what it has, in order, some of it twice."""
        self._run(self._deliver(dice(chance), everything=False))

    @rule(chance=SEEDS)
    def catch_up(self, chance: int) -> None:
        """The watch brings all that it has."""
        self._run(self._deliver(dice(chance), everything=True))

    @rule(gone=st.booleans())
    def cut(self, gone: bool) -> None:
        """The watch breaks off; it goes on where it was, or all is listed again."""
        self._run(self._cut(history_gone=gone))

    @rule()
    def restart(self) -> None:
        """The bot is stopped and started again, with its memory; the cluster's history is gone by then."""
        self._run(self._restart())

    @rule(chance=SEEDS)
    def crash(self, chance: int) -> None:
        """The bot dies at any moment, before it has stored all; the next one goes on from the checkpoint."""
        self._run(self._crash(dice(chance)))

    def teardown(self) -> None:
        """Every life is lived to its end and seen; then the books must agree."""
        if self.lives:
            for each in self.lives.values():
                while not each.removed and (each.position < len(each.life.states) - 1 or each.life.ends):
                    self._live(each, 1)
            self._run(self._deliver(dice(0), everything=True))
        self._run(self._stop_bot())
        self.runner.close()
        told = self._told()
        for uid, each in self.lives.items():
            self._compare(each, told.pop(uid, []))
        assert not told, "deaths of pods that never lived"

    def _told(self) -> dict[str, list[Death]]:
        """What was told of each pod: the ledger drops what an earlier process had told already."""
        ledger: dict[DeathId, int] = {}
        told: dict[str, list[Death]] = {}
        for process, written in self.journal:
            for death in written.deaths if isinstance(written, Findings) else ():
                if ledger.setdefault(death.id, process) == process:
                    told.setdefault(death.id.uid, []).append(death)
        return told

    def _compare(self, each: Lived, told: list[Death]) -> None:
        lived["lives"] += 1
        lived["without a death"] += not each.life.states[-1].deaths_if_last
        expected = _to_tell(each)
        news = [death for death in told if not death.since_before_first_look]
        by_identity = {(death.id.container, death.id.restart): death.cause for death in news}
        assert len(by_identity) == len(news), f"told twice: {news} (life {each.life.seed})"
        truth = {(death.container, death.restart): death.cause for death in expected}
        for identity, cause in by_identity.items():
            assert truth.get(identity) is cause, f"{identity} {cause} in {expected} (life {each.life.seed})"
        counted = Counter[str]()
        for death in news:
            counted[death.id.container] += 1 + death.unseen_before
        there = Counter(death.container for death in expected)
        assert counted == there, f"{counted} of {there} (life {each.life.seed})"

    def _bear(self, seeds: list[int]) -> None:
        for seed in seeds:
            uid = f"u{len(self.lives)}"
            self.lives[uid] = Lived(life(seed, uid))

    def _live(self, each: Lived, steps: int) -> None:
        last = len(each.life.states) - 1
        if each.position < last:
            each.position = min(each.position + steps, last)
            self.cluster.write(each)
        elif each.life.ends:
            self.cluster.remove(each)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self.runner.run(work)

    async def _deliver(self, random: Random, *, everything: bool) -> None:
        pending = self.cluster.pending
        count = len(pending) if everything else random.randint(0, len(pending))
        for _ in range(count):
            line = pending.popleft()
            for _ in range(random.choice((1, 1, 1, 2))):
                self.cluster.wire.put_nowait(line.line)
            line.of.seen = line.shown
            line.of.seen_gone = line.line.kind is ChangeKind.DELETED
        await _settled()
        if random.random() < 0.3:
            for each in self.mirror.checkpoints:
                await self._store(each)

    async def _cut(self, *, history_gone: bool) -> None:
        error = HistoryGone("too old") if history_gone else ClusterUnreachable("reset")
        self.cluster.wire.put_nowait(error)
        if history_gone:
            self._see_all()
        await asyncio.sleep(60)
        if history_gone:
            await self._checkpoint_is_stored()

    async def _restart(self) -> None:
        await self._stop_bot()
        self._see_all(gone_unseen=True)
        await self._start_bot(self._memory())

    async def _crash(self, random: Random) -> None:
        await self._stop_bot()
        lost = random.randint(0, min(len(self.journal) - self.surely_stored, 30))
        self.journal = self.journal[: len(self.journal) - lost]
        checkpoint = next(each for _, each in reversed(self.journal) if isinstance(each, Checkpoint))
        for line in self.cluster.after(int(checkpoint.version)):
            line.of.seen = line.shown
            line.of.seen_gone = line.line.kind is ChangeKind.DELETED
        self.cluster.resuming = True
        await self._start_bot(self._memory(), checkpoint)

    def _memory(self) -> Memory:
        """What a store has that was given the journal."""
        pods: dict[PodUid, PodMemory] = {}
        for _, written in self.journal:
            if isinstance(written, Findings):
                pods.pop(written.uid, None)
                if written.memory is not None:
                    pods[written.uid] = written.memory
        return Memory(cluster=self.cluster.name, pods=pods)

    def _see_all(self, *, gone_unseen: bool = False) -> None:
        """What a listing shows now."""
        for each in self.lives.values():
            if each.now.pod.uid in self.cluster.pods and each.position >= 0:
                each.seen = each.now
            elif each.seen is not None and not each.seen_gone:
                each.gone_unseen = each.gone_unseen or gone_unseen
                each.seen_gone = not each.gone_unseen

    async def _start_bot(self, memory: Memory | None, checkpoint: Checkpoint | None = None) -> None:
        self.cluster.wire = asyncio.Queue()
        self.process += 1
        self.detector = Detector(self.cluster.name, self._store, HeldClock(LATER), memory)
        self.mirror = Mirror(
            self.cluster,
            self.detector.changed,
            clock=RecordedClock(START),
            chance=lambda: 0.0,
            checkpoints={ALL_NAMESPACES: checkpoint} if checkpoint is not None else None,
            on_checkpoint=self._store,
        )
        self.mirroring = asyncio.create_task(self.mirror.run(), name="mirror")
        await _settled()
        if checkpoint is None:
            await self._checkpoint_is_stored()

    async def _checkpoint_is_stored(self) -> None:
        """All is stored; whatever was before is no longer in the cluster's history."""
        for each in self.mirror.checkpoints:
            await self._store(each)
        self.surely_stored = len(self.journal)

    async def _stop_bot(self) -> None:
        self.mirroring.cancel()
        await asyncio.wait({self.mirroring})

    async def _store(self, written: Findings | Checkpoint) -> None:
        self.journal.append((self.process, written))


async def _settled() -> None:
    """Return when all is done that can be done: only then does virtual time pass."""
    await asyncio.sleep(0.001)


def _to_tell(each: Lived) -> tuple[TrueDeath, ...]:
    """The deaths that the bot was shown, without those from before its first look."""
    if each.seen is None:
        return ()
    found = each.seen.deaths_if_last if each.seen_gone else each.seen.deaths
    before = each.baseline.deaths if each.baseline is not None else ()
    return tuple(death for death in found if death not in before)


@pytest.mark.hypothesis
@pytest.mark.long
@pytest.mark.timeout(examples(600))
def test_every_death_is_told_once() -> None:
    """Over tens of thousands of lives, many of them without any death; some 80 an example."""
    lived.clear()
    run_state_machine_as_test(
        Deaths,
        settings=settings(
            max_examples=examples(900), stateful_step_count=20, suppress_health_check=list(HealthCheck)
        ),
    )
    assert lived["lives"] >= 50_000
    assert lived["without a death"] >= 10_000
