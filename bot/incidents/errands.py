"""Acts that reach the keeper wherever it runs: here, or in the replica that leads the cluster.

Slack hands a press to any replica; only the leader changes live incidents. The others leave an errand in the
store that all replicas share, and wait for its answer. An errand belongs to whoever takes it first: the
leader, who does it then, or the one who left it and has waited long enough. So it is done once or not at all,
and what was said to have changed nothing never happens later.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import timedelta

from bot import logs
from bot.clock import Clock
from bot.errors import Deposed, StoreUnavailable
from bot.incidents.acts import Act, ActRefusal, ActResult
from bot.incidents.ports import Board, LiveIncidents
from bot.incidents.store_ports import Errand, ErrandStore
from bot.model.incident_problems import NotAnsweredInTime, StoreAway
from bot.model.incidents import SilenceId

LOOKS_EVERY = 0.5
"""Seconds between two looks of the leader for errands."""

ASKS_EVERY = 0.2
"""Seconds between two looks for an answer."""

WAITS_FOR = 5.0
"""Seconds that somebody waits for the leader: the press was made by a person with a phone in their hand."""

TOO_OLD = timedelta(seconds=30)
"""An errand as old as this was left by a replica that has ended since. Clocks may be apart by less."""

log = logs.get(__name__)


class SharedBoard:
    """Implements `ports.Board` for one cluster on any replica."""

    def __init__(
        self, live: Callable[[], LiveIncidents | None], errands: ErrandStore | None, clock: Clock
    ) -> None:
        """`live` gives the keeper while this replica leads; `errands` is None where nobody else can lead."""
        self._live = live
        self._errands = errands
        self._clock = clock

    async def act(self, act: Act) -> ActResult:
        """Do it here, or have it done."""
        keeper = self._live()
        if keeper is not None:
            return await keeper.act(act)
        if self._errands is None:
            return ActResult(refusal=ActRefusal.TOO_LATE)
        try:
            return await self._have_done(act, self._errands)
        except StoreUnavailable as error:
            raise StoreAway from error

    async def silence_changed(self, identity: SilenceId) -> None:
        """Have it hold at once if this replica leads; any other that does reads the row within a second."""
        keeper = self._live()
        if keeper is None:
            return
        try:
            async with asyncio.timeout(WAITS_FOR):
                await keeper.silence_changed(identity)
        except (TimeoutError, StoreUnavailable, Deposed) as error:
            log.info("silence_heard_later", silence=identity, problem=str(error))

    async def _have_done(self, act: Act, errands: ErrandStore) -> ActResult:
        errand = secrets.token_hex(8)
        await errands.put(errand, act)
        try:
            result = await self._answer(errand, errands)
            if result is None and await errands.take(errand, self._clock.now()):
                return ActResult(refusal=ActRefusal.TOO_LATE)
            result = result or await errands.result(errand)
        except StoreUnavailable as error:
            raise NotAnsweredInTime(act.command.incident) from error
        if result is None:
            raise NotAnsweredInTime(act.command.incident)
        return result

    async def _answer(self, errand: str, errands: ErrandStore) -> ActResult | None:
        give_up_at = self._clock.monotonic() + WAITS_FOR
        while self._clock.monotonic() < give_up_at:
            await self._clock.sleep(ASKS_EVERY)
            result = await errands.result(errand)
            if result is not None:
                return result
        return None


async def run_errands(keeper: Board, errands: ErrandStore, clock: Clock) -> None:
    """Do what other replicas leave for the leader, until cancelled: while it leads, and no longer."""
    trouble = ""
    while True:
        try:
            for errand in await errands.waiting():
                await _run(errand, keeper, errands, clock)
        except StoreUnavailable as error:
            if str(error) != trouble:
                log.warning("errands_not_read", problem=str(error))
            trouble = str(error)
        else:
            trouble = ""
        await clock.sleep(LOOKS_EVERY)


async def _run(errand: Errand, keeper: Board, errands: ErrandStore, clock: Clock) -> None:
    now = clock.now()
    if not await errands.take(errand.id, now):
        return
    if now - errand.act.at > TOO_OLD:
        log.warning("errand_too_old", errand=errand.id, at=errand.act.at.isoformat())
        await errands.answer(errand.id, ActResult(refusal=ActRefusal.TOO_LATE), now)
        return
    try:
        result = await keeper.act(errand.act)
    except (Deposed, StoreUnavailable):
        raise
    except Exception:
        # Whatever one act did to its incident: the others go on, and its asker is told that nobody knows.
        log.exception("errand_failed", errand=errand.id, incident=errand.act.command.incident)
    else:
        await errands.answer(errand.id, result, clock.now())
