"""What several replicas keep of themselves, in memory: as `bot.store.own_letters` does it in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.errors import StoreUnavailable
from bot.model.letters import KeptLetter, Letter, LetterKey, Posted, SignedLetter
from tests.support.clock import HeldClock


@dataclass(slots=True)
class SharedOwnLetters:
    """The rows of all replicas; `cut_off` are those that do not reach the store."""

    clock: HeldClock
    rows: dict[tuple[str, LetterKey], KeptLetter] = field(default_factory=dict)
    signs: dict[tuple[str, LetterKey], datetime] = field(default_factory=dict)
    cut_off: set[str] = field(default_factory=set)
    writes: int = 0

    def of(self, replica: str) -> OwnLettersOf:
        return OwnLettersOf(self, replica)

    def write(self, replica: str, key: LetterKey, kept: KeptLetter) -> None:
        self.rows[replica, key] = kept
        self.sign(replica, key)

    def sign(self, replica: str, key: LetterKey) -> None:
        self.signs[replica, key] = self.clock.now()
        self.writes += 1


@dataclass(slots=True)
class OwnLettersOf:
    """Implements `ops.vigil.OwnLetters`, `ops.orphans.SignedLetters` and `outbox.ports.OutboxStore`."""

    shared: SharedOwnLetters
    replica: str

    async def keep(self, letter: Letter) -> None:
        self._reach()
        known = self.shared.rows.get((self.replica, letter.key))
        kept = KeptLetter(letter=letter, posted=known.posted if known else Posted())
        self.shared.write(self.replica, letter.key, kept)

    async def kept(self) -> Sequence[KeptLetter]:
        self._reach()
        return [each for (replica, _), each in self._going_on() if replica == self.replica]

    async def note(self, key: LetterKey, posted: Posted, at: datetime) -> None:
        self._reach()
        known = self.shared.rows.get((self.replica, key))
        if known is not None:
            self.shared.write(self.replica, key, replace(known, posted=posted))

    async def give_up(self, key: LetterKey, problem: str, at: datetime) -> None:
        self._reach()
        self.shared.rows.pop((self.replica, key), None)

    async def sign(self, keys: Collection[LetterKey]) -> frozenset[LetterKey]:
        self._reach()
        mine = frozenset(key for key in keys if (self.replica, key) in self.shared.rows)
        for key in mine:
            self.shared.sign(self.replica, key)
        return mine

    async def signed(self) -> Sequence[SignedLetter]:
        self._reach()
        return [
            SignedLetter(
                teller=replica,
                is_ours=replica == self.replica,
                sign=self.shared.signs[replica, key],
                kept=kept,
            )
            for (replica, key), kept in self._going_on()
        ]

    async def adopt(self, letter: SignedLetter) -> bool:
        self._reach()
        key = letter.kept.letter.key
        there = (letter.teller, key)
        if self.shared.signs.get(there) != letter.sign or (self.replica, key) in self.shared.rows:
            return False
        del self.shared.signs[there]
        self.shared.write(self.replica, key, self.shared.rows.pop(there))
        return True

    def _going_on(self) -> list[tuple[tuple[str, LetterKey], KeptLetter]]:
        return [(at, each) for at, each in self.shared.rows.items() if each.waits or not each.letter.final]

    def _reach(self) -> None:
        if self.replica in self.shared.cut_off:
            raise StoreUnavailable("the network is gone")
