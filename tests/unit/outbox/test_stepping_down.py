"""Who leads no longer stops in time, whatever Slack does; and says on what it had begun to say."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.clock import Clock
from bot.errors import ClusterUnreachable
from bot.model.leadership import Term
from bot.ops.leadership import STOPS_WITHIN, Elector
from bot.outbox.dispatcher import Dispatcher
from bot.replay.virtual_time import RecordedClock
from tests.support.memory_lease import START, LeaseServer, MemoryLease, virtually
from tests.support.outbox import PROD, MemoryStore, StandingSlack, a_letter

SECONDS = 10


@dataclass(slots=True)
class SilentSlack(StandingSlack):
    """It takes what it is told, and does not answer as long as it `hangs`."""

    hangs: bool = True

    async def answers(self) -> None:
        if self.hangs:
            await asyncio.sleep(30)


def test_a_call_that_hangs_keeps_nobody_leading() -> None:
    """It is cut off in time, the process goes on, and whoever leads next finds what was posted by it."""

    async def story() -> tuple[list[Term], list[Term | None], SilentSlack]:
        clock: Clock = RecordedClock(START)
        slack, store, terms = SilentSlack(clock), MemoryStore(), list[Term]()
        leading: list[Term | None] = []
        outbox = Dispatcher(slack, clock)
        lease = MemoryLease(server=LeaseServer())
        elector = Elector(lease, "a", clock, seconds=SECONDS)

        async def lead(term: Term) -> None:
            terms.append(term)
            await outbox.open(
                PROD, store, leads=lambda: elector.leading == term, grace=elector.stops_within / 2
            )
            try:
                if term == 1:
                    store.save(a_letter("incident/A"))
                    await outbox.put([a_letter("incident/A")])
                await asyncio.Event().wait()
            finally:
                began = clock.monotonic()
                await outbox.close(PROD)
                assert clock.monotonic() - began <= STOPS_WITHIN * SECONDS / 2 + 0.01

        async with asyncio.TaskGroup() as tasks:
            working = [tasks.create_task(outbox.run()), tasks.create_task(elector.run(lead))]
            await asyncio.sleep(2)
            lease.away = ClusterUnreachable("the cluster does not answer")
            await asyncio.sleep(SECONDS)
            leading.append(elector.leading)
            lease.away, slack.hangs = None, False
            await asyncio.sleep(30)
            leading.append(elector.leading)
            for each in working:
                each.cancel()
        return terms, leading, slack

    terms, leading, slack = virtually(story)
    assert terms == [Term(1), Term(2)]
    assert leading == [None, Term(2)]
    assert [key for _, key, _ in slack.posts] == ["incident/A"]
    assert len(slack.updates) == 1, "which wording stands was not known"
