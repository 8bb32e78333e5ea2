"""The ledger: every death once, whatever is seen twice, late, or by another replica."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.incidents.records import RecordedDeath
from bot.model.deaths import DeathId, signal_of
from bot.model.incidents import Incident, IncidentId
from bot.model.pods import ClusterName, PodUid
from bot.store import codec
from bot.store.database import Row, chunks, for_each_database
from bot.store.schema import deaths, letters

MOST_UNSEEN = 1_000
"""Deaths that one death may say were missed before it; a restart count may jump by any number."""

_RECORD = for_each_database(lambda insert: insert(deaths).on_conflict_do_nothing())

_IDENTITY = tuple_(deaths.c.uid, deaths.c.container, deaths.c.restart)

_ANNOUNCE = (
    update(deaths)
    .where(
        deaths.c.cluster == bindparam("of_cluster"),
        deaths.c.told_by
        == select(letters.c.incident)
        .where(letters.c.cluster == bindparam("of_cluster"), letters.c.key == bindparam("letter"))
        .scalar_subquery(),
        deaths.c.revision <= bindparam("delivered"),
        deaths.c.announced_at.is_(None),
    )
    .values(announced_at=bindparam("moment"))
)

_MOVE = (
    update(deaths)
    .where(deaths.c.cluster == bindparam("of_cluster"), deaths.c.incident == bindparam("merged"))
    .values(incident=bindparam("into"), told_by=bindparam("teller"), revision=bindparam("counted_in"))
)

_told_already = (
    select(func.min(letters.c.posted_at))
    .where(
        letters.c.cluster == deaths.c.cluster,
        letters.c.incident == deaths.c.told_by,
        letters.c.posted_revision >= deaths.c.revision,
    )
    .correlate(deaths)
    .scalar_subquery()
)


async def record(connection: AsyncConnection, cluster: ClusterName, records: Sequence[RecordedDeath]) -> None:
    """Write these down, and a line for each death before them that nobody saw; what is there stays."""
    rows = [row for each in records for row in _rows(cluster, each)]
    if rows:
        await connection.execute(_RECORD[connection.dialect.name], rows)


async def known(
    connection: AsyncConnection, cluster: ClusterName, asked: Sequence[DeathId]
) -> frozenset[DeathId]:
    """Which of these are in it."""
    found: set[tuple[str, str, int]] = set()
    for some in chunks(asked):
        rows = await connection.execute(
            select(deaths.c.uid, deaths.c.container, deaths.c.restart).where(
                deaths.c.cluster == cluster,
                deaths.c.occasion == "",
                deaths.c.uid.in_(
                    {each.uid for each in some}
                ),  # for which, unlike the rest, SQLite asks its index
                _IDENTITY.in_([(each.uid, each.container, each.restart) for each in some]),
            )
        )
        found.update((uid, container, restart) for uid, container, restart in rows)
    return frozenset(
        DeathId(cluster=cluster, uid=PodUid(uid), container=container, restart=restart)
        for uid, container, restart in found
    )


async def announce(
    connection: AsyncConnection, cluster: ClusterName, letter: str, revision: int, at: datetime
) -> None:
    """What the letter's incident counted up to this revision has been announced."""
    await connection.execute(
        _ANNOUNCE, {"of_cluster": cluster, "letter": letter, "delivered": revision, "moment": at}
    )


async def move(connection: AsyncConnection, cluster: ClusterName, saved: Sequence[Incident]) -> None:
    """Put the deaths of incidents that became part of another under that one, which counts them now."""
    moved = [
        {
            "of_cluster": cluster,
            "merged": each.id,
            "into": each.part_of,
            "teller": teller.id if teller else each.part_of,
            "counted_in": teller.revision if teller else 0,
        }
        for each, teller in tellers(saved)
    ]
    if moved:
        await connection.execute(_MOVE, moved)


def tellers(saved: Sequence[Incident]) -> Iterator[tuple[Incident, Incident | None]]:
    """Each incident that became part of another, and the one that tells of that other, if it is here, too."""
    here = {each.id: each for each in saved}
    for each in saved:
        if each.part_of is not None:
            whole = here.get(each.part_of)
            yield each, here.get(whole.storm, whole) if whole and whole.storm else whole


async def catch_up(
    connection: AsyncConnection, cluster: ClusterName, tellers: Collection[IncidentId]
) -> None:
    """Mark deaths told by these incidents as announced where that was done before they were written."""
    for some in chunks(sorted(tellers)):
        await connection.execute(
            update(deaths)
            .where(
                deaths.c.cluster == cluster,
                deaths.c.told_by.in_(some),
                deaths.c.announced_at.is_(None),
                _told_already.is_not(None),
            )
            .values(announced_at=_told_already)
        )


def _rows(cluster: ClusterName, recorded: RecordedDeath) -> Iterator[Row]:
    death = recorded.death
    stuck = death.cause.is_stuck
    row: Row = {
        "cluster": cluster,
        "uid": death.id.uid,
        "container": death.id.container,
        "restart": death.id.restart,
        "occasion": f"{death.cause.value}/{recorded.incident}" if stuck else "",
        "namespace": death.namespace,
        "pod": death.pod,
        "cause": death.cause.value,
        "exit_code": death.exit_code,
        "signal": None if death.exit_code is None else signal_of(death.exit_code),
        "started_at": death.started_at,
        "finished_at": death.finished_at,
        "seen_at": death.seen_at,
        "incident": recorded.incident,
        "told_by": recorded.told_by,
        "revision": recorded.revision,
        "body": codec.death.write(death),
    }
    yield row
    nothing = dict.fromkeys(("cause", "exit_code", "signal", "started_at", "finished_at", "body"))
    unseen = min(death.unseen_before, MOST_UNSEEN, death.id.restart)
    for restart in range(death.id.restart - unseen, death.id.restart):
        yield row | nothing | {"restart": restart, "occasion": ""}
