"""The audit, kept: who asked for what, and what was decided. The log has every entry as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from bot.clock import Clock
from bot.model.people import ChannelId, UserId
from bot.model.pods import ClusterName
from bot.pods.audit import AuditTrail, Entry, Outcome
from bot.store.backlog import Backlog
from bot.store.database import Database, Row
from bot.store.schema import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An entry as it was kept; of the asker what identifies them."""

    at: datetime
    request: str
    person: UserId
    person_name: str
    channel: ChannelId
    verb: str
    cluster: ClusterName
    namespace: str
    object: str
    allowed: bool
    rule: str
    outcome: Outcome
    detail: str


class StoredTrail:
    """Implements `pods.audit.AuditTrail`: entries go on to `log` at once, and to the store soon."""

    def __init__(self, database: Database, clock: Clock, log: AuditTrail) -> None:
        self._database = database
        self._clock = clock
        self._log = log
        self._backlog: Backlog[Row] = Backlog("audit", self._save, clock)
        self.run = self._backlog.run
        self.settle = self._backlog.settle

    def record(self, entry: Entry) -> None:
        """Write one entry."""
        self._log.record(entry)
        self._backlog.put(
            {
                "at": self._clock.now(),
                "request": entry.asker.request,
                "person": entry.asker.person.id,
                "person_name": entry.asker.person.name,
                "channel": entry.asker.channel,
                "verb": entry.verb,
                "cluster": entry.cluster,
                "namespace": entry.namespace,
                "object": entry.object,
                "allowed": entry.allowed,
                "rule": entry.rule,
                "outcome": entry.outcome.value,
                "detail": entry.detail,
            }
        )

    async def latest(self, limit: int) -> Sequence[Kept]:
        """The last entries, newest first. Raises `StoreUnavailable`."""
        columns = [each for each in audit.c if each is not audit.c.id]
        query = select(*columns).order_by(audit.c.id.desc()).limit(limit)
        rows = (await self._database.read(lambda connection: connection.execute(query))).mappings()
        return tuple(Kept(**row | {"outcome": Outcome(row["outcome"])}) for row in map(dict, rows))

    async def _save(self, rows: Sequence[Row]) -> None:
        await self._database.write(lambda connection: connection.execute(insert(audit), rows))
