"""Writes the week's digest, which is said once, whatever restarts and changes of leader there are.

The letter's key is the week, and the letter is never `final`: the store keeps it as one that Slack has.
Whoever writes it again, another process or another replica, writes what is known already.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot import logs
from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.incidents import digest
from bot.incidents.ports import Outbox, Pictures
from bot.incidents.records import Batch
from bot.incidents.route_config import Digest
from bot.incidents.store_ports import Chronicle, IncidentStore
from bot.model.letters import Letter, Urgency
from bot.model.pods import ClusterName

LOOKS_EVERY = 60.0
"""Seconds between two looks at the clock and at the config, which may change."""

log = logs.get(__name__)


class WeeklyDigest:
    """Writes one cluster's digests for one term of its leader.

    `config` is asked at each look; None: none is wanted.
    """

    def __init__(
        self,
        *,
        cluster: ClusterName,
        config: Callable[[], Digest | None],
        chronicle: Chronicle,
        pictures: Pictures,
        store: IncidentStore,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._cluster = cluster
        self._config = config
        self._chronicle = chronicle
        self._pictures = pictures
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._last: datetime | None = None

    async def run(self) -> None:
        """Look until cancelled. Raises `bot.errors.Deposed`."""
        while True:
            await self.look()
            await self._clock.sleep(LOOKS_EVERY)

    async def look(self) -> bool:
        """Write the digest if it is due, and say whether it was. With the store away, the next look tries.

        Raises `bot.errors.Deposed`.
        """
        config, now = self._config(), self._clock.now()
        if config is None:
            return False
        due = digest.next_due(config, self._last, now)
        if due > now:
            return False
        try:
            letter = await self._letter(config, due, now)
            await self._store.save(Batch(letters=(letter,)))
        except StoreUnavailable as problem:
            log.warning("digest_waits", reason=str(problem))
            return False
        self._last = due
        await self._outbox.put([letter])
        return True

    async def _letter(self, config: Digest, due: datetime, now: datetime) -> Letter:
        since = digest.begin_of(config, due)
        told = await self._chronicle.statistics(self._cluster, since, due)
        before = await self._chronicle.statistics(self._cluster, digest.begin_of(config, since), since)
        picture = await self._pictures.statistics(told) if told.deaths else b""
        return Letter(
            key=digest.key_of(due.astimezone(config.zone)),
            cluster=self._cluster,
            channel=config.channel,
            message=digest.digest_message(told, since, due, before=before, picture=picture),
            revision=1,
            urgency=Urgency.QUIET,
            created_at=now,
        )
