"""One process's hold on a lease: what it saw of it, since when, and until when it may act as its holder.

The rules are those of client-go's `leaderelection`: no clock but one's own is trusted. Whoever holds the
lease counts from the moment at which the renewal was sent; whoever waits, from the moment at which it saw the
lease change, and never from a time that is written in it. `leadership` decides by it who leads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterError, ObjectConflict, ObjectNotFound
from bot.model.leadership import LeaseRecord
from bot.ops.suspension import slept as suspended

RENEWS_WITHIN = 0.6
"""Of a lease's duration: a leader that could not renew it for so long stops leading."""

RENEWS_EVERY = 0.15
"""Of the same. A request for the lease may take twice as long, so that one that hangs is not the last."""

RELEASES_WITHIN = 1.0
"""Seconds that giving back may take; what is not given back runs out."""

_MOST_SKIPPED = 1 << 20
_NEVER = float("-inf")

logger = logs.get(__name__)


class Lease(Protocol):
    """One lease, on which all replicas agree. Everything raises `bot.errors.ClusterError`."""

    @property
    def name(self) -> str:
        """How messages call it."""
        ...

    async def read(self) -> LeaseRecord | None:
        """The lease as it is; None where there is none."""
        ...

    async def create(self, record: LeaseRecord) -> LeaseRecord:
        """Make it; `ObjectConflict` where there is one by now."""
        ...

    async def replace(self, record: LeaseRecord) -> LeaseRecord:
        """Write it, if it still has the record's version: else `ObjectConflict`, or `ObjectNotFound`."""
        ...


class Hold:
    """What one process knows of a lease, and does with it."""

    def __init__(
        self,
        lease: Lease,
        identity: str,
        clock: Clock,
        *,
        seconds: int,
        slept: Callable[[], float] = suspended,
    ) -> None:
        """`seconds`: for how long nobody else may take it after a renewal; `slept` as in `suspension`."""
        self._lease = lease
        self._identity = identity
        self._clock = clock
        self._seconds = seconds
        self._slept = slept
        self._there = False
        self._seen: LeaseRecord | None = None
        self._seen_at = 0.0
        self._free_since: float | None = None
        self._skip = 0
        self._skips = 1
        self._unsure = False
        self._until = _NEVER
        self.problem = ""
        """Why the lease cannot be read or written at the moment; empty while all is well."""

    @property
    def lease(self) -> str:
        """How messages call the lease."""
        return self._lease.name

    @property
    def record(self) -> LeaseRecord | None:
        """The lease as it was last seen."""
        return self._seen

    @property
    def good(self) -> bool:
        """Whether this process may act as the holder, at this very moment."""
        return self.left > 0

    @property
    def left(self) -> float:
        """For how many seconds it may, if it is not renewed; not above 0 where it may not."""
        return self._until - self._passed()

    @property
    def is_ours(self) -> bool:
        """Whether this process is in the lease as its holder, as far as was last seen."""
        return self._there and self._seen is not None and self._seen.holder == self._identity

    async def look(self) -> float | None:
        """For how many seconds the lease has been free, as far as this process saw; None: it is not.

        Free is what nobody holds, what its holder has not renewed in time, and what is this process's own.
        """
        async with self._bounded():
            self._note(await self._lease.read())
        now = self._clock.monotonic()
        if not self._free(now):
            self._free_since = None
            return None
        if self._free_since is None:
            self._free_since = now
        return now - self._free_since

    async def take(self) -> bool:
        """Become the holder, where it has not changed since the last look; raises `ClusterError`."""
        sent_at = self._passed()
        self._unsure = True
        try:
            async with self._bounded():
                await self._write(self._claim())
        except ObjectConflict:
            self._unsure = False
            raise
        self._skip = 0
        return self._renewed(sent_at)

    async def renew(self) -> bool:
        """Renew it; False where another has it by now, or the time for that is over.

        A renewal that failed otherwise is worth another attempt until then.
        """
        for _ in range(2):
            sent_at = self._passed()
            left = self._until - sent_at
            if left <= 0 or self._seen is None:
                return False
            try:
                async with self._bounded(left):
                    await self._write(replace(self._seen, renewed_at=self._clock.now()))
            except ObjectNotFound:
                break
            except ObjectConflict:
                # It was changed: by ourselves, where an answer was lost, or by another.
                if not await self._still_ours():
                    break
            except (TimeoutError, ClusterError) as error:
                self.troubled(error)
                return True
            else:
                return self._renewed(sent_at)
        else:
            return True  # changed twice in a moment; there will be another attempt
        self._until = _NEVER
        return False

    async def give_back(self) -> None:
        """Let another take it at once, where it is ours; what does not succeed is left to run out."""
        self._until = _NEVER
        try:
            async with asyncio.timeout(RELEASES_WITHIN):
                if self._unsure:
                    self._note(await self._lease.read())
                while self.is_ours and self._seen is not None:
                    try:
                        await self._write(replace(self._seen, holder="", renewed_at=self._clock.now()))
                    except ObjectConflict:
                        self._note(await self._lease.read())
        except (TimeoutError, ClusterError) as error:
            logger.warning("lease_not_given_back", lease=self.lease, problem=_words(error))

    def begin_later_term(self) -> None:
        """Have the next term begin beyond the present one, each time further beyond.

        The store knows of a later term: the lease was deleted and made anew, and began to count anew.
        """
        self._until = _NEVER
        self._skip = self._skips
        self._skips = min(2 * self._skips, _MOST_SKIPPED)

    def troubled(self, error: Exception) -> None:
        """Note why the lease cannot be had; logged once for each reason."""
        words = _words(error)
        if words != self.problem:
            logger.warning("lease_unavailable", lease=self.lease, problem=words)
        self.problem = words

    def _bounded(self, seconds: float | None = None) -> asyncio.Timeout:
        usual = 2 * RENEWS_EVERY * self._seconds
        return asyncio.timeout(usual if seconds is None else min(seconds, usual))

    def _free(self, now: float) -> bool:
        seen = self._seen
        if seen is None or seen.holder in {"", self._identity}:
            return True
        # Deleted or not: whoever held it may lead until it would have run out.
        return now >= self._seen_at + (seen.seconds if seen.seconds > 0 else self._seconds)

    def _claim(self) -> LeaseRecord:
        now = self._clock.now()
        seen = self._seen
        # Also where it is ours already: what this process still writes of an earlier time is then refused.
        return LeaseRecord(
            holder=self._identity,
            transitions=self._skip + (0 if seen is None else seen.transitions + 1),
            seconds=self._seconds,
            acquired_at=now,
            renewed_at=now,
            version=seen.version if seen is not None and self._there else "",
        )

    async def _write(self, record: LeaseRecord) -> None:
        send = self._lease.replace if record.version else self._lease.create
        self._note(await send(record))

    async def _still_ours(self) -> bool:
        try:
            async with self._bounded(max(self.left, 0.0)):
                self._note(await self._lease.read())
        except (TimeoutError, ClusterError) as error:
            self.troubled(error)
            return True
        return self.is_ours

    def _passed(self) -> float:
        """Monotonic time, and the time for which it stood still while others waited for the lease."""
        return self._clock.monotonic() + self._slept()

    def _renewed(self, sent_at: float) -> bool:
        self._unsure = False
        self._until = sent_at + RENEWS_WITHIN * self._seconds
        return self.good

    def _note(self, found: LeaseRecord | None) -> None:
        self.problem = ""
        self._there = found is not None
        if found is None or found == self._seen:
            return
        before = self._seen.holder if self._seen else ""
        self._seen, self._seen_at = found, self._clock.monotonic()
        if found.holder != before:
            logger.info("leader_changed", lease=self.lease, leader=found.holder or None, term=found.term)


def _words(error: Exception) -> str:
    return str(error) or "it did not answer in time"
