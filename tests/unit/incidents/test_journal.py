"""What is written in which transaction, and what happens while nothing can be written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.errors import Deposed, StoreUnavailable
from bot.incidents import announce, engine, journal
from bot.incidents.held import Held
from bot.incidents.journal import Journal, LedgerAnswer
from bot.incidents.records import Batch, KeptIncident, RecordedDeath
from bot.incidents.unstored import Unstored
from bot.incidents.wording import own_letters
from bot.model.deaths import DeathId
from bot.model.incidents import IncidentId
from bot.model.letters import Letter, LetterKey, Urgency
from bot.model.memory import Checkpoint
from bot.model.people import ChannelId
from bot.model.pods import ClusterName, PodUid
from bot.model.routes import Route
from bot.outbox import reading
from bot.outbox.ports import DeliveryFailed
from tests.support.clock import HeldClock, settle
from tests.support.deaths import a_death
from tests.support.outbox import ALERTS, OTHERS, PROD, FakeSlack, MemoryStore, a_letter, running
from tests.support.reading import as_read

NOW = datetime(2026, 11, 1, 14, 0, tzinfo=UTC)
DEATH = a_death()


class Store(Unstored):
    """Remembers the batches; `full` makes it refuse everything, `gate` holds a transaction back."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False
        self.attempts = 0
        self.batches: list[Batch] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def known(self, deaths: Sequence[DeathId]) -> frozenset[DeathId]:
        self._check()
        return await super().known(deaths)

    async def save(self, batch: Batch) -> None:
        self.attempts += 1
        await self.gate.wait()
        self._check()
        self.batches.append(batch)
        await super().save(batch)

    def _check(self) -> None:
        if self.full:
            raise StoreUnavailable("database or disk is full")


class Desk:
    """A journal, its store, and what was handed over to be said."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.store = Store()
        self.said: list[Letter] = []
        self.saved: list[bool] = []
        """Of each time whether the store had what was handed over."""
        self.journal = Journal(self.store, self, self.clock, worded=self.worded)

    async def put(self, letters: Sequence[Letter], *, saved: bool = True) -> None:
        self.said += letters
        self.saved.append(saved)

    def worded(self, held: Held, unsaved: bool) -> Sequence[Letter]:
        return own_letters(held, NOW, unsaved=unsaved)

    def marks(self) -> list[bool]:
        """Of each letter whether it says that it is not saved."""
        return [announce.UNSAVED in as_read(each.message) for each in self.said]


@asynccontextmanager
async def a_desk() -> AsyncIterator[Desk]:
    desk = Desk()
    task = asyncio.create_task(desk.journal.run(), name="journal under test")
    try:
        yield desk
        assert not task.done(), "the journal goes on"
    finally:
        task.cancel()
        await asyncio.wait({task})


def a_held(*, told: bool = True, name: str = "1F3K") -> Held:
    route = Route(channels=(ChannelId("C1"),))
    return Held(incident=engine.opened(IncidentId(name), DEATH), route=route, told=told)


def note(desk: Desk, held: Held) -> None:
    desk.journal.death(
        RecordedDeath(death=DEATH, incident=held.incident.id, told_by=held.incident.id, revision=1)
    )
    desk.journal.incident(held)


async def test_all_that_came_together_is_one_transaction() -> None:
    """The death, its incident, the letter and the checkpoint are there together, or not at all."""
    async with a_desk() as desk:
        held = a_held()
        note(desk, held)
        desk.journal.remembered(PodUid("uid-1"), None)
        reached = Checkpoint(cluster=ClusterName("prod-eu"), namespace="", version="42", at=NOW)
        desk.journal.checkpoint(reached)
        await desk.journal.save()
        (batch,) = desk.store.batches
        assert [each.death for each in batch.deaths] == [DEATH]
        assert batch.incidents == (KeptIncident(incident=held.incident, route=held.route),)
        assert [each.key for each in batch.letters] == ["incident/1F3K"]
        assert batch.remembered == {"uid-1": None}
        assert batch.checkpoints == (reached,)
        assert tuple(desk.said) == batch.letters


async def test_what_is_watched_no_more_has_no_checkpoint() -> None:
    """Whichever was noted last holds, also across a store that is away."""
    everywhere, shop = (
        Checkpoint(cluster=ClusterName("prod-eu"), namespace=each, version="42", at=NOW)
        for each in ("", "shop")
    )
    async with a_desk() as desk:
        desk.store.full = True
        desk.journal.checkpoint(everywhere)
        await desk.journal.save()
        desk.journal.unwatched(["", "shop"])
        desk.journal.checkpoint(shop)
        desk.store.full = False
        await desk.clock.advance(journal.RETRY_EVERY + 0.1)
        (batch,) = desk.store.batches
        assert (batch.checkpoints, batch.unwatched) == ((shop,), ("",))


async def test_what_is_not_to_be_told_yet_is_written_with_its_letter() -> None:
    """Its evidence is on the way; a crash in between must not lose it."""
    async with a_desk() as desk:
        note(desk, a_held(told=False))
        await desk.journal.save()
        assert len(desk.store.batches[0].letters) == 1
        assert desk.said == []


async def test_nothing_is_said_before_it_is_written() -> None:
    """A letter that is delivered and not recorded would be said twice after a crash."""
    async with a_desk() as desk:
        desk.store.gate.clear()
        note(desk, a_held())
        saving = asyncio.create_task(desk.journal.save())
        await asyncio.sleep(0)
        assert desk.said == []
        desk.store.gate.set()
        await saving
        assert len(desk.said) == 1


async def test_what_comes_while_something_is_written_goes_into_the_next_transaction() -> None:
    """Nothing is lost between two transactions, and nothing is said in words that are not written."""
    async with a_desk() as desk:
        desk.store.gate.clear()
        held = a_held()
        note(desk, held)
        saving = asyncio.create_task(desk.journal.save())
        await asyncio.sleep(0)
        held.incident = engine.with_death(held.incident, a_death(restart=1))
        desk.journal.incident(held)
        desk.store.gate.set()
        await saving
        await desk.journal.save()
        assert [each.revision for each in desk.said] == [1, 2]
        assert [batch.incidents[0].incident.revision for batch in desk.store.batches] == [1, 2]


async def test_a_full_disk_stops_no_alert() -> None:
    """It goes out from memory and says so; once there is room, it is written and said without the mark."""
    async with a_desk() as desk:
        desk.store.full = True
        note(desk, a_held())
        await desk.journal.save()
        assert desk.marks() == [True]
        assert "disk is full" in desk.journal.trouble
        desk.store.full = False
        await desk.clock.advance(journal.RETRY_EVERY + 0.1)
        assert desk.marks() == [True, False]
        assert [each.revision for each in desk.said] == [1, 2]
        assert desk.saved == [False, True], "what the store does not have cannot be left there"
        assert desk.journal.trouble == ""
        (batch,) = desk.store.batches
        assert [each.death for each in batch.deaths] == [DEATH]


async def test_a_slack_that_is_down_holds_up_no_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much waits for it: deaths, checkpoints and acts are written, and other channels told."""
    monkeypatch.setattr(reading, "MOST_IN_LANE", 10)
    clock, store = HeldClock(), Store()
    slack = FakeSlack(clock, closed={ALERTS: DeliveryFailed("down", refused=True)})
    async with running(slack, clock) as outbox:
        await outbox.open(PROD, MemoryStore())
        writing = Journal(store, outbox, clock, worded=lambda *_: ())
        await settle()
        for number in range(100):
            writing.letter(a_letter(f"story/{number}", urgency=Urgency.QUIET))
            async with asyncio.timeout(5):
                await writing.save()
        writing.checkpoint(Checkpoint(cluster=PROD, namespace="", version="42", at=NOW))
        writing.letter(a_letter("critical", channel=OTHERS, urgency=Urgency.CRITICAL))
        async with asyncio.timeout(5):
            await writing.save()
        await clock.advance(1)
        assert store.batches[-1].checkpoints
        assert ("", "critical") in slack.said
        assert outbox.waiting == 10


async def test_a_store_that_is_away_is_left_in_peace() -> None:
    """Each alert would wait for it otherwise: it is tried every few seconds, not for every death."""
    async with a_desk() as desk:
        desk.store.full = True
        for number in range(20):
            note(desk, a_held(name=f"I{number}"))
            await desk.journal.save()
        assert desk.store.attempts == 1
        assert len(desk.said) == 20


async def test_a_death_that_waits_for_the_store_is_known() -> None:
    """Seen twice while nothing can be written, it is still told once."""
    async with a_desk() as desk:
        desk.store.full = True
        note(desk, a_held())
        await desk.journal.save()
        answer = await desk.journal.known([DEATH.id, a_death(restart=1).id])
        assert answer == LedgerAnswer(frozenset({DEATH.id}), is_whole=False)


async def test_a_store_that_hangs_counts_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wait has an end."""
    monkeypatch.setattr(journal, "SAVES_WITHIN", 0.01)
    async with a_desk() as desk:
        desk.store.gate.clear()
        note(desk, a_held())
        await desk.journal.save()
        assert desk.marks() == [True]


async def test_the_unwritten_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory does not grow for ever while the store is away; the incidents keep their counts."""
    monkeypatch.setattr(journal, "MOST_UNWRITTEN", 3)
    async with a_desk() as desk:
        desk.store.full = True
        for number in range(10):
            desk.journal.death(
                RecordedDeath(
                    death=a_death(restart=number),
                    incident=IncidentId("A"),
                    told_by=IncidentId("A"),
                    revision=1,
                )
            )
        await desk.journal.save()
        desk.store.full = False
        await desk.clock.advance(journal.RETRY_EVERY + 0.1)
        assert [each.death.id.restart for each in desk.store.batches[0].deaths] == [7, 8, 9]


async def test_whatever_the_store_does_alerts_go_out() -> None:
    """A mistake of ours about what is to be written is no reason to say nothing."""

    async def stumble(batch: Batch) -> None:
        raise KeyError(batch)

    async with a_desk() as desk:
        save, desk.store.save = desk.store.save, stumble  # type: ignore[method-assign]  # of this test alone
        note(desk, a_held())
        await desk.journal.save()
        assert desk.marks() == [True]
        desk.store.save = save  # type: ignore[method-assign]  # as it was
        await desk.clock.advance(journal.RETRY_EVERY + 0.1)
        assert desk.marks() == [True, False]


async def test_a_death_that_is_being_written_is_known() -> None:
    """Nobody else has it at that moment."""
    async with a_desk() as desk:
        desk.store.gate.clear()
        note(desk, a_held())
        saving = asyncio.create_task(desk.journal.save())
        await asyncio.sleep(0)
        assert (await desk.journal.known([DEATH.id])).known == {DEATH.id}
        desk.store.gate.set()
        await saving


async def test_no_reply_is_handed_over_before_what_it_replies_to() -> None:
    """Also where it becomes due to be told while something else is written."""
    async with a_desk() as desk:
        held, other = a_held(told=False), a_held(name="OTHER")
        note(desk, held)
        reply = Letter(
            key=LetterKey("incident/1F3K/story/2"),
            cluster=ClusterName("prod-eu"),
            channel=ChannelId("C1"),
            message=announce.message(held.incident),
            revision=1,
            thread=LetterKey("incident/1F3K"),
            created_at=NOW,
        )
        desk.journal.letter(reply, held)
        await desk.journal.save()
        desk.store.gate.clear()
        desk.journal.incident(other)
        saving = asyncio.create_task(desk.journal.save())
        await asyncio.sleep(0)
        held.told = True
        desk.journal.incident(held)
        desk.store.gate.set()
        await saving
        assert [each.key for each in desk.said] == ["incident/OTHER"]
        await desk.journal.save()
        assert [each.key for each in desk.said[1:]] == ["incident/1F3K", "incident/1F3K/story/2"]


async def test_what_piled_up_is_given_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a store that was away for long could never be caught up with."""
    monkeypatch.setattr(journal, "SAVES_WITHIN", 0.01)
    monkeypatch.setattr(journal, "A_DEATH", 60.0)
    async with a_desk() as desk:
        desk.store.gate.clear()
        note(desk, a_held())
        saving = asyncio.create_task(desk.journal.save())
        await asyncio.sleep(0.05)
        assert not saving.done()
        desk.store.gate.set()
        await saving
        assert desk.marks() == [False]


async def test_who_is_deposed_hears_of_it() -> None:
    """It is no trouble with the store, and nothing more is said."""

    async def refuse(batch: Batch) -> None:
        raise Deposed("another leads")

    async with a_desk() as desk:
        desk.store.save = refuse  # type: ignore[method-assign]  # of this test alone
        note(desk, a_held())
        with pytest.raises(Deposed):
            await desk.journal.save()
        assert desk.said == []
