"""Letters about podbot itself. They are no cluster's, and no term guards them: who tells one has it.

A process that is alone has all of them. Of several replicas each has its own, under its name where others
have a cluster's; it takes over those of another one by putting its own name there. Replicas are those that
watch the same clusters: others that share the database have a Slack of their own, and other troubles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import CursorResult, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.model.letters import KeptLetter, Letter, LetterKey, Posted, SignedLetter
from bot.model.pods import ClusterName
from bot.outbox.wording import OWN
from bot.store import outbox
from bot.store.database import Database
from bot.store.schema import goes_on, letters

_ABOUT = "podbot/"
"""How the key of each letter about podbot itself begins, and the name of each replica."""

_mine_already = letters.alias("mine_already")


class StoredOwnLetters:
    """Implements `ops.vigil.OwnLetters`, `ops.orphans.SignedLetters` and `outbox.ports.OutboxStore`.

    Everything raises `StoreUnavailable`.
    """

    def __init__(
        self, database: Database, clock: Clock, *, replica: str = "", clusters: Iterable[ClusterName] = ()
    ) -> None:
        """`replica`: which one it is of those that watch `clusters`; empty where it is alone."""
        self._database = database
        self._clock = clock
        group = hashlib.sha256("\n".join(sorted(clusters)).encode()).hexdigest()[:16]
        self._group = f"{_ABOUT}{group}/"
        self._ours = ClusterName(f"{self._group}{replica}") if replica else OWN

    async def keep(self, letter: Letter) -> None:
        """Keep it in place of its earlier wording."""
        now = self._clock.now()
        await self._database.write(lambda connection: outbox.put(connection, self._ours, [letter], now))

    async def kept(self) -> Sequence[KeptLetter]:
        """Those of this replica that wait, or may get another wording."""
        return await outbox.kept(self._database.read, self._ours)

    async def note(self, key: LetterKey, posted: Posted, at: datetime) -> None:
        """Remember how far a letter has come."""
        await self._database.write(lambda connection: outbox.note(connection, self._ours, key, posted, at))

    async def give_up(self, key: LetterKey, problem: str, at: datetime) -> None:
        """Lay a letter aside that Slack will never take."""
        await self._database.write(
            lambda connection: outbox.give_up(connection, self._ours, key, problem, at)
        )

    async def sign(self, keys: Collection[LetterKey]) -> frozenset[LetterKey]:
        """Give a sign of life with these of this replica's; returns which are still its own."""
        sign = (
            update(letters)
            .where(letters.c.cluster == self._ours, letters.c.key.in_(keys), letters.c.body.is_not(None))
            .values(changed_at=self._clock.now())
            .returning(letters.c.key)
        )

        async def signed(connection: AsyncConnection) -> frozenset[LetterKey]:
            return frozenset(map(LetterKey, await connection.scalars(sign)))

        return await self._database.write(signed)

    async def signed(self) -> Sequence[SignedLetter]:
        """Those of all replicas that go on."""
        query = (
            select(letters)
            .where(goes_on, letters.c.cluster.startswith(self._group), letters.c.key.startswith(_ABOUT))
            .order_by(letters.c.cluster, letters.c.key)
        )

        async def signed(connection: AsyncConnection) -> Sequence[SignedLetter]:
            return tuple(self._signed(await connection.execute(query)))

        return await self._database.read(signed)

    async def adopt(self, letter: SignedLetter) -> bool:
        """Make it this replica's; False where it was signed, or adopted, since it was read."""
        key = letter.kept.letter.key
        mine = exists().where(_mine_already.c.cluster == self._ours, _mine_already.c.key == key)
        take = (
            update(letters)
            .where(
                letters.c.cluster == f"{self._group}{letter.teller}",
                letters.c.key == key,
                letters.c.changed_at == letter.sign,
                ~mine,  # both told it in the same second: the other one's stays as it is
            )
            .values(cluster=self._ours, changed_at=self._clock.now())
        )
        # All that is left of when it was ours before: what was noted after it had changed hands.
        tidy = delete(letters).where(
            letters.c.cluster == self._ours, letters.c.key == key, letters.c.body.is_(None)
        )

        async def taken(connection: AsyncConnection) -> bool:
            await connection.execute(tidy)
            return (await connection.execute(take)).rowcount == 1

        return await self._database.write(taken)

    def _signed(self, rows: CursorResult[tuple[object, ...]]) -> Iterator[SignedLetter]:
        for row, kept in outbox.readable(rows):
            yield SignedLetter(
                teller=row.cluster.removeprefix(self._group),
                is_ours=row.cluster == self._ours,
                sign=row.changed_at,
                kept=kept,
            )
