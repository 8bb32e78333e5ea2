"""What is known of incidents that were: read beside a running bot, for `podbot incidents` and for figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.deaths import Cause
from bot.model.incidents import IncidentId, IncidentState, Severity
from bot.model.past import PastDeath, PastIncident
from bot.model.pods import Owner
from bot.store.database import Database, chunks
from bot.store.schema import deaths, incidents


class Past:
    """Reads the past incidents of all clusters. Everything raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def incidents(self, since: datetime) -> Sequence[PastIncident]:
        """Those that are open, or to which something happened since; in the order of their first death."""
        happened = or_(
            incidents.c.is_open.is_(True), incidents.c.last_at >= since, incidents.c.ended_at >= since
        )
        query = (
            select(*(each for each in incidents.c if each is not incidents.c.body))
            .where(happened)
            .order_by(incidents.c.first_at, incidents.c.id)
        )

        async def look(connection: AsyncConnection) -> Sequence[PastIncident]:
            rows = [row._asdict() for row in await connection.execute(query)]
            told = await _deaths(connection, [(row["cluster"], row["id"]) for row in rows])
            return tuple(_incident(row, told) for row in rows)

        return await self._database.read(look)


_Told = Mapping[tuple[str, str], Iterable[PastDeath]]


async def _deaths(connection: AsyncConnection, of: Sequence[tuple[str, str]]) -> _Told:
    told: dict[tuple[str, str], list[PastDeath]] = defaultdict(list)
    columns = [deaths.c[name] for name in PastDeath.__dataclass_fields__]
    for some in chunks(of):
        rows = await connection.execute(
            select(deaths.c.incident, *columns)
            .where(tuple_(deaths.c.cluster, deaths.c.incident).in_(some))
            .order_by(func.coalesce(deaths.c.finished_at, deaths.c.seen_at), deaths.c.uid, deaths.c.restart)
        )
        for row in rows.mappings():
            values = dict(row)
            incident = values.pop("incident")
            cause = values.pop("cause")
            death = PastDeath(**values, cause=None if cause is None else Cause(cause))
            told[death.cluster, incident].append(death)
    return told


def _incident(row: Mapping[str, object], told: _Told) -> PastIncident:
    values = dict(row)
    identity = IncidentId(str(values.pop("id")))
    del values["is_open"]
    return PastIncident(
        **values
        | {  # type: ignore[arg-type]  # a row's values have the types of the columns of the same names
            "incident": identity,
            "owner": Owner(kind=str(values.pop("owner_kind")), name=str(values.pop("owner_name"))),
            "cause": Cause(values["cause"]),
            "state": IncidentState(values["state"]),
            "severity": Severity(values["severity"]),
            "counted": values.pop("deaths"),
            "deaths": tuple(told.get((str(row["cluster"]), identity), ())),
        }
    )
