"""Deaths in, announcements out: promptly, completed later, and whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import chain, count, repeat

import pytest

from bot.errors import ClusterUnreachable
from bot.incidents import announce, engine, ids, intake, live, reading
from bot.incidents.acts import Act
from bot.incidents.keeper import Keeper
from bot.incidents.records import Batch
from bot.incidents.unrouted import Unrouted
from bot.incidents.unstored import Unstored
from bot.model.deaths import Cause, Death
from bot.model.incident_commands import AcknowledgeIncident
from bot.model.incidents import Evidence, Incident, IncidentId
from bot.model.letters import Letter
from bot.model.messages import Message, Preformatted
from bot.model.people import ChannelId, UserId
from bot.model.pods import ClusterName, Owner
from bot.pods.redact import mask_lines
from tests.support.clock import HeldClock, settle
from tests.support.deaths import a_death, a_pods_death
from tests.support.findings import found

CHANNEL = ChannelId("C1")


class Logs:
    """Logs that are given out when `answer` is set, at once by default."""

    def __init__(self) -> None:
        self.answer = asyncio.Event()
        self.answer.set()
        self.error: Exception | None = None
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool, tail: int
    ) -> tuple[str, ...]:
        self.asked.append(pod)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.answer.wait()
        finally:
            self.at_once -= 1
        if self.error is not None:
            raise self.error
        return (f"last words of {pod}",)


class Outbox:
    """An outbox that remembers what was said when."""

    def __init__(self, clock: HeldClock) -> None:
        self._clock = clock
        self.said: list[tuple[float, str, Message]] = []
        self.finished: list[str] = []

    async def put(self, letters: Sequence[Letter], *, saved: bool = True) -> None:
        for letter in letters:
            assert letter.channel == CHANNEL
            if letter.incident is None:
                continue  # an entry of its story
            if letter.final:
                self.finished.append(letter.incident)
            else:
                self.said.append((self._clock.monotonic(), letter.incident, letter.message))

    def revisions(self, key: str = "I0") -> list[tuple[object, object]]:
        """Deaths and whether the log was there, of each announcement under a key."""
        return [
            (message.metadata.payload["deaths"], any(isinstance(b, Preformatted) for b in message.blocks))
            for _, said, message in self.said
            if said == key and message.metadata is not None
        ]


class Desk:
    """A running keeper and all that it speaks to."""

    def __init__(self, new_ids: Iterator[str]) -> None:
        self.clock = HeldClock()
        self.logs = Logs()
        self.outbox = Outbox(self.clock)
        self.store = Unstored()
        self.keeper = Keeper(
            cluster=ClusterName("prod-eu"),
            router=Unrouted(CHANNEL),
            store=self.store,
            outbox=self.outbox,
            source=self.logs,
            mask=mask_lines,
            clock=self.clock,
            new_id=lambda: IncidentId(next(new_ids)),
        )
        self.task = asyncio.create_task(self.keeper.run(), name="keeper under test")

    async def dies(self, death: Death) -> None:
        await self.keeper.record(found(death))


@asynccontextmanager
async def a_desk(new_ids: Iterator[str] | None = None) -> AsyncIterator[Desk]:
    before = asyncio.all_tasks()
    desk = Desk(new_ids or (f"I{number}" for number in count()))
    try:
        yield desk
        assert not desk.task.done(), "the keeper goes on"
    finally:
        desk.task.cancel()
        await asyncio.gather(desk.task, return_exceptions=True)
        assert asyncio.all_tasks() <= before, "no task outlives its keeper"


async def test_an_alert_goes_out_with_its_evidence_when_that_is_quick() -> None:
    """One message, at once, with the log."""
    async with a_desk() as desk:
        await desk.dies(a_death())
        await settle()
        assert desk.outbox.revisions() == [(1, True)]
        assert desk.outbox.said[0][0] == 0.0


async def test_an_alert_does_not_wait_for_slow_evidence() -> None:
    """After a second it goes out without, and is completed when the evidence is there."""
    async with a_desk() as desk:
        desk.logs.answer.clear()
        await desk.dies(a_death())
        await desk.clock.advance(0.9)
        assert desk.outbox.said == []
        await desk.clock.advance(0.2)
        assert desk.outbox.revisions() == [(1, False)]
        assert desk.outbox.said[0][0] == 1.0
        desk.logs.answer.set()
        await settle()
        assert desk.outbox.revisions() == [(1, False), (1, True)]


async def test_a_cluster_that_is_away_still_makes_an_alert() -> None:
    """The reason stands where the log would."""
    async with a_desk() as desk:
        desk.logs.error = ClusterUnreachable("prod-eu does not answer.")
        await desk.dies(a_death())
        await settle()
        (said,) = desk.outbox.said
        assert "prod-eu does not answer." in str(said[2].blocks)


async def test_deaths_of_one_cause_update_one_message() -> None:
    """Each death is told at once; the log of the latest follows."""
    async with a_desk() as desk:
        await desk.dies(a_death())
        await settle()
        await desk.dies(a_death(restart=1, seconds=20))
        await settle()
        assert {key for _, key, _ in desk.outbox.said} == {"I0"}
        assert desk.outbox.revisions()[-1] == (2, True)
        revisions = [m.metadata.payload["revision"] for _, _, m in desk.outbox.said if m.metadata]
        assert revisions == sorted(revisions)


async def test_what_dies_while_evidence_is_read_gets_its_own() -> None:
    """The message ends with the log of the latest death, read one at a time."""
    async with a_desk() as desk:
        desk.logs.answer.clear()
        await desk.dies(a_death(uid="uid-1"))
        await settle()
        for number in range(2, 6):
            await desk.dies(a_death(uid=f"uid-{number}", seconds=10 * number))
        await desk.clock.advance(1.1)
        assert desk.logs.most_at_once == 1
        desk.logs.answer.set()
        await settle(60)
        assert desk.logs.asked == ["web-7d4b9c-uid-1", "web-7d4b9c-uid-5"]
        assert "last words of web-7d4b9c-uid-5" in str(desk.outbox.said[-1][2].blocks)
        assert desk.outbox.revisions()[-1] == (5, True)


async def test_another_cause_is_another_message() -> None:
    """Nothing hides behind a running incident."""
    async with a_desk() as desk:
        await desk.dies(a_death())
        await desk.dies(a_pods_death(Cause.EVICTED))
        await settle()
        assert {key for _, key, _ in desk.outbox.said} == {"I0", "I1"}


async def test_after_an_hours_quiet_it_is_still_the_same_incident() -> None:
    """Quiet is no recovery, and two open messages about one thing would each be half true."""
    async with a_desk() as desk:
        await desk.dies(a_death())
        await settle()
        await desk.dies(a_death(restart=1, seconds=4_000))
        await settle()
        assert {key for _, key, _ in desk.outbox.said} == {"I0"}
        assert desk.outbox.finished == []


async def test_a_storm_asks_the_api_server_for_few_logs_at_once() -> None:
    """A hundred workloads die; within a second all are told, ten by themselves and the rest together."""
    async with a_desk() as desk:
        desk.logs.answer.clear()
        for number in range(100):
            owner = Owner(kind="Deployment", name=f"web-{number}")
            await desk.dies(a_death(uid=f"uid-{number}", owner=owner))
        await desk.clock.advance(1.0)
        await settle(400)
        assert desk.logs.most_at_once == reading.EVIDENCE_AT_ONCE
        said = {key: message for _, key, message in desk.outbox.said}
        assert len(said) == 11
        told = sum(int(each.metadata.payload["deaths"]) for each in said.values() if each.metadata)
        assert told == 100


async def test_ids_are_not_given_twice() -> None:
    """Two incidents under one id would share, and so lose, a message."""
    names = chain(["AAAA", "AAAA", "AAAA"], (f"B{number}" for number in count()))
    async with a_desk(names) as desk:
        await desk.dies(a_death())
        await desk.dies(a_death(Cause.START_ERROR, restart=1))
        await settle()
        assert {key for _, key, _ in desk.outbox.said} == {"AAAA", "B0"}


async def test_one_gatherer_that_breaks_takes_nobody_along() -> None:
    """Its own alert goes out and says so; the next one's evidence is read as ever."""
    async with a_desk() as desk:
        desk.logs.error = RuntimeError("a log that nobody thought of")
        await desk.dies(a_death())
        await settle()
        assert "podbot stumbled over it" in str(desk.outbox.said[0][2].blocks)
        desk.logs.error = None
        await desk.dies(a_death(Cause.OOM_KILLED, restart=1, exit_code=137))
        await settle()
        assert desk.outbox.revisions("I1") == [(1, True)]


async def test_an_incident_that_cannot_be_worded_is_told_barely(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours about one death must not silence it, nor those after it."""

    def stumble(incident: Incident) -> Message:
        raise KeyError(incident.id)

    async with a_desk() as desk:
        monkeypatch.setattr(announce, "message", stumble)
        await desk.dies(a_death())
        await settle()
        assert desk.outbox.said[0][2] == announce.bare(with_its_log())


def with_its_log() -> Incident:
    incident = engine.opened(IncidentId("I0"), a_death())
    evidence = Evidence(death=a_death(), log_tail=("last words of web-7d4b9c-uid-1",))
    return engine.with_evidence(incident, evidence)


async def test_a_death_that_we_cannot_take_in_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is told as ever."""
    with_death = engine.with_death

    def stumble(incident: Incident, death: Death) -> Incident:
        if death.id.restart == 1:
            raise KeyError("a thing nobody thought of")
        return with_death(incident, death)

    async with a_desk() as desk:
        monkeypatch.setattr(engine, "with_death", stumble)
        for restart in range(3):
            await desk.dies(a_death(restart=restart, seconds=10 + restart))
            await settle()
        assert desk.outbox.revisions()[-1] == (2, True)


async def test_evidence_that_we_cannot_take_in_stops_no_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes out without, and so do those after it."""

    def stumble(incident: Incident, evidence: Evidence) -> Incident:
        raise KeyError(incident.id, evidence.missing)

    async with a_desk() as desk:
        monkeypatch.setattr(engine, "with_evidence", stumble)
        await desk.dies(a_death())
        await settle()
        await desk.dies(a_death(Cause.OOM_KILLED, restart=1, exit_code=137))
        await settle()
        assert desk.outbox.revisions() == [(1, False)]
        assert desk.outbox.revisions("I1") == [(1, False)]


async def test_who_asked_for_an_act_may_go_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was being written at that moment is still written, and said."""
    async with a_desk() as desk:
        await desk.dies(a_death())
        await settle()
        gate = asyncio.Event()
        save = desk.store.save

        async def slowly(batch: Batch) -> None:
            await gate.wait()
            await save(batch)

        monkeypatch.setattr(desk.store, "save", slowly)
        bob = UserId("U02BOB")
        act = Act(command=AcknowledgeIncident(incident=IncidentId("I0")), by=bob, at=desk.clock.now())
        asking = asyncio.create_task(desk.keeper.act(act))
        await settle()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        gate.set()
        await settle()
        assert "acknowledged" in desk.outbox.said[-1][2].text


async def test_the_queue_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is full, whoever hands in a death waits: the watch slows down, no death is dropped."""
    monkeypatch.setattr(intake, "QUEUE", 3)
    async with a_desk() as desk:
        handed_in: list[int] = []
        blocked = asyncio.Event()

        async def wait(letters: Sequence[Letter], *, saved: bool = True) -> None:
            await blocked.wait()

        said, desk.outbox.put = desk.outbox.put, wait  # type: ignore[method-assign]  # handing over hangs
        await desk.dies(a_death())
        await settle()

        async def hand_in() -> None:
            for number in range(1, 10):
                await desk.dies(a_death(restart=number, seconds=10 + number))
                handed_in.append(number)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(hand_in())
            await settle()
            assert len(handed_in) < 9
            desk.outbox.put = said  # type: ignore[method-assign]  # and is back
            blocked.set()
        await settle(60)
        assert desk.outbox.revisions()[-1] == (10, True)


async def test_incidents_in_memory_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was quiet for longest goes first."""
    monkeypatch.setattr(live, "MOST_INCIDENTS", 2)
    async with a_desk() as desk:
        for number, name in enumerate(("one", "two", "one", "three")):
            await desk.dies(a_death(restart=number, owner=Owner(kind="Deployment", name=name)))
        await settle(60)
        assert desk.outbox.finished == ["I1"]


async def test_secrets_in_the_clusters_own_words_are_masked() -> None:
    """A termination message is the pod's own text."""
    async with a_desk() as desk:
        await desk.dies(a_death(message="failed with password=hunter2"))
        await settle()
        assert "hunter2" not in str(desk.outbox.said)
        assert "[masked]" in str(desk.outbox.said)


async def test_a_keeper_that_is_stopped_leaves_no_reading_behind() -> None:
    """Cancelled in the middle of reading: `a_desk` sees that every task has ended."""
    async with a_desk() as desk:
        desk.logs.answer.clear()
        for number, cause in zip(range(2), (Cause.ERROR, Cause.OOM_KILLED), strict=True):
            await desk.dies(a_death(cause, uid=f"uid-{number}"))
        await settle()
        assert desk.logs.at_once == 2


async def test_what_was_taken_is_told_before_the_end() -> None:
    """Settling waits for the evidence of every death that was handed in, so that none is lost at a stop."""
    async with a_desk() as desk:
        desk.logs.answer.clear()
        await desk.dies(a_death())
        settling = asyncio.create_task(desk.keeper.settle(5.0), name="settling")
        await settle()
        assert not settling.done()
        desk.logs.answer.set()
        await settling
        assert desk.outbox.revisions() == [(1, True)]


async def test_settling_has_an_end() -> None:
    """A cluster that does not answer does not hold the stop up."""
    async with a_desk() as desk:
        desk.logs.answer.clear()
        await desk.dies(a_death())
        await desk.keeper.settle(0.05)
        assert desk.logs.at_once == 1


def test_ids_are_short_and_sayable() -> None:
    """Four characters without look-alikes."""
    draw: Callable[[], str] = ids.random_id
    for identity in (draw() for _ in repeat(None, 200)):
        assert len(identity) == 4
        assert set(identity) <= set(ids.ALPHABET)
    assert not set("ILOU") & set(ids.ALPHABET)
