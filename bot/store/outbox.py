"""Letters, and how far each has come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import CursorResult, Row, case, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import logs
from bot.model.letters import KeptLetter, Letter, LetterKey, Posted
from bot.model.people import ChannelId, MessageTs
from bot.model.pods import ClusterName
from bot.store import codec
from bot.store.database import Work, chunks, for_each_database
from bot.store.schema import goes_on, letters

log = logs.get(__name__)

STEP_WITHIN = 30.0
"""Seconds that one step of reading may take; then the store counts as away."""

IN_A_STEP = 200
"""Letters that one step reads: some 20 ms of the event loop's time on a slow machine."""

Reading: TypeAlias = Callable[[Work[Sequence[Any]]], Awaitable[Sequence[Any]]]
"""Has a transaction for reading do some work."""

_CONTENT = ("body", "revision", "incident", "thread", "final", "changed_at")
_DELIVERY = ("posted_revision", "posted_channel", "posted_ts", "tried_at", "plain", "changed_at")

_PUT = for_each_database(
    lambda insert: (put := insert(letters)).on_conflict_do_update(
        index_elements=list(letters.primary_key),
        set_={name: put.excluded[name] for name in _CONTENT},
        where=put.excluded.revision >= letters.c.revision,
    )
)

# A letter that was said from memory is noted before it is written: its row begins with its delivery.
_NOTE = for_each_database(
    lambda insert: (put := insert(letters)).on_conflict_do_update(
        index_elements=list(letters.primary_key),
        set_={name: put.excluded[name] for name in _DELIVERY}
        | {
            "posted_at": case(
                (put.excluded.posted_revision > letters.c.posted_revision, put.excluded.posted_at),
                else_=letters.c.posted_at,
            )
        },
    )
)

_GIVE_UP = for_each_database(
    lambda insert: (put := insert(letters)).on_conflict_do_update(
        index_elements=list(letters.primary_key),
        set_={name: put.excluded[name] for name in ("given_up_at", "problem", "changed_at")},
    )
)


async def put(
    connection: AsyncConnection, cluster: ClusterName, written: Sequence[Letter], now: datetime
) -> None:
    """Write what is to be said; how far each has come stays, and a higher revision is left as it is."""
    if written:
        rows = [
            {
                "cluster": cluster,
                "key": each.key,
                "body": codec.letter.write(each),
                "revision": each.revision,
                "incident": each.incident,
                "thread": each.thread,
                "final": each.final,
                "changed_at": now,
            }
            for each in written
        ]
        await connection.execute(_PUT[connection.dialect.name], rows)


async def kept(reading: Reading, cluster: ClusterName) -> Sequence[KeptLetter]:
    """Letters that wait or may get another wording, and those in whose threads they go.

    Of tens of thousands some at a time: each step is short, for the event loop and for who else wants to
    read. Raises `TimeoutError` where one of them takes too long; how long all of them take is not limited.
    """
    async with asyncio.timeout(STEP_WITHIN):
        keys = await reading(lambda connection: _kept_keys(connection, cluster))
    found: list[KeptLetter] = []
    for some in chunks(keys, IN_A_STEP):
        async with asyncio.timeout(STEP_WITHIN):
            found += await reading(partial(_of_keys, cluster=cluster, keys=some))
    return tuple(found)


async def _kept_keys(connection: AsyncConnection, cluster: ClusterName) -> Sequence[str]:
    of_cluster = letters.c.cluster == cluster
    parents = select(letters.c.thread).where(of_cluster, goes_on, letters.c.thread.is_not(None))
    rows = await connection.scalars(
        select(letters.c.key)
        .where(of_cluster, letters.c.body.is_not(None), or_(goes_on, letters.c.key.in_(parents)))
        .order_by(letters.c.key)
    )
    return rows.all()


async def _of_keys(
    connection: AsyncConnection, *, cluster: ClusterName, keys: Sequence[str]
) -> Sequence[KeptLetter]:
    rows = await connection.execute(
        select(letters)
        .where(letters.c.cluster == cluster, letters.c.key.in_(keys), letters.c.body.is_not(None))
        .order_by(letters.c.key)
    )
    return tuple(each for _, each in readable(rows))


async def note(
    connection: AsyncConnection, cluster: ClusterName, key: LetterKey, posted: Posted, at: datetime
) -> None:
    """Remember how far it has come, also of a letter that is not written yet."""
    await connection.execute(
        _NOTE[connection.dialect.name],
        {
            "cluster": cluster,
            "key": key,
            "posted_revision": posted.revision,
            "posted_channel": posted.channel,
            "posted_ts": posted.ts,
            "posted_at": at if posted.revision else None,
            "tried_at": posted.tried_at,
            "plain": posted.plain,
            "changed_at": at,
        },
    )


async def give_up(
    connection: AsyncConnection, cluster: ClusterName, key: LetterKey, problem: str, at: datetime
) -> None:
    """Lay it aside, also where it is not written yet."""
    await connection.execute(
        _GIVE_UP[connection.dialect.name],
        {"cluster": cluster, "key": key, "given_up_at": at, "problem": problem, "changed_at": at},
    )


def readable(
    rows: CursorResult[tuple[object, ...]],
) -> Iterator[tuple[Row[tuple[object, ...]], KeptLetter]]:
    """Whole rows with the letters in them; one that cannot be read is told in the log and left out."""
    for row in rows:
        try:
            yield row, KeptLetter(letter=codec.letter.read(row.body), posted=_posted(row))
        except codec.Unreadable:
            log.exception("row_unreadable", what="letter", name=row.key)


def _posted(row: Row[tuple[object, ...]]) -> Posted:
    return Posted(
        revision=row.posted_revision,
        channel=None if row.posted_channel is None else ChannelId(row.posted_channel),
        ts=None if row.posted_ts is None else MessageTs(row.posted_ts),
        tried_at=row.tried_at,
        plain=row.plain,
    )
