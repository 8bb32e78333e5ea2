"""Silences as one cluster's leader hears of them: new ones, ended ones, and those from before it began."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from bot.errors import StoreUnavailable
from bot.incidents import silencing
from bot.incidents.acts import Act, ActRefusal
from bot.incidents.keeper import Keeper
from bot.model.incident_commands import ResolveIncident, SilenceIncident
from bot.model.incidents import Incident, IncidentId, SilenceId
from bot.model.letters import Letter
from bot.model.people import UserId
from bot.model.pods import Owner
from bot.model.silences import Silence, SilenceScope
from tests.support.clock import START, HeldClock, settle
from tests.support.deaths import a_death
from tests.support.findings import found
from tests.support.keepers import LastingStore, LastWords, Said, a_keeper, at_work

BOB = UserId("U02BOB")
SHOP = Silence(
    id=SilenceId("S1"),
    scope=SilenceScope(namespace="shop"),
    author=BOB,
    created_at=START,
    until=START.replace(hour=15),
)


class Silences:
    """Implements `bot.incidents.store_ports.SilenceStore`; `trouble` is raised by every call."""

    def __init__(self, *silences: Silence) -> None:
        self.kept = {each.id: each for each in silences}
        self.trouble: Exception | None = None
        self.poison: SilenceId | None = None

    async def put(self, *changed: Silence) -> None:
        self.kept |= {each.id: each for each in changed}

    async def get(self, identity: SilenceId) -> Silence | None:
        self._fail()
        return self.kept.get(identity)

    async def change(self, identity: SilenceId, change: Callable[[Silence], Silence]) -> Silence | None:
        self._fail()
        if identity == self.poison:
            raise KeyError(identity)
        self.kept[identity] = change(self.kept[identity])
        return self.kept[identity]

    async def not_ended(self) -> Sequence[Silence]:
        self._fail()
        return [each for each in self.kept.values() if each.ended_at is None]

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble


class Desk:
    """A keeper and its silences; `a_life` is one process of it."""

    def __init__(self, *silences: Silence) -> None:
        self.clock = HeldClock()
        self.silences = Silences(*silences)
        self.store = LastingStore()
        self.outbox = Said()
        self._numbers = count()

    @property
    def said(self) -> Sequence[Letter]:
        return self.outbox.letters

    @property
    def keys(self) -> set[str]:
        return {each.key for each in self.said}

    def incident(self) -> Incident:
        (kept,) = self.store.incidents.values()
        return kept.incident

    @asynccontextmanager
    async def a_life(self) -> AsyncIterator[Keeper]:
        keeper = a_keeper(
            store=self.store,
            outbox=self.outbox,
            source=LastWords("last words"),
            clock=self.clock,
            new_id=lambda: IncidentId(f"I{next(self._numbers)}"),
            silences=self.silences,
        )
        await keeper.begin()
        async with at_work(keeper):
            yield keeper


async def test_what_is_silent_is_silent_from_the_first_death_after_a_restart() -> None:
    """The silences are known before anything is recorded."""
    desk = Desk(SHOP)
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death()))
        await desk.clock.advance(3)
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death(restart=1, seconds=20)))
        await desk.clock.advance(3)
    assert desk.keys == set()
    assert desk.incident().deaths == 2
    assert desk.silences.kept[SHOP.id].deaths == 2


async def test_without_its_silences_no_keeper_begins() -> None:
    """It would tell what is to be silent."""
    desk = Desk(SHOP)
    desk.silences.trouble = StoreUnavailable("gone")
    with pytest.raises(StoreUnavailable):
        async with desk.a_life():
            pass


async def test_a_silence_that_was_ended_while_nobody_led_is_ended() -> None:
    """What it kept back and still fires is told by the next leader."""
    desk = Desk(SHOP)
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death()))
        await desk.clock.advance(3)
    desk.silences.kept[SHOP.id] = silencing.ended(desk.silences.kept[SHOP.id], desk.clock.now(), BOB)
    async with desk.a_life():
        await desk.clock.advance(3)
    assert desk.incident().silenced is None
    assert desk.keys >= {"incident/I0", "silence/S1/prod-eu/C1"}


async def test_a_silence_that_the_store_does_not_show_yet_is_not_over() -> None:
    """It was asked for while the list of those that hold was read."""
    desk = Desk(SHOP)
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death()))
        await desk.clock.advance(3)

        async def old_list() -> Sequence[Silence]:
            return ()

        desk.silences.not_ended = old_list  # type: ignore[method-assign]  # of this test alone
        await desk.clock.advance(3)
    assert desk.incident().silenced is not None
    assert desk.keys == set()


async def test_it_ends_by_itself_and_tells_what_it_kept_back() -> None:
    """Once, in the channel of what it kept back."""
    desk = Desk(replace(SHOP, until=START.replace(second=30)))
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death()))
        await desk.clock.advance(60)
    assert [str(each.key) for each in desk.said].count("silence/S1/prod-eu/C1") == 1
    assert desk.silences.kept[SHOP.id].ended_at is not None
    assert desk.incident().shown


@pytest.mark.parametrize("error", [StoreUnavailable("gone"), KeyError("a thing nobody thought of")])
async def test_whatever_happens_to_silences_deaths_are_told(error: Exception) -> None:
    """Whether the store is away, or we made a mistake."""
    desk = Desk(SHOP)
    async with desk.a_life() as keeper:
        desk.silences.trouble = error
        await desk.clock.advance(3)
        other = a_death(uid="uid-9", namespace="pay", owner=Owner(kind="Deployment", name="till"))
        await keeper.record(found(other))
        await settle(60)
        assert "incident/I0" in desk.keys
        desk.silences.trouble = None
        await desk.clock.advance(3)


async def test_a_mistake_about_one_silence_stops_no_other() -> None:
    """Each is looked at by itself."""
    over = START.replace(second=10)
    desk = Desk(replace(SHOP, until=over), replace(SHOP, id=SilenceId("S2"), until=over))
    desk.silences.poison = SHOP.id
    async with desk.a_life():
        await desk.clock.advance(20)
    assert desk.silences.kept[SilenceId("S2")].ended_at is not None


async def test_what_is_asked_for_here_holds_at_once() -> None:
    """Begun, changed and ended without a second passing; its end is told once, with what it kept back."""
    desk = Desk()
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death()))
        await settle(60)
        await desk.silences.put(SHOP)
        await keeper.silence_changed(SHOP.id)
        silenced = desk.incident().silenced
        assert silenced is not None
        assert silenced.until == SHOP.until
        await keeper.record(found(a_death(restart=1, seconds=20)))
        await settle(60)

        await desk.silences.put(replace(desk.silences.kept[SHOP.id], until=START.replace(hour=16)))
        await keeper.silence_changed(SHOP.id)
        silenced = desk.incident().silenced
        assert silenced is not None
        assert silenced.until == START.replace(hour=16)

        ended = silencing.ended(desk.silences.kept[SHOP.id], desk.clock.now(), BOB)
        await desk.silences.put(ended)
        await keeper.silence_changed(SHOP.id)
        assert desk.incident().silenced is None
        assert desk.clock.monotonic() == 0
        await desk.clock.advance(5)
    (told,) = [each for each in desk.said if each.key == "silence/S1/prod-eu/C1"]
    assert "1 incident with 1 death was not announced, 1 incident is still firing" in told.message.text
    thread = [each.message.text.split(" until")[0] for each in desk.said if "story" in each.key]
    assert thread == ["@U02BOB silenced it", "@U02BOB ended its silence: 1 death not announced"]
    assert "⚪" not in str(told.message.blocks), "it is told as it is once the silence is over"


async def test_what_another_silence_covers_is_that_ones_to_tell() -> None:
    """The end of the longer one says that there is such; the end of the last one says what both kept back."""
    shorter = replace(SHOP, id=SilenceId("S2"), until=START.replace(minute=30))
    desk = Desk(SHOP, shorter)
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death()))
        await settle(60)
        await desk.silences.put(silencing.ended(desk.silences.kept[SHOP.id], desk.clock.now(), BOB))
        await keeper.silence_changed(SHOP.id)
        silenced = desk.incident().silenced
        assert silenced is not None
        assert silenced.silence == shorter.id
        await keeper.record(found(a_death(restart=1, seconds=20)))
        await desk.clock.advance(3)
        assert desk.keys == {"silence/S1/prod-eu/C1"}
        assert desk.said[-1].message.text.endswith("; 1 incident stays silent under another silence")
        assert desk.silences.kept[SHOP.id].deaths == 0
        assert desk.silences.kept[shorter.id].deaths == 2
        await desk.clock.advance(1_800)
    assert desk.incident().shown
    (told,) = [each for each in desk.said if each.key == "silence/S2/prod-eu/C1"]
    assert "1 incident with 2 deaths was not announced, 1 incident is still firing" in told.message.text


async def test_what_was_asked_for_elsewhere_as_another_ended_goes_on() -> None:
    """Both are read in one look: nothing is heard between the two."""
    desk = Desk(replace(SHOP, until=START.replace(second=30)))
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death()))
        await desk.clock.advance(3)
        await desk.silences.put(replace(desk.silences.kept[SHOP.id], until=desk.clock.now()))
        await desk.silences.put(replace(SHOP, id=SilenceId("S2")))
        await desk.clock.advance(3)
        assert not desk.incident().shown
    assert desk.incident().silenced is not None


@pytest.mark.parametrize("lasting", [None, timedelta(hours=1)], ids=["until-resolved", "for-an-hour"])
async def test_the_end_of_one_incidents_own_silence_is_said_in_its_thread_alone(
    lasting: timedelta | None,
) -> None:
    """Its message shows it, too; the channel has nothing else to learn."""
    desk = Desk()
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death()))
        await settle(60)
        await desk.silences.put(
            silencing.of_incident(SHOP.id, desk.incident(), lasting, BOB, desk.clock.now())
        )
        await keeper.silence_changed(SHOP.id)
        await desk.silences.put(silencing.ended(desk.silences.kept[SHOP.id], desk.clock.now(), BOB))
        await keeper.silence_changed(SHOP.id)
        await desk.clock.advance(3)
    assert desk.incident().silenced is None
    assert not [each.key for each in desk.said if each.key.startswith("silence/")]
    silenced, ended = [each.message.text for each in desk.said if "story" in each.key]
    assert ended == "@U02BOB ended its silence"
    assert ("until it is resolved" in silenced) is (lasting is None)


async def test_a_row_that_was_read_before_does_not_undo_what_was_asked_for_since() -> None:
    """The look of each second may be in the middle of its reading."""
    desk = Desk(SHOP)
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death()))
        await desk.clock.advance(0.5)
        reading, read = asyncio.Event(), desk.silences.not_ended

        async def slowly() -> Sequence[Silence]:
            rows = await read()
            await reading.wait()
            return rows

        desk.silences.not_ended = slowly  # type: ignore[method-assign]  # of this test alone
        await desk.clock.advance(1)
        await desk.silences.put(silencing.ended(desk.silences.kept[SHOP.id], desk.clock.now(), BOB))
        asking = asyncio.create_task(keeper.silence_changed(SHOP.id), name="asking")
        await settle()
        assert not asking.done()
        reading.set()
        await asking
        assert desk.incident().silenced is None
        await desk.clock.advance(3)
    assert desk.incident().silenced is None


async def test_a_silence_of_elsewhere_or_of_nothing_is_none_of_ours() -> None:
    """Whoever tells of it may be wrong, or late."""
    desk = Desk(replace(SHOP, ended_at=START))
    async with desk.a_life() as keeper:
        for identity in (SHOP.id, SilenceId("S9")):
            await keeper.silence_changed(identity)
    assert desk.keys == set()


async def test_until_resolved_does_not_outlive_a_resolve_of_the_same_second() -> None:
    """Its row is still there when the incident comes back; neither the next look nor a restart revives it."""
    desk = Desk()
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death()))
        await settle(60)
        command = SilenceIncident(incident=IncidentId("I0"), until_resolved=True)
        silence = silencing.of_incident(SHOP.id, desk.incident(), None, BOB, desk.clock.now())
        await desk.silences.put(silence)
        await keeper.act(Act(command=command, by=BOB, at=desk.clock.now(), silence=silence))
        assert desk.incident().silenced is not None
        resolve = ResolveIncident(incident=IncidentId("I0"), force=True)
        await keeper.act(Act(command=resolve, by=BOB, at=desk.clock.now()))
        await keeper.record(found(a_death(restart=1, seconds=20)))
        await settle(60)
        assert desk.incident().silenced is None
    async with desk.a_life():
        await settle(60)
        assert desk.incident().silenced is None
        await desk.clock.advance(3)
    assert desk.incident().silenced is None
    assert desk.silences.kept[SHOP.id].ended_at is not None


async def test_until_resolved_that_reaches_the_keeper_after_the_incident_came_back_is_refused() -> None:
    """It was asked for of what was over by then."""
    desk = Desk()
    async with desk.a_life() as keeper:
        await keeper.record(found(a_death()))
        await settle(60)
        silence = silencing.of_incident(SHOP.id, desk.incident(), None, BOB, desk.clock.now())
        resolve = ResolveIncident(incident=IncidentId("I0"), force=True)
        await keeper.act(Act(command=resolve, by=BOB, at=desk.clock.now()))
        await keeper.record(found(a_death(restart=1, seconds=20)))
        await settle(60)
        await desk.silences.put(silence)
        command = SilenceIncident(incident=IncidentId("I0"), until_resolved=True)
        result = await keeper.act(Act(command=command, by=BOB, at=desk.clock.now(), silence=silence))
        assert (result.refusal, result.words) == (
            ActRefusal.OVER,
            "it was over meanwhile, and has come back",
        )
        await desk.clock.advance(3)
    assert desk.incident().silenced is None
    assert desk.silences.kept[SHOP.id].ended_at is not None
