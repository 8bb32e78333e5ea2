"""Whatever happens to requests, clocks and processes: no two lead at once, and in the end somebody does."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.leadership import Term
from bot.ops.leadership import Elector
from tests.support.examples import examples
from tests.support.memory_lease import DriftingClock, LeaseServer, MemoryLease, Mishap, virtually

SECONDS = 10
LASTS = 120.0
QUIET = 60.0
"""Seconds without mishaps at the end, in which somebody has to lead again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What happens to one replica, and when."""

    starts_at: float
    stops_at: float | None
    rate: float
    offset: float
    stopped: tuple[tuple[float, float], ...]
    """From when, and for how long, the whole process stands still."""
    cut_off: tuple[tuple[float, float], ...]
    """Likewise, that no request of its gets anywhere."""


_SPANS = st.lists(st.tuples(st.floats(0, LASTS), st.floats(0.1, 30)), max_size=3).map(tuple)
FATES = st.builds(
    Fate,
    starts_at=st.floats(0, 20),
    stops_at=st.none() | st.floats(20, LASTS),
    rate=st.floats(0.96, 1.04),
    offset=st.floats(0, 1e6),
    stopped=_SPANS,
    cut_off=_SPANS,
)


def _left(spans: tuple[tuple[float, float], ...]) -> float:
    """For how many seconds one of them goes on from now."""
    now = asyncio.get_running_loop().time()
    return max((began + lasts - now for began, lasts in spans if began <= now < began + lasts), default=0.0)


class Stoppable(DriftingClock):
    """The clock of a process that can stand still: who sleeps then, sleeps on."""

    def __init__(self, fate: Fate) -> None:
        super().__init__(rate=fate.rate, offset=fate.offset)
        self._stopped = fate.stopped

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await self.stands_still()

    async def stands_still(self) -> None:
        """Return when the process runs again."""
        while left := _left(self._stopped):  # noqa: ASYNC110 - time is virtual
            await asyncio.sleep(left + 1e-6)


@dataclass(slots=True)
class History:
    """Who did what only a leader may do, in true time."""

    running: set[str] = field(default_factory=set)
    acts: list[tuple[float, Term, str]] = field(default_factory=list)
    together: list[set[str]] = field(default_factory=list)


async def play(fates: list[Fate], mishaps: Callable[[], Mishap]) -> History:
    history = History()
    server = LeaseServer()
    async with asyncio.TaskGroup() as group:
        for number, fate in enumerate(fates):
            group.create_task(_life(f"replica-{number}", fate, server, mishaps, history))
    return history


async def _life(
    name: str, fate: Fate, server: LeaseServer, mishaps: Callable[[], Mishap], history: History
) -> None:
    loop = asyncio.get_running_loop()
    clock = Stoppable(fate)
    chance = random.Random(name)  # noqa: S311 - examples are to be the same again

    def mishap() -> Mishap:
        return Mishap(there=100, request_lost=True) if _left(fate.cut_off) else mishaps()

    elector = Elector(
        MemoryLease(server=server, mishaps=mishap), name, clock, seconds=SECONDS, chance=chance.random
    )

    async def lead(term: Term) -> None:
        history.running.add(name)
        if len(history.running) > 1:
            history.together.append(set(history.running))
        try:
            while True:
                await clock.sleep(0.3 * chance.random())
                if elector.leading == term:
                    history.acts.append((loop.time(), term, name))
        finally:
            history.running.discard(name)

    await asyncio.sleep(fate.starts_at)
    task = asyncio.create_task(elector.run(lead), name=name)
    await asyncio.sleep((LASTS + QUIET if fate.stops_at is None else fate.stops_at) - loop.time())
    await clock.stands_still()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled(), task.exception()


def _mishaps(seed: int, badness: float) -> Callable[[], Mishap]:
    chance = random.Random(seed)  # noqa: S311 - likewise

    def next_one() -> Mishap:
        if asyncio.get_running_loop().time() > LASTS or chance.random() > badness:
            return Mishap(there=0.02 * chance.random(), back=0.02 * chance.random())
        return Mishap(
            there=8 * chance.random() ** 3,
            back=8 * chance.random() ** 3,
            request_lost=chance.random() < 0.2,
            answer_lost=chance.random() < 0.3,
        )

    return next_one


def _in_order(history: History) -> None:
    """Terms follow each other: once a later one has begun, no earlier one does anything."""
    terms = [term for _, term, _ in history.acts]
    assert terms == sorted(terms)
    leaders = {term: {name for _, of, name in history.acts if of == term} for term in set(terms)}
    assert all(len(names) == 1 for names in leaders.values())


def _awake(fate: Fate, **changes: Any) -> Fate:
    return replace(fate, stopped=(), **changes)


@settings(max_examples=examples(40))
@given(
    fates=st.lists(FATES, min_size=2, max_size=4),
    seed=st.integers(0, 2**32),
    badness=st.sampled_from([0.0, 0.2, 0.6, 0.9]),
)
def test_nobody_acts_once_another_leads(fates: list[Fate], seed: int, badness: float) -> None:
    """Also where processes stand still for longer than a lease lasts: a look at `leading` is enough."""
    history = virtually(lambda: play(fates, _mishaps(seed, badness)))
    _in_order(history)


@settings(max_examples=examples(40))
@given(
    fates=st.lists(FATES.map(_awake), min_size=2, max_size=4),
    seed=st.integers(0, 2**32),
    badness=st.sampled_from([0.0, 0.2, 0.6, 0.9]),
)
def test_no_two_lead_at_once(fates: list[Fate], seed: int, badness: float) -> None:
    """Where processes run, what leads has been stopped before another begins."""
    history = virtually(lambda: play(fates, _mishaps(seed, badness)))
    assert history.together == []
    _in_order(history)


@settings(max_examples=examples(20))
@given(
    fates=st.lists(FATES.map(lambda fate: _awake(fate, stops_at=None)), min_size=1, max_size=3),
    seed=st.integers(0, 2**32),
)
def test_somebody_leads_again(fates: list[Fate], seed: int) -> None:
    """Once the API server answers again, one of those that run leads, and without a gap."""
    history = virtually(lambda: play(fates, _mishaps(seed, 0.9)))
    moments = [at for at, _, _ in history.acts if at > LASTS + 30 + 15]
    assert moments
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    assert max(gaps) < 1
