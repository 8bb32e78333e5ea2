"""Letters about podbot itself. They are no cluster's, and no term guards them: one process may write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.clock import Clock
from bot.model.letters import KeptLetter, Letter, LetterKey, Posted
from bot.outbox.wording import OWN
from bot.store import outbox
from bot.store.database import Database


class StoredOwnLetters:
    """Implements `ops.vigil.OwnLetters` and `outbox.ports.OutboxStore`.

    Everything raises `StoreUnavailable`.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, letter: Letter) -> None:
        """Keep it in place of its earlier wording."""
        now = self._clock.now()
        await self._database.write(lambda connection: outbox.put(connection, OWN, [letter], now))

    async def kept(self) -> Sequence[KeptLetter]:
        """Those that wait, or may get another wording."""
        return await outbox.kept(self._database.read, OWN)

    async def note(self, key: LetterKey, posted: Posted, at: datetime) -> None:
        """Remember how far a letter has come."""
        await self._database.write(lambda connection: outbox.note(connection, OWN, key, posted, at))

    async def give_up(self, key: LetterKey, problem: str, at: datetime) -> None:
        """Lay a letter aside that Slack will never take."""
        await self._database.write(lambda connection: outbox.give_up(connection, OWN, key, problem, at))
