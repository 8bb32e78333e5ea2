"""Reading incidents, from the policy to the words, over every database: who may, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.incidents.ports import Readings
from bot.incidents.readings import IncidentReadings
from bot.model.deaths import Cause
from bot.model.incident_commands import (
    Among,
    ExportForm,
    ExportIncident,
    ListIncidents,
    ShowIncident,
    ShowStats,
)
from bot.model.incident_problems import NoSuchIncident
from bot.model.incidents import Evidence, IncidentId, IncidentKey, Scope, SilenceId
from bot.model.leadership import Term
from bot.model.people import Asker, UserId
from bot.model.pods import ClusterName, Owner
from bot.model.problems import Refused
from bot.model.silences import Silence, SilenceScope
from bot.model.statistics import Statistics
from bot.pods.audit import Outcome
from bot.pods.gate import Gate
from bot.store.chronicle import StoredChronicle
from bot.store.leader import LeaderStore
from bot.store.store import Store
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER, a_death
from tests.support.pods import at
from tests.support.policies import HeldPolicy, KeptTrail, asker
from tests.support.reading import as_read
from tests.support.stores import a_batch, an_incident

POLICY = """\
version: 1
roles:
  all: [{verbs: [list, logs, incidents], namespaces: ["*"]}]
  shop: [{verbs: [list], namespaces: [shop]}]
bindings:
  - {role: all, users: [U01ALICE]}
  - {role: shop, users: [U02BOB]}
"""
ALICE, BOB, EVE = asker(), asker("U02BOB"), asker("U09EVE")


@dataclass
class Brush:
    """Implements `incidents.ports.Pictures`."""

    drawn: list[Statistics] = field(default_factory=list)
    trouble: Exception | None = None

    async def statistics(self, statistics: Statistics) -> bytes:
        if self.trouble is not None:
            raise self.trouble
        self.drawn.append(statistics)
        return b"\x89PNG"


@dataclass(frozen=True, kw_only=True)
class Room:
    """A reader, and what it stands on."""

    readings: IncidentReadings
    trail: KeptTrail
    brush: Brush

    async def read(
        self, by: Asker, command: ShowIncident | ListIncidents | ExportIncident | ShowStats
    ) -> str:
        return as_read((await self.readings.read(by, command)).message)

    async def file(self, by: Asker, form: ExportForm, identity: str = "1F3K") -> str:
        answer = await self.readings.read(by, ExportIncident(incident=IncidentId(identity), form=form))
        return answer.message.attachments[0].content.decode()


@pytest.fixture
async def room(store: Store, kept: LeaderStore, held_clock: HeldClock) -> Room:
    """Two incidents: one in shop with a log, one in payments."""
    here = a_death(Cause.OOM_KILLED, exit_code=137)
    incident = replace(an_incident("1F3K", here), evidence=Evidence(death=here, log_tail=("the last words",)))
    await kept.save(a_batch(incident, here))
    there = a_death(uid="uid-2", namespace="payments", owner=Owner(kind="Deployment", name="ledger"))
    await kept.save(a_batch(an_incident("2222", there), there))
    await held_clock.advance(60)
    trail, brush = KeptTrail(), Brush()
    readings = IncidentReadings(
        CLUSTER,
        Gate(CLUSTER, HeldPolicy(POLICY, held_clock), trail),
        held_clock,
        chronicle=StoredChronicle(store.database),
        pictures=brush,
    )
    return Room(readings=readings, trail=trail, brush=brush)


def test_it_is_what_the_port_asks_for(room: Room) -> None:
    """Said once to the type checker."""
    port: Readings = room.readings
    assert port is room.readings


async def test_a_list_has_what_its_asker_may_see(room: Room) -> None:
    """One who may see all of it, and one who is told that there may be more."""
    assert "2 open incidents" in await room.read(ALICE, ListIncidents())
    told = await room.read(BOB, ListIncidents())
    assert "1 open incident" in told
    assert "only namespaces that you may see" in told
    assert "ledger" not in told


async def test_a_list_of_a_namespace_needs_the_right_to_it(room: Room) -> None:
    """Refused is refused, and on record."""
    assert "ledger" in await room.read(ALICE, ListIncidents(namespace="payments"))
    with pytest.raises(Refused, match="payments"):
        await room.read(BOB, ListIncidents(namespace="payments"))
    assert room.trail.entries[-1].outcome is Outcome.REFUSED


@pytest.mark.parametrize("command", [ListIncidents(), ShowStats()], ids=["list", "stats"])
async def test_who_may_see_nothing_is_refused(room: Room, command: ListIncidents | ShowStats) -> None:
    """An empty list would say that all is well."""
    with pytest.raises(Refused, match=r"^You may not see incidents in all namespaces"):
        await room.read(EVE, command)


async def test_an_incident_is_told_whole_and_that_is_on_record(room: Room) -> None:
    """With its timeline."""
    told = await room.read(BOB, ShowIncident(incident=IncidentId("1F3K")))
    assert "What happened" in told
    entry = room.trail.entries[-1]
    assert (entry.outcome, entry.object) == (Outcome.DONE, "incident/1F3K")


@pytest.mark.parametrize("command", [ShowIncident, ExportIncident])
async def test_an_incident_elsewhere_is_refused(
    room: Room, command: type[ShowIncident | ExportIncident]
) -> None:
    """In a namespace that is not the asker's; and one that there is not is a miss."""
    with pytest.raises(Refused, match="payments"):
        await room.read(BOB, command(incident=IncidentId("2222")))
    with pytest.raises(NoSuchIncident):
        await room.read(ALICE, command(incident=IncidentId("0000")))


async def test_an_incident_of_another_cluster_is_not_known_here(room: Room, store: Store) -> None:
    """Its own cluster's policy decides over it."""
    other = ClusterName("prod-us")
    death = a_death(id=replace(a_death().id, cluster=other))
    await store.term(other, Term(1)).save(a_batch(an_incident("3333", death), death))
    with pytest.raises(NoSuchIncident):
        await room.read(ALICE, ShowIncident(incident=IncidentId("3333")))


async def test_an_incident_over_several_namespaces_needs_all_of_them(room: Room, kept: LeaderStore) -> None:
    """A node's is not for those who may see one of its workloads."""
    deaths = [
        a_death(Cause.NODE_LOST, uid=f"n-{space}", namespace=space, node="node-3")
        for space in ("shop", "payments")
    ]
    key = IncidentKey(
        cluster=CLUSTER,
        namespace="",
        owner=Owner(kind="Node", name="node-3"),
        cause=Cause.NODE_LOST,
        scope=Scope.NODE,
    )
    incident = replace(an_incident("4444", *deaths), key=key)
    await kept.save(a_batch(incident, *deaths))
    assert "node-3" in await room.read(ALICE, ShowIncident(incident=IncidentId("4444")))
    with pytest.raises(Refused):
        await room.read(BOB, ShowIncident(incident=IncidentId("4444")))
    assert "node-3" not in await room.read(BOB, ListIncidents())
    assert "node-3" in await room.read(ALICE, ListIncidents())


async def test_exports_come_as_files(room: Room) -> None:
    """The log is for those who may read logs."""
    assert "the last words" in await room.file(ALICE, ExportForm.MARKDOWN)
    without = await room.file(BOB, ExportForm.MARKDOWN)
    assert "the last words" not in without
    assert "may not read logs" in without
    assert '"incident": "1F3K"' in await room.file(BOB, ExportForm.JSON)
    assert "the last words" not in await room.file(BOB, ExportForm.JSON)


async def test_figures_are_those_of_what_one_may_see(room: Room) -> None:
    """In numbers and in the picture alike."""
    assert "2 deaths of 2 pods" in await room.read(ALICE, ShowStats())
    assert "1 death of 1 pod" in await room.read(BOB, ShowStats())
    assert [each.deaths for each in room.brush.drawn] == [2, 1]
    answer = await room.readings.read(ALICE, ShowStats(since=timedelta(hours=1)))
    assert [each.filename for each in answer.message.attachments] == ["deaths.png"]


async def test_numbers_are_told_without_their_picture(room: Room) -> None:
    """Whatever a name did to it."""
    room.brush.trouble = ZeroDivisionError()
    answer = await room.readings.read(ALICE, ShowStats())
    assert "2 deaths" in answer.message.text
    assert answer.message.attachments == ()


async def test_recent_ones_are_of_the_last_day(room: Room, held_clock: HeldClock) -> None:
    """Open ones among them, however old; longer where it is asked for."""
    await held_clock.advance(3 * 24 * 3_600)
    assert "2 recent incidents" in await room.read(ALICE, ListIncidents(among=Among.RECENT))


async def test_at_home_is_what_is_open_and_silenced(room: Room, store: Store) -> None:
    """For each as far as they may see."""
    silence = Silence(
        id=SilenceId("7QTT"),
        scope=SilenceScope(namespace="payments"),
        author=UserId("U01ALICE"),
        created_at=at(0),
        until=at(3_600),
    )
    await store.silences.put(silence)
    alice, bob = await room.readings.at_home(ALICE), await room.readings.at_home(BOB)
    assert alice is not None
    assert bob is not None
    assert (alice.title, bob.title) == ("2 open incidents", "1 open incident")
    assert "7QTT" in str(alice.blocks)
    assert "7QTT" not in str(bob.blocks)
    assert await room.readings.at_home(EVE) is None
