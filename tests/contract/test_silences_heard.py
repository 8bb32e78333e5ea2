"""Silences as a keeper hears of them at once, over every database: begun, changed, ended, and outlived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from bot.incidents import silencing
from bot.incidents.acts import Act
from bot.incidents.errands import SharedBoard
from bot.incidents.keeper import Keeper
from bot.model.incident_commands import ResolveIncident
from bot.model.incidents import Incident, IncidentId, SilenceId
from bot.model.leadership import Term
from bot.model.people import UserId
from bot.model.silences import SilenceScope
from bot.store.leader import LeaderStore
from bot.store.store import Store
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death
from tests.support.findings import found
from tests.support.keepers import Said, a_keeper, at_work

ALICE = UserId("U01ALICE")
ID, S1 = IncidentId("1F3K"), SilenceId("S1F3K")
HOUR = timedelta(hours=1)


@asynccontextmanager
async def keeping(store: Store, kept: LeaderStore, outbox: Said, clock: HeldClock) -> AsyncIterator[Keeper]:
    """One process: no second passes on its clock, so that nothing is read again by itself."""
    keeper = a_keeper(
        store=kept,
        outbox=outbox,
        clock=clock,
        new_id=lambda: ID,
        silences=store.silences,
    )
    await keeper.begin()
    async with at_work(keeper):
        yield keeper


def the_incident(keeper: Keeper) -> Incident:
    incident = keeper.incident(ID)
    assert incident is not None
    return incident


async def test_a_silence_holds_changes_and_ends_at_once(
    store: Store, kept: LeaderStore, held_clock: HeldClock
) -> None:
    """From when it is written on; its end counts all that it kept back, and is said once."""
    outbox, silences = Said(), store.silences
    async with keeping(store, kept, outbox, held_clock) as keeper:
        board = SharedBoard(lambda: keeper, None, held_clock)
        await keeper.record(found(a_death()))
        await keeper.settle(20)
        scope = SilenceScope(namespace="shop")
        await silences.put(silencing.created(S1, scope, HOUR, ALICE, held_clock.now()))
        await board.silence_changed(S1)
        assert the_incident(keeper).silenced is not None
        await keeper.record(found(a_death(restart=1, seconds=20)))
        await keeper.settle(20)

        longer = partial(silencing.edited, now=held_clock.now(), lasting=2 * HOUR)
        await silences.change(S1, longer)
        await board.silence_changed(S1)
        silenced = the_incident(keeper).silenced
        assert silenced is not None
        assert silenced.until == held_clock.now() + 2 * HOUR

        await silences.change(S1, partial(silencing.ended, now=held_clock.now(), by=ALICE))
        await board.silence_changed(S1)
        await board.silence_changed(S1)
        assert the_incident(keeper).silenced is None
    ends = [each.message.text for each in outbox.letters if each.key.startswith("silence/")]
    assert ends == [
        "The silence of everything in shop was ended; 1 incident with 1 death was not announced, "
        "1 incident is still firing"
    ]


async def test_until_resolved_is_not_revived_by_a_restart(
    store: Store, kept: LeaderStore, held_clock: HeldClock
) -> None:
    """Resolved in the second in which it was asked for, the incident came back before the row was ended."""
    outbox, now = Said(), held_clock.now()
    async with keeping(store, kept, outbox, held_clock) as keeper:
        await keeper.record(found(a_death()))
        await keeper.settle(20)
        silence = silencing.of_incident(S1, the_incident(keeper), None, ALICE, now)
        await store.silences.put(silence)
        await keeper.silence_changed(S1)
        assert the_incident(keeper).silenced is not None
        await keeper.act(Act(command=ResolveIncident(incident=ID, force=True), by=ALICE, at=now))
        await keeper.record(found(a_death(restart=1, seconds=20)))
        await keeper.settle(20)
        assert the_incident(keeper).silenced is None
    async with keeping(store, store.term(CLUSTER, Term(2)), outbox, held_clock) as keeper:
        await keeper.silence_changed(S1)
        assert the_incident(keeper).silenced is None
    ended = await store.silences.get(S1)
    assert ended is not None
    assert ended.ended_at is not None
