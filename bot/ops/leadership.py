"""Leader election: of all replicas one at a time leads a cluster, by a lease that it renews.

Who leads stops before the lease can be over for anybody else. What cannot be ruled out in this way (a request
that was under way when the process was stopped) is what terms are for: the store refuses those of a deposed
leader. `leases` has the rules by which a lease is held.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import socket
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterError, Deposed, ObjectConflict, PodbotError
from bot.model.leadership import Term
from bot.ops.leases import RENEWS_EVERY, Hold, Lease
from bot.ops.suspension import slept as suspended

STOPS_WITHIN = 0.3
"""Of a lease's duration, what leads has to stop in. With the time for renewals a tenth is left of it, for
clocks that do not run alike."""

LOOKS_EVERY = 0.6
"""Seconds between two looks of whoever waits: a lease that is given back is taken within a second."""

HOLDS_BACK = 0.5
MOST_HELD_BACK = 1.0
"""Seconds for which a process leaves a free lease to others, for each cluster that it leads already, and at
most: so several clusters spread over the replicas, and a lease is still taken within 2 seconds."""

_SHORTEST_PAUSE = 0.05

Lead: TypeAlias = Callable[[Term], Coroutine[Any, Any, None]]
"""What a leader does until it is cancelled; it then ends within `STOPS_WITHIN` of the lease's duration."""

logger = logs.get(__name__)


class Leadership(Protocol):
    """Whether this process leads a cluster; `Elector` and `Alone` are it."""

    @property
    def leader(self) -> str | None:
        """Who leads as far as was last seen; None where nobody does."""
        ...

    @property
    def leading(self) -> Term | None:
        """The term in which this process leads at this moment; None where it does not."""
        ...

    @property
    def problem(self) -> str:
        """Why it cannot be told who leads; empty while all is well."""
        ...

    @property
    def stops_within(self) -> float:
        """Seconds that what leads has to stop in once that is over."""
        ...

    async def run(self, lead: Lead) -> None:
        """Have `lead` run whenever and as long as this process leads."""
        ...


class LeadsOn(PodbotError):
    """What was leading does not stop although it must: the process has to end."""

    def __init__(self, lease: str, seconds: float) -> None:
        super().__init__(f"{lease}: leading was over and did not stop within {seconds:g} s")


class Load:
    """How many clusters this process leads, or is about to; shared by its electors."""

    def __init__(self) -> None:
        self.clusters = 0

    @property
    def holds_back(self) -> float:
        """Seconds for which a free lease is left to replicas that have less to do."""
        return min(self.clusters * HOLDS_BACK, MOST_HELD_BACK)


def new_identity() -> str:
    """A name for this process that no other has, not even one of the same host before or after it."""
    return f"{socket.gethostname()}_{secrets.token_hex(4)}"


class Alone:
    """No election: the only process there is, with a store of its own."""

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._leads = False

    @property
    def leader(self) -> str | None:
        """This process."""
        return self._identity

    @property
    def leading(self) -> Term | None:
        """The only term, while `run` runs."""
        return Term(1) if self._leads else None

    @property
    def problem(self) -> str:
        """There is none."""
        return ""

    @property
    def stops_within(self) -> float:
        """Without end: nobody else waits for it."""
        return float("inf")

    async def run(self, lead: Lead) -> None:
        """Lead at once, in the only term, until cancelled."""
        self._leads = True
        try:
            await lead(Term(1))
        finally:
            self._leads = False


class Elector:
    """Campaigns for one lease, and leads while it has it."""

    def __init__(
        self,
        lease: Lease,
        identity: str,
        clock: Clock,
        *,
        seconds: int,
        load: Load | None = None,
        chance: Callable[[], float] = random.random,
        slept: Callable[[], float] = suspended,
    ) -> None:
        """`seconds`: the lease's duration; `chance` gives numbers from 0 to 1, to keep replicas apart.

        `slept` says for how many seconds the machine was suspended: leases run out meanwhile.
        """
        self._hold = Hold(lease, identity, clock, seconds=seconds, slept=slept)
        self._clock = clock
        self._seconds = seconds
        self._load = load or Load()
        self._chance = chance
        self._term: Term | None = None
        self._leading: asyncio.Task[None] | None = None

    @property
    def leader(self) -> str | None:
        """Who leads as far as was last seen; None where nobody does."""
        return (self._hold.record.holder or None) if self._hold.record else None

    @property
    def leading(self) -> Term | None:
        """The term in which this process leads at this moment, by its clock; None where it does not.

        Worth a look before anything that only a leader may do: when a process goes on after it was stopped
        for a while, this is right before the task that leads has been cancelled.
        """
        return self._term if self._hold.good else None

    @property
    def problem(self) -> str:
        """Why the lease cannot be read or written at the moment; empty while all is well."""
        return self._hold.problem

    @property
    def stops_within(self) -> float:
        """As the lease has it: nobody else may take it before."""
        return STOPS_WITHIN * self._seconds

    async def run(self, lead: Lead) -> None:
        """Campaign and lead, again and again, until cancelled or until `lead` ends, whose error is raised.

        Cancelled, it first stops `lead`, then gives the lease back. After a `lead` that raised `Deposed` it
        begins anew in a later term. Raises `LeadsOn`.
        """
        over = False
        try:
            while not over:
                await self._campaign()
                try:
                    over = await self._tenure(lead)
                finally:
                    self._load.clusters -= 1
        finally:
            if self._leading is None or self._leading.done():  # else another must not begin yet
                await self._hold.give_back()

    async def _campaign(self) -> None:
        """Return once the lease is ours, and counts among those of this process."""
        while (pause := await self._attempt()) is not None:
            await self._clock.sleep(pause)

    async def _attempt(self) -> float | None:
        """Try to take the lease; gives the seconds until another attempt, None where it was taken."""
        pause = LOOKS_EVERY * (0.8 + 0.4 * self._chance())
        try:
            free_for = await self._hold.look()
            if free_for is None:
                return pause
            held_back = self._load.holds_back - free_for
            if held_back > 0 and not self._hold.is_ours:
                return min(pause, max(held_back, _SHORTEST_PAUSE))
            return None if await self._take() else pause
        except ObjectConflict:
            return pause  # another was faster
        except (TimeoutError, ClusterError) as error:
            self._hold.troubled(error)
            return pause

    async def _take(self) -> bool:
        self._load.clusters += 1  # before it is sure, so that this process's other electors hold back
        taken = False
        try:
            taken = await self._hold.take()
        finally:
            if not taken:
                self._load.clusters -= 1
        return taken

    async def _tenure(self, lead: Lead) -> bool:
        """Lead until that is over; says whether `lead` ended by itself. Raises what it raised."""
        record = self._hold.record
        if record is None:
            raise RuntimeError("a lease that was taken has a record")
        self._term = term = record.term
        logger.info("leading", lease=self._hold.lease, term=term)
        leading = asyncio.create_task(lead(term), name=f"{self._hold.lease}: leading in term {term}")
        renewing = asyncio.create_task(self._renew(), name=f"{self._hold.lease}: renewing")
        self._leading = leading
        try:
            await asyncio.wait({leading, renewing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = leading.done()
            self._term = None
            try:
                await self._stop(leading)
            finally:
                renewing.cancel()
                await asyncio.gather(renewing, return_exceptions=True)
            logger.info("not_leading", lease=self._hold.lease, term=term)
        if not renewing.cancelled():
            renewing.result()
        if leading.cancelled():
            return ended
        error = leading.exception()
        if error is not None and _is_deposed(error):
            self._hold.begin_later_term()
            return False
        leading.result()
        return ended

    async def _renew(self) -> None:
        """Keep the lease; returns when it is lost."""
        while self._hold.good:
            left = self._hold.left
            usual = RENEWS_EVERY * self._seconds * (0.8 + 0.4 * self._chance())
            await self._clock.sleep(min(usual / 3 if self._hold.problem else usual, left))
            if not await self._hold.renew():
                break
        logger.warning("lease_lost", lease=self._hold.lease, problem=self._hold.problem)

    async def _stop(self, leading: asyncio.Task[None]) -> None:
        leading.cancel()
        await asyncio.wait({leading}, timeout=self.stops_within)
        if not leading.done():
            raise LeadsOn(self._hold.lease, self.stops_within)
        if not leading.cancelled():
            leading.exception()  # looked at here, because whoever cancelled does not get to see it


def _is_deposed(error: BaseException) -> bool:
    """Whether that, and nothing else, ended what led; errors of its tasks come in groups."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(Deposed)[1] is None
    return isinstance(error, Deposed)
