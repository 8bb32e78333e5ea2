"""A lost node, and what flaps for an hour: one message each, soon, calm, and right in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.incidents.unstored import Unstored
from bot.model.deaths import Cause
from bot.model.people import MessageTs
from bot.model.pods import ClusterName, Owner, Pod
from bot.outbox.dispatcher import Dispatcher
from tests.support.clock import HeldClock, settle
from tests.support.deaths import CLUSTER, a_death, a_pods_death
from tests.support.findings import found
from tests.support.keepers import LastWords, a_keeper, at_work
from tests.support.outbox import MemoryStore, StandingSlack
from tests.support.pods import READY, SCHEDULED, a_pod, running, waiting
from tests.support.reading import as_read
from tests.support.surroundings import MemorySurroundings


class Desk:
    """A keeper, its outbox and Slack; the one pod that is looked at is as `pod` says."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.slack = StandingSlack(self.clock)
        self.outbox = Dispatcher(self.slack, self.clock)
        self.pod: Pod | None = a_pod(waiting(restarts=1))
        self.keeper = a_keeper(
            store=Unstored(),
            outbox=self.outbox,
            source=LastWords("last words"),
            clock=self.clock,
            surroundings=MemorySurroundings(),
            pods=lambda _namespace, _name: self.pod,
        )


@asynccontextmanager
async def a_desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.outbox.open(ClusterName(CLUSTER), MemoryStore())
    sending = asyncio.create_task(desk.outbox.run(), name="dispatcher under test")
    try:
        async with at_work(desk.keeper):
            yield desk
        assert not sending.done(), "the dispatcher goes on"
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def test_a_lost_node_is_one_message_soon_that_ends_up_true() -> None:
    """500 pods of 20 workloads within 10 s: told within 2 s, five updates in 30 s, all there at last."""
    async with a_desk() as desk:
        for number in range(500):
            lost = a_pods_death(
                Cause.NODE_LOST,
                uid=f"uid-{number}",
                seconds=number / 50,
                node="node-3",
                owner=Owner(kind="Deployment", name=f"web-{number % 20}"),
            )
            await desk.keeper.record(found(lost))
            await desk.clock.advance(0.02)
        await desk.clock.advance(20)
        assert len(desk.slack.messages) == 1
        assert desk.slack.messages[0] <= 2.0
        assert len(desk.slack.updates) <= 5
        await desk.clock.advance(30)
        said = as_read(desk.slack.standing[MessageTs("0")])
        assert "500 pods" in said
        assert all(f"web-{number}" in said for number in range(20))


async def test_another_cause_on_the_lost_node_is_another_message() -> None:
    """What died before the node was lost has a reason of its own."""
    async with a_desk() as desk:
        for number in range(30):
            lost = a_pods_death(Cause.NODE_LOST, uid=f"uid-{number}", node="node-3")
            await desk.keeper.record(found(lost))
        await desk.keeper.record(found(a_death(Cause.OOM_KILLED, uid="uid-x", node="node-3", exit_code=137)))
        await desk.clock.advance(10)
        assert len(desk.slack.messages) == 2


async def flaps(desk: Desk, *, between: Pod) -> None:
    """A workload that dies every two minutes for an hour, and what its pod is like in between."""
    for restart in range(30):
        desk.pod = a_pod(waiting(restarts=restart + 1))
        await desk.keeper.record(found(a_death(restart=restart, seconds=120 * restart)))
        await settle(60)
        await desk.clock.advance(5)
        desk.pod = between
        await desk.clock.advance(115)


async def test_what_fails_for_an_hour_is_one_message_with_a_short_thread() -> None:
    """It does not recover in between: the message counts, the thread folds."""
    async with a_desk() as desk:
        await flaps(desk, between=a_pod(waiting(restarts=1)))
        assert len(desk.slack.messages) == 1
        assert 1 <= len(desk.slack.replies) <= 6
        assert "30 times" in as_read(desk.slack.standing[MessageTs("0")])


async def test_what_comes_and_goes_for_an_hour_is_one_message_with_a_short_thread() -> None:
    """It seems well in between, even for so long that it counts as recovered: that is told a few times."""
    async with a_desk() as desk:
        await flaps(desk, between=a_pod(running(restarts=1), conditions=[SCHEDULED, READY]))
        assert len(desk.slack.messages) == 1
        assert 1 <= len(desk.slack.replies) <= 12
