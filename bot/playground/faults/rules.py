"""Rules: what goes wrong for which requests, how often and for how long; changed while the proxy runs."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from bot.playground.faults.actions import STRICT, Action, Answer, Cut, Delay, Drop, Duplicate, Reset, Seconds
from bot.playground.faults.log import FaultLog
from bot.playground.faults.requests import Asked, Match


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Rule:
    """One fault and when it strikes.

    Attributes:
        name: What it is called in the log and when it is removed; made up from the action where empty.
        after: Fitting requests that are let through first.
        times: Faults it injects before it is spent, None for no end.
        probability: Chance, request by request, drawn from the rules' seeded source.
        for_seconds: Seconds it lives from when it is added, None until it is removed.
    """

    action: Action
    match: Match = Field(default_factory=Match)
    name: str = ""
    after: Annotated[int, Field(ge=0)] = 0
    times: Annotated[int, Field(ge=1)] | None = None
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    for_seconds: Annotated[Seconds, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.match.messages is not None and isinstance(self.action, (Answer, Cut)):
            raise ValueError(
                f"{self.action.kind} is not for single messages: leave match.messages out, and the rule is "
                "about the WebSocket itself"
            )
        return self


class Applied:
    """A rule in force, with what became of it."""

    def __init__(self, rule: Rule, *, name: str, clock: Callable[[], float]) -> None:
        self.rule = rule
        self.name = name
        self.matched = 0
        self.injected = 0
        self._clock = clock
        self._ends = None if rule.for_seconds is None else clock() + rule.for_seconds
        self._removed = asyncio.Event()

    @property
    def over(self) -> bool:
        """Whether it was removed or its time has passed. A rule that is spent is not over: it may still hold
        what it has dropped.
        """
        return self._removed.is_set() or (self._ends is not None and self._clock() >= self._ends)

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it may."""
        return self.rule.times is not None and self.injected >= self.rule.times

    def strikes(self, asked: Asked, chance: random.Random) -> bool:
        """Whether it strikes this request or message; counts it."""
        twice = asked.opens_websocket and isinstance(self.rule.action, Duplicate)
        if twice or self.over or self.spent or not self.rule.match.fits(asked):
            return False
        self.matched += 1
        if self.matched <= self.rule.after or chance.random() >= self.rule.probability:
            return False
        self.injected += 1
        return True

    def end(self) -> None:
        """Take it out of force and let go of what it holds."""
        self._removed.set()

    async def wait_over(self, *, within: float | None = None) -> None:
        """Return once it is over, or after so many seconds."""
        left = None if self._ends is None else max(0.0, self._ends - self._clock())
        limits = [limit for limit in (left, within) if limit is not None]
        try:
            async with asyncio.timeout(min(limits, default=None)):
                await self._removed.wait()
        except TimeoutError:
            return


Strike: TypeAlias = tuple[Applied, Action]


class Rules:
    """The rules in force, in order.

    Every rule that strikes a request is carried out, up to the first that decides its answer (drop, reset,
    answer). Add and remove from the event loop that the proxy runs in.
    """

    def __init__(
        self, rules: Iterable[Rule] = (), *, seed: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.log = FaultLog()
        self._clock = clock
        self._chance = random.Random(seed)
        self._applied: dict[str, Applied] = {}
        self._made_up = 0
        self._listeners: list[Callable[[Applied], None]] = []
        for rule in rules:
            self.add(rule)

    def __iter__(self) -> Iterator[Applied]:
        """Those in force, in order; spent ones stay to be looked at."""
        return iter([each for each in self._applied.values() if not each.over])

    def add(self, rule: Rule) -> Applied:
        """Put a rule in force, after the others; one of the same name is replaced."""
        name = rule.name or self._make_up(rule)
        for gone in [each.name for each in self._applied.values() if each.over or each.name == name]:
            self.remove(gone)
        applied = Applied(rule, name=name, clock=self._clock)
        self._applied[name] = applied
        for listener in self._listeners:
            listener(applied)
        return applied

    def remove(self, name: str) -> bool:
        """Take a rule out of force; False where none has this name."""
        applied = self._applied.pop(name, None)
        if applied is not None:
            applied.end()
        return applied is not None

    def clear(self) -> None:
        """Take all out of force."""
        for name in list(self._applied):
            self.remove(name)

    def replace(self, rules: Iterable[Rule]) -> None:
        """Put these in force in place of all others."""
        self.clear()
        for rule in rules:
            self.add(rule)

    @contextmanager
    def applied(self, rule: Rule) -> Iterator[Applied]:
        """Keep a rule in force for as long as the block runs."""
        applied = self.add(rule)
        try:
            yield applied
        finally:
            if self._applied.get(applied.name) is applied:
                self.remove(applied.name)

    def strikes(self, asked: Asked) -> list[Strike]:
        """What is to be done to this request or message, in order; counted, and logged."""
        struck: list[Strike] = []
        for each in self:
            if self.strike(each, asked):
                struck.append((each, each.rule.action))
                if isinstance(each.rule.action, (Drop, Reset, Answer)):
                    break
        return struck

    def strike(self, applied: Applied, asked: Asked) -> bool:
        """Whether this one rule strikes; counted, and logged."""
        if not applied.strikes(asked, self._chance):
            return False
        action = applied.rule.action
        self.log.add(rule=applied.name, action=action.kind, detail=describe(action), target=asked.named)
        return True

    def listen(self, listener: Callable[[Applied], None]) -> Callable[[], None]:
        """Tell a listener of every rule that is added; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _make_up(self, rule: Rule) -> str:
        self._made_up += 1
        return f"{rule.action.kind}-{self._made_up}"


def describe(action: Action) -> str:
    """Say in a few words what is done."""
    match action:
        case Answer(status=status, as_event=as_event):
            what = f"answered {status}" + (" in an ERROR event" if as_event else "")
        case Delay(seconds=seconds):
            return f"delayed by {seconds:g} s ({action.side.value})"
        case Duplicate():
            return "sent twice"
        case Cut(ending=ending):
            return f"cut ({ending.value})"
        case Drop():
            what = "dropped"
        case Reset():
            what = "connection reset"
    return what if action.side.value == "request" else f"{what} after the server did it"
