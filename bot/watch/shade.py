"""A standby's findings: kept in the shade until this replica leads, then handed on.

Every replica watches, so that it knows the pods when it takes over; only the leader announces. What was found
within a day is told again to the new leader's keeper, whose ledger drops what the old one had told. Between
`detector` and the keeper.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot import logs
from bot.clock import Clock
from bot.errors import Deposed
from bot.model.deaths import Cause, Death
from bot.model.memory import Findings, Memory, PodMemory
from bot.model.pods import ClusterName, PodUid
from bot.watch.ports import FindingSink

KEPT_FOR = timedelta(hours=24)
"""Longer than a store is away unnoticed. The ledger, which drops what was told, keeps a day at least."""

MOST_DEATHS = 10_000
"""Deaths that are kept; the oldest go first."""

MOST_NAMED = 20
"""Pods that are named where deaths were left out."""

MOST_FORGOTTEN = 10_000
"""Pods that were forgotten, of which the store may still hold something."""

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    findings: Findings


class Shade:
    """Keeps one cluster's findings while another replica leads.

    `take` is the detector's sink; `hand_over` and `withdraw` are called by who leads.

    One thing at a time: what comes while it hands over waits, so that the order is always the detector's.
    """

    def __init__(self, cluster: ClusterName, clock: Clock, memory: Memory | None = None) -> None:
        """`memory`: what the detector was made with."""
        self._cluster = cluster
        self._clock = clock
        self._kept: deque[_Kept] = deque()
        self._count = 0
        self._left_out = 0
        self._left_out_of: dict[str, None] = {}
        self._expects_to_lead = False
        self._memory: dict[PodUid, PodMemory] = dict(memory.pods) if memory is not None else {}
        self._forgotten: dict[PodUid, None] = {}
        self._stuck: dict[PodUid, dict[tuple[str, Cause], Death]] = {}
        self._sink: FindingSink | None = None
        self._handing: asyncio.Future[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def leads(self) -> bool:
        """Whether findings are handed on as they come."""
        return self._sink is not None

    @property
    def kept(self) -> int:
        """How many deaths are kept."""
        return self._count

    async def take(self, findings: Findings) -> None:
        """Keep what was found; while this replica leads, hand it on as well and return when it is taken."""
        async with self._one_at_a_time:
            self._keep(findings)
            if self._sink is None:
                return
            self._handing = asyncio.ensure_future(self._sink(findings))
            try:
                await asyncio.wait({self._handing})
                if not self._handing.cancelled():
                    self._handing.result()
            except Deposed:
                # Another replica leads already, and finds the same; we are about to be told.
                self._sink = None
            finally:
                self._handing.cancel()
                self._handing = None

    def expect_to_lead(self) -> None:
        """This replica leads as soon as the store lets it: until then, nothing grows too old to be told."""
        self._drop_old()
        self._expects_to_lead = True

    async def hand_over(self, sink: FindingSink) -> None:
        """This replica leads from now on: `sink` gets what is kept, what is remembered, then all that comes.

        Raises what `sink` raises; this replica then does not lead.
        """
        async with self._one_at_a_time:
            self._drop_old()
            self._say_what_is_left_out()
            for each in tuple(self._kept):
                await sink(replace(each.findings, may_be_known=True))
            for uid in tuple(self._forgotten):
                await sink(Findings(cluster=self._cluster, uid=uid))
            for uid, memory in tuple(self._memory.items()):
                standing = tuple(self._stuck.get(uid, {}).values())
                await sink(Findings(cluster=self._cluster, uid=uid, deaths=standing, memory=memory))
            self._sink = sink
            self._expects_to_lead = False

    def withdraw(self) -> None:
        """This replica leads no longer: from now on it only keeps.

        What the sink has in its hands is taken back: nobody may work its queue off any more.
        """
        self._sink = None
        self._expects_to_lead = False
        if self._handing is not None:
            self._handing.cancel()

    def _keep(self, findings: Findings) -> None:
        self._remember(findings)
        real = tuple(death for death in findings.deaths if not death.cause.is_stuck)
        if real:
            self._kept.append(_Kept(self._clock.monotonic(), replace(findings, deaths=real)))
            self._count += len(real)
        self._drop_old()

    def _remember(self, findings: Findings) -> None:
        uid, memory = findings.uid, findings.memory
        if memory is None:
            if self._memory.pop(uid, None) is not None:
                self._forgotten[uid] = None
                if len(self._forgotten) > MOST_FORGOTTEN:
                    del self._forgotten[next(iter(self._forgotten))]
            self._stuck.pop(uid, None)
            return
        self._memory[uid] = memory
        self._forgotten.pop(uid, None)
        told = {(each.container, each.cause) for each in memory.complaints if each.told}
        known = self._stuck.get(uid, {})
        stuck = {
            (death.id.container, death.cause): death for death in findings.deaths if death.cause.is_stuck
        }
        standing = {key: death for key, death in (known | stuck).items() if key in told}
        if standing:
            self._stuck[uid] = standing
        else:
            self._stuck.pop(uid, None)

    def _drop_old(self) -> None:
        oldest = self._clock.monotonic() - KEPT_FOR.total_seconds()
        while self._kept and self._kept[0].at < oldest and not self._expects_to_lead:
            self._count -= len(self._kept.popleft().findings.deaths)
        while self._count > MOST_DEATHS:
            deaths = self._kept.popleft().findings.deaths
            self._count -= len(deaths)
            if self._sink is None:
                self._leave_out(deaths)

    def _leave_out(self, deaths: Sequence[Death]) -> None:
        self._left_out += len(deaths)
        for death in deaths:
            if len(self._left_out_of) < MOST_NAMED:
                self._left_out_of[f"{death.namespace}/{death.pod}"] = None

    def _say_what_is_left_out(self) -> None:
        if self._left_out:
            log.error(
                "deaths_left_out",
                cluster=self._cluster,
                deaths=self._left_out,
                pods=list(self._left_out_of),
                consequence="those that no leader before told are not told",
            )
        self._left_out = 0
        self._left_out_of.clear()
