"""Orphans: troubles that a replica told and does not live to see the end of. Another one takes them over.

Whoever has told something signs it in the store again and again, until its end is told; who has told nothing
writes nothing. No clock is asked how old a sign is: it was seen here, for so long, not to change. A letter
changes hands in one statement, so that one replica has it; `vigil` goes on with it as with its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from bot import logs
from bot.errors import PodbotError
from bot.model.letters import KeptLetter, LetterKey, SignedLetter
from bot.ops.vigil_words import subject_of

LOOKS_EVERY = 30.0
"""Seconds between two signs, and between two looks at those of others."""

GONE_AFTER = 180.0
"""Seconds without another sign after which a replica counts as dead."""

LEFT_TO_WHO_SEES = 60.0
"""Seconds more that whoever does not see the trouble leaves it to those who do: they know when it is over."""

ANSWERS_WITHIN = 3.0
"""Seconds that the store is given for one look; the vigil has other things to do."""

log = logs.get(__name__)


class SignedLetters(Protocol):
    """What replicas told of themselves and have not ended. Everything raises `StoreUnavailable`."""

    async def sign(self, keys: Collection[LetterKey]) -> frozenset[LetterKey]:
        """Give a sign of life with these of this replica's; returns which are still its own."""
        ...

    async def signed(self) -> Sequence[SignedLetter]:
        """Those of all replicas that go on."""
        ...

    async def adopt(self, letter: SignedLetter) -> bool:
        """Make it this replica's; False where it was signed, or adopted, since it was read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """How things stand with this replica when it looks."""

    tick: float
    """Seconds of looking until now."""
    keys: Container[LetterKey]
    """Of the letters that it goes on with."""
    told: Container[str]
    """Subjects that it tells itself, and that last."""
    seen: Container[str]
    """Subjects in which it sees trouble now, whoever tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What a look brought."""

    lost: frozenset[LetterKey] = frozenset()
    """Letters of this replica that another one has taken over."""
    adopted: tuple[KeptLetter, ...] = ()
    """Letters that are this replica's from now on."""


@dataclass(frozen=True, slots=True)
class _Sign:
    made: datetime
    """By its replica's clock: told apart from others, and nothing else."""
    seen_at: float
    """How long had been looked when it was seen first."""


_Signs: TypeAlias = Mapping[tuple[str, LetterKey], _Sign]


class Orphans:
    """As one replica finds them. `on_adopted` is called when the store has more letters that are its own."""

    def __init__(self, letters: SignedLetters, on_adopted: Callable[[], None]) -> None:
        self._letters = letters
        self._on_adopted = on_adopted
        self._ours: frozenset[LetterKey] = frozenset()
        """What the last look found to be this replica's."""
        self._signs: _Signs = {}
        self._looks_at = LOOKS_EVERY

    def is_time(self, tick: float) -> bool:
        """Whether it is time for another look."""
        return tick >= self._looks_at

    async def look(self, here: Here) -> Changed:
        """Sign what is ours, and adopt what is nobody's any more. A store that is away is left in peace."""
        self._looks_at = here.tick + LOOKS_EVERY
        lost: frozenset[LetterKey] = frozenset()
        found: Sequence[SignedLetter] = ()
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                if self._ours:
                    lost = self._ours - await self._letters.sign(self._ours)
                found = await self._found(here)
        except (PodbotError, TimeoutError) as error:
            # Others may be as unable to sign as this one to look: nothing that was seen so far counts.
            self._signs = {}
            log.info("orphans_not_looked_for", problem=str(error) or "the store does not answer")
        for each in found:
            log.info("orphan_adopted", key=each.kept.letter.key, of=each.teller)
        if found:
            self._on_adopted()
        return Changed(lost=lost, adopted=tuple(each.kept for each in found))

    async def _found(self, here: Here) -> Sequence[SignedLetter]:
        every = [each for each in await self._letters.signed() if _subject(each)]
        ours = [each for each in every if each.is_ours]
        others = [each for each in every if not each.is_ours]
        self._signs = _signs(self._signs, others, here.tick)
        # Adopted by a look that was cut off before it knew.
        found = [each for each in ours if self._is_unknown(each, here)]
        self._ours = frozenset(each.kept.letter.key for each in ours)
        # Where a replica that lives tells the same, it is not over.
        told = {_subject(each) for each in others if not (_is_ended(each) or self._is_left(each, here))}
        for each in others:
            subject = _subject(each)
            patience = 0.0 if subject in here.seen else LEFT_TO_WHO_SEES
            if not self._is_left(each, here, patience):
                continue
            is_told = subject in told or subject in here.told
            if (_is_ended(each) or not is_told) and await self._letters.adopt(each):
                found.append(each)
                told.add(subject)
        return found

    def _is_unknown(self, each: SignedLetter, here: Here) -> bool:
        key = each.kept.letter.key
        if _is_ended(each):
            return key not in here.keys and key not in self._ours
        return key not in here.keys and _subject(each) not in here.told

    def _is_left(self, each: SignedLetter, here: Here, patience: float = 0.0) -> bool:
        """Whether its replica is dead, and has been for so many seconds more."""
        return here.tick - self._signs[_identity(each)].seen_at >= GONE_AFTER + patience


def _signs(before: _Signs, letters: Iterable[SignedLetter], tick: float) -> _Signs:
    """The signs that letters show, each with when it was seen first."""
    found = {}
    for each in letters:
        known = before.get(_identity(each))
        found[_identity(each)] = known if known and known.made == each.sign else _Sign(each.sign, tick)
    return found


def _is_ended(letter: SignedLetter) -> bool:
    """Whether its end is written, and only waits to be delivered."""
    return letter.kept.letter.final


def _identity(letter: SignedLetter) -> tuple[str, LetterKey]:
    return letter.teller, letter.kept.letter.key


def _subject(letter: SignedLetter) -> str:
    """What it tells of; empty where another version of podbot wrote it, which then has to end it."""
    return subject_of(letter.kept.letter.key)
