"""Deaths that wait for their events: what is found of their pods meanwhile is written after them."""

from __future__ import annotations

from dataclasses import replace

from bot.clock import SystemClock
from bot.incidents.records import Batch
from bot.incidents.unstored import Unstored
from bot.model.memory import Checkpoint, Counted, Findings, PodMemory
from tests.support.deaths import a_death
from tests.support.keepers import Said, a_keeper, at_work
from tests.support.pods import at
from tests.support.surroundings import MemorySurroundings
from tests.support.waiting import eventually

DEATH = a_death(exit_code=137)
COUNTED = PodMemory(counted={"app": Counted(0, at(10))})
COUNTED_AND_MORE = PodMemory(counted={"app": Counted(0, at(10)), "proxy": Counted(0, at(10))})


class Saved(Unstored):
    """What was written, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[object] = []

    async def save(self, batch: Batch) -> None:
        await super().save(batch)
        self.written += [each.death.id for each in batch.deaths]
        self.written += batch.remembered.values()
        self.written += batch.checkpoints


async def test_what_is_found_of_the_pod_meanwhile_is_written_after_its_death() -> None:
    """It counts the death: written before it, and the process killed, the death would never be told."""
    around, saved = MemorySurroundings(), Saved()
    around.hanging = {"events"}
    keeper = a_keeper(
        store=saved,
        outbox=Said(),
        clock=SystemClock(),
        surroundings=around,
    )
    checkpoint = Checkpoint(cluster=DEATH.id.cluster, namespace="", version="7", at=at(11))
    async with at_work(keeper):
        first = Findings(cluster=DEATH.id.cluster, uid=DEATH.id.uid, deaths=(DEATH,), memory=COUNTED)
        await keeper.record(first)
        await eventually(lambda: around.asked == ["events"])
        await keeper.record(replace(first, deaths=(), memory=COUNTED_AND_MORE))
        await keeper.reached(checkpoint)
        await eventually(lambda: checkpoint in saved.written)
    assert saved.written[0] == DEATH.id
    assert [each for each in saved.written if isinstance(each, PodMemory)][-1] == COUNTED_AND_MORE
    assert saved.written[-1] == checkpoint
