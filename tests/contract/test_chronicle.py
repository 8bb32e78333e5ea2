"""What people read of incidents, over every database that podbot runs on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.incidents.records import Batch, KeptIncident, RecordedDeath
from bot.incidents.store_ports import Chronicle
from bot.model.deaths import Cause, Death
from bot.model.incident_commands import Among
from bot.model.incidents import Ending, Incident, IncidentId, IncidentState, Scope, SilenceId
from bot.model.leadership import Term
from bot.model.past import Selection
from bot.model.people import UserId
from bot.model.pods import ClusterName, Owner
from bot.model.silences import Silence, SilenceScope
from bot.model.statistics import DeathsAt, Spread
from bot.model.stories import StoryEntry, StoryKind
from bot.store import chronicle as stored
from bot.store.chronicle import StoredChronicle
from bot.store.leader import LeaderStore
from bot.store.store import Store
from tests.support.deaths import CLUSTER, a_death, a_pods_death
from tests.support.pods import at
from tests.support.stores import a_batch, an_incident

OTHER = ClusterName("prod-us")
ALICE = UserId("U01ALICE")
OPEN = Selection(cluster=CLUSTER, among=Among.OPEN)
RECENT = Selection(cluster=CLUSTER, among=Among.RECENT)


@pytest.fixture
def chronicle(store: Store) -> StoredChronicle:
    """What is tested."""
    return StoredChronicle(store.database)


def recovered(incident: Incident, seconds: float) -> Incident:
    return replace(
        incident,
        state=IncidentState.RECOVERED,
        ending=Ending(since=at(seconds), words="5 of 5 Ready"),
        revision=incident.revision + 1,
    )


async def write(kept: LeaderStore, *incidents: Incident) -> None:
    await kept.save(Batch(incidents=tuple(KeptIncident(incident=each) for each in incidents)))


def numbered(number: int, **changes: object) -> Incident:
    """An incident of its own, a second after the one before."""
    death = a_death(uid=f"uid-{number}", seconds=number)
    return replace(an_incident(f"{number:04}", death), **changes)  # type: ignore[arg-type]  # fields of it


async def acknowledged(store: Store, incident: str, *seconds: float) -> None:
    entries = [
        StoryEntry(number=number, at=at(each), kind=StoryKind.ACKNOWLEDGED, by=ALICE)
        for number, each in enumerate(seconds, start=2)
    ]
    await store.stories.put(CLUSTER, IncidentId(incident), *entries)


def test_it_is_what_the_port_asks_for(chronicle: StoredChronicle) -> None:
    """Said once to the type checker."""
    port: Chronicle = chronicle
    assert port is chronicle


async def test_open_incidents_are_listed_the_latest_first(
    kept: LeaderStore, chronicle: StoredChronicle
) -> None:
    """What is over is among the recent ones alone; what became part of another is in neither list."""
    first, second, over = numbered(1), numbered(2), recovered(numbered(3), 60)
    merged = numbered(4, state=IncidentState.MERGED, part_of=IncidentId("0001"))
    await write(kept, first, second, over, merged)
    assert (await chronicle.listed(OPEN)).incidents == (second, first)
    assert (await chronicle.listed(RECENT)).incidents == (over, second, first)


async def test_what_stands_for_many_workloads_comes_first(
    kept: LeaderStore, chronicle: StoredChronicle
) -> None:
    """A node's incident is not to be looked for on the second page, however quiet it is by now."""
    key = replace(numbered(1).key, namespace="", owner=Owner(kind="Node", name="node-1"), scope=Scope.NODE)
    node, web, cart = numbered(1, key=key), numbered(2), numbered(3)
    await write(kept, node, web, cart)
    assert (await chronicle.listed(OPEN)).incidents == (node, cart, web)
    assert (await chronicle.listed(RECENT)).incidents == (cart, web, node)


async def test_a_long_list_has_pages(kept: LeaderStore, chronicle: StoredChronicle) -> None:
    """A page beyond the last is the last: what was there may be over by now."""
    await write(kept, *(numbered(number) for number in range(23)))
    pages = [await chronicle.listed(OPEN, page) for page in range(4)]
    assert [len(each.incidents) for each in pages] == [10, 10, 3, 3]
    assert [each.page for each in pages] == [0, 1, 2, 2]
    assert {each.total for each in pages} == {23}
    assert len({each.id for page in pages for each in page.incidents}) == 23


async def test_an_empty_list_is_a_page(chronicle: StoredChronicle) -> None:
    """Nothing is broken."""
    found = await chronicle.listed(OPEN, 7)
    assert (found.incidents, found.page, found.total) == ((), 0, 0)


async def test_a_list_is_of_a_workload_a_namespace_or_a_time(
    kept: LeaderStore, store: Store, chronicle: StoredChronicle
) -> None:
    """Each narrows it; what is open goes on, however long ago it began."""
    web = an_incident("1111", a_death())
    cart = an_incident("2222", a_death(uid="u2", namespace="payments", owner=Owner(kind="Job", name="cart")))
    long_over = recovered(an_incident("3333", a_death(uid="u3", seconds=-90_000)), -80_000)
    await write(kept, web, cart, long_over)
    elsewhere = a_death(id=replace(a_death().id, cluster=OTHER))
    await write(store.term(OTHER, Term(1)), an_incident("4444", elsewhere))

    async def ids(selection: Selection) -> set[str]:
        return {each.id for each in (await chronicle.listed(selection)).incidents}

    assert await ids(RECENT) == {"1111", "2222", "3333"}
    assert await ids(replace(RECENT, since=at(-3_600))) == {"1111", "2222"}
    assert await ids(replace(RECENT, owner="web")) == {"1111", "3333"}
    assert await ids(replace(RECENT, owner="deployment/web")) == {"1111", "3333"}
    assert await ids(replace(RECENT, owner="statefulset/web")) == set()
    assert await ids(replace(RECENT, namespaces=frozenset({"payments"}))) == {"2222"}
    assert await ids(replace(RECENT, namespaces=frozenset())) == set()
    assert await chronicle.namespaces(CLUSTER) == {"shop", "payments"}


async def test_namespaces_are_also_those_of_a_nodes_incident(
    kept: LeaderStore, chronicle: StoredChronicle
) -> None:
    """Who may see one of them is not told that there is nothing to see."""
    death = a_pods_death(Cause.NODE_LOST, namespace="search")
    incident = an_incident("1F3K", death)
    await kept.save(a_batch(replace(incident, key=replace(incident.key, namespace="")), death))
    assert await chronicle.namespaces(CLUSTER) == {"", "search"}


async def test_an_account_has_everything(kept: LeaderStore, store: Store, chronicle: StoredChronicle) -> None:
    """The incident as it stands, what happened to it, and each death, in order."""
    first, second = a_death(restart=3), a_death(restart=4, seconds=90)
    incident = an_incident("1F3K", first, second)
    await kept.save(a_batch(incident, second, first))
    await acknowledged(store, "1F3K", 120)
    account = await chronicle.account(IncidentId("1F3K"))
    assert account is not None
    assert account.incident == incident
    assert [each.restart for each in account.deaths] == [3, 4]
    assert [(each.kind, each.by) for each in account.story] == [(StoryKind.ACKNOWLEDGED, ALICE)]
    assert account.deaths_in_all == 2
    assert await chronicle.account(IncidentId("0000")) is None


async def test_an_account_of_very_many_deaths_is_cut_and_says_so(
    kept: LeaderStore, chronicle: StoredChronicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first ones are kept: they tell how it began."""
    monkeypatch.setattr(stored, "MOST_DEATHS", 5)
    deaths = [a_death(restart=number, seconds=number) for number in range(9)]
    await kept.save(a_batch(an_incident("1F3K", *deaths), *deaths))
    account = await chronicle.account(IncidentId("1F3K"))
    assert account is not None
    assert ([each.restart for each in account.deaths], account.deaths_in_all) == ([0, 1, 2, 3, 4], 9)


async def test_restarts_are_those_of_the_workload(kept: LeaderStore, chronicle: StoredChronicle) -> None:
    """Whichever incidents told of them, and of no other workload."""
    deaths = [a_death(restart=0, seconds=10), a_death(Cause.OOM_KILLED, restart=1, seconds=20)]
    other = a_death(uid="uid-9", owner=Owner(kind="Deployment", name="cart"))
    for identity, death in zip(("1111", "2222", "3333"), (*deaths, other), strict=True):
        await kept.save(a_batch(an_incident(identity, death), death))
    found = await chronicle.restarts(CLUSTER, "shop", Owner(kind="Deployment", name="web"), at(0))
    assert [each.cause for each in found.deaths] == [Cause.OOM_KILLED, Cause.ERROR]
    assert (found.total, found.counted_since) == (2, min(each.seen_at for each in found.deaths))
    later = await chronicle.restarts(CLUSTER, "shop", Owner(kind="Deployment", name="web"), at(15))
    assert later.total == 1


async def test_silences_are_those_that_hold(store: Store, chronicle: StoredChronicle) -> None:
    """Neither those that ended nor those whose time is over; the one that ends first comes first."""
    made = [
        Silence(
            id=SilenceId(str(number)),
            scope=SilenceScope(namespace="shop"),
            author=ALICE,
            created_at=at(0),
            until=at(until),
            ended_at=ended,
        )
        for number, (until, ended) in enumerate(((900, None), (600, None), (10, None), (800, at(20))))
    ]
    await store.silences.put(*made)
    assert [each.id for each in await chronicle.silences(at(60))] == ["1", "0"]


HOUR = 3_600.0


def hours(*deaths: tuple[float, Cause]) -> list[Death]:
    return [
        a_death(cause, uid=f"uid-{number}", seconds=seconds)
        if cause.is_container_exit
        else a_pods_death(cause, uid=f"uid-{number}", seconds=seconds)
        for number, (seconds, cause) in enumerate(deaths)
    ]


async def test_deaths_are_counted_by_hour_and_cause(kept: LeaderStore, chronicle: StoredChronicle) -> None:
    """By the hour in which they died, in UTC, from the beginning of the time up to its end."""
    deaths = hours(
        (-2 * HOUR, Cause.ERROR),  # before it all
        (10, Cause.ERROR),
        (20, Cause.ERROR),
        (HOUR + 1, Cause.OOM_KILLED),
        (HOUR + 2, Cause.EVICTED),
        (HOUR + 3, Cause.OOM_KILLED),
        (5 * HOUR, Cause.ERROR),  # after it
    )
    await kept.save(a_batch(an_incident("1F3K", *deaths), *deaths))
    found = await chronicle.statistics(CLUSTER, at(0), at(4 * HOUR))
    one, two = at(0).astimezone(UTC), at(HOUR).astimezone(UTC)
    assert found.by_hour == (
        DeathsAt(hour=one, cause=Cause.ERROR, deaths=2),
        DeathsAt(hour=two, cause=Cause.EVICTED, deaths=1),
        DeathsAt(hour=two, cause=Cause.OOM_KILLED, deaths=2),
    )
    assert (found.deaths, found.pods) == (5, 5)
    assert list(found.by_cause.items()) == [(Cause.ERROR, 2), (Cause.OOM_KILLED, 2), (Cause.EVICTED, 1)]


async def test_an_hour_is_one_in_utc_to_the_microsecond(
    kept: LeaderStore, chronicle: StoredChronicle
) -> None:
    """Also at its very edges, and whatever zone the database server is in."""
    edges = [
        datetime(2026, 11, 22, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 11, 23, 0, 0, 0, tzinfo=UTC),
    ]
    deaths = [
        replace(death, finished_at=moment, seen_at=moment)
        for death, moment in zip(hours((0, Cause.ERROR), (1, Cause.ERROR)), edges, strict=True)
    ]
    await kept.save(a_batch(an_incident("1F3K", *deaths), *deaths))
    found = await chronicle.statistics(CLUSTER, edges[0] - timedelta(days=1), edges[1] + timedelta(days=1))
    assert [each.hour for each in found.by_hour] == [
        datetime(2026, 11, 22, 23, tzinfo=UTC),
        datetime(2026, 11, 23, 0, tzinfo=UTC),
    ]


async def test_deaths_that_nobody_saw_are_counted(kept: LeaderStore, chronicle: StoredChronicle) -> None:
    """Their cause is not known; they happened all the same."""
    death = a_death(restart=5, unseen_before=2)
    await kept.save(a_batch(an_incident("1F3K", death), death))
    found = await chronicle.statistics(CLUSTER, at(0), at(HOUR))
    assert dict(found.by_cause) == {Cause.ERROR: 1, None: 2}
    assert (found.deaths, found.pods) == (3, 1)


async def test_the_worst_workloads_come_first(kept: LeaderStore, chronicle: StoredChronicle) -> None:
    """At most ten of them; how many there are in all is told."""
    number = 0
    for losses in range(1, 13):
        owner = Owner(kind="Deployment", name=f"app-{losses:02}")
        deaths = [a_death(uid=f"uid-{losses}-{each}", owner=owner) for each in range(losses)]
        number += losses
        await kept.save(a_batch(an_incident(f"{losses:04}", *deaths), *deaths))
    found = await chronicle.statistics(CLUSTER, at(0), at(HOUR))
    assert [(each.owner.name, each.deaths) for each in found.worst] == [
        (f"app-{losses:02}", losses) for losses in range(12, 2, -1)
    ]
    worst = found.worst[0]
    assert (worst.namespace, worst.pods, worst.incidents) == ("shop", 12, 1)
    assert (found.workloads, found.incidents, found.open, found.deaths) == (12, 12, 12, number)


async def test_what_a_node_took_with_it_counts_for_the_workloads(
    kept: LeaderStore, chronicle: StoredChronicle
) -> None:
    """A node is no workload; each death in its incident is one of its own workload."""
    lost = [
        replace(a_pods_death(Cause.NODE_LOST), id=replace(a_death(uid=f"u{number}").id), owner=owner)
        for number, owner in enumerate(
            (Owner(kind="Deployment", name="web"), Owner(kind="StatefulSet", name="ledger"))
        )
    ]
    crash = a_death(uid="u9", owner=Owner(kind="Deployment", name="web"))
    of_the_node = an_incident("1111", *lost)
    key = replace(of_the_node.key, namespace="", owner=Owner(kind="Node", name="node-3"), scope=Scope.NODE)
    await kept.save(a_batch(replace(of_the_node, key=key), *lost))
    await kept.save(a_batch(an_incident("2222", crash), crash))
    found = await chronicle.statistics(CLUSTER, at(0), at(HOUR))
    assert [(each.namespace, str(each.owner), each.deaths, each.incidents) for each in found.worst] == [
        ("shop", "deployment/web", 2, 2),
        ("shop", "statefulset/ledger", 1, 1),
    ]
    assert (found.deaths, found.workloads) == (3, 2)


async def test_times_to_acknowledge_and_recover(
    kept: LeaderStore, store: Store, chronicle: StoredChronicle
) -> None:
    """The first who had it counts; a median and a ninth tenth that there really were."""
    for number in range(10):
        death = a_death(uid=f"uid-{number}", seconds=0)
        incident = recovered(an_incident(f"{number:04}", death), 600 * (number + 1))
        await kept.save(a_batch(incident, death))
        if number % 2:
            await acknowledged(store, f"{number:04}", 60 * number, 6_000)
    found = await chronicle.statistics(CLUSTER, at(0), at(4 * HOUR))
    assert found.to_acknowledge == Spread(count=5, median=timedelta(minutes=5), p90=timedelta(minutes=9)), (
        "of 1, 3, 5, 7 and 9 minutes"
    )
    assert found.to_recover == Spread(count=10, median=timedelta(minutes=50), p90=timedelta(minutes=90))
    assert (found.incidents, found.open) == (10, 0)


async def test_nothing_at_all_is_all_zeros(chronicle: StoredChronicle) -> None:
    """A quiet week."""
    found = await chronicle.statistics(CLUSTER, at(0), at(HOUR))
    assert (found.deaths, found.pods, found.incidents, found.open, found.workloads) == (0, 0, 0, 0, 0)
    assert (found.by_hour, found.worst) == ((), ())
    assert found.to_acknowledge == found.to_recover == Spread(count=0)


async def test_numbers_are_of_the_namespaces_that_are_asked_for(
    kept: LeaderStore, chronicle: StoredChronicle
) -> None:
    """Who may not see a namespace is not told how much dies there."""
    here, there = a_death(uid="u1"), a_death(uid="u2", namespace="payments")
    for identity, death in (("1111", here), ("2222", there)):
        await kept.save(a_batch(an_incident(identity, death), death))
    found = await chronicle.statistics(CLUSTER, at(0), at(HOUR), frozenset({"shop"}))
    assert (found.deaths, found.incidents, found.open, found.workloads) == (1, 1, 1, 1)
    assert [each.namespace for each in found.worst] == ["shop"]
    assert (await chronicle.statistics(CLUSTER, at(0), at(HOUR), frozenset())).deaths == 0


async def test_a_merged_incidents_deaths_are_counted_once(
    kept: LeaderStore, chronicle: StoredChronicle
) -> None:
    """They are the other one's now."""
    first, second = a_death(uid="u1"), a_death(uid="u2", owner=Owner(kind="Deployment", name="cart"))
    one, two = an_incident("1111", first), an_incident("2222", second)
    await kept.save(a_batch(one, first))
    await kept.save(a_batch(two, second))
    merged = replace(one, state=IncidentState.MERGED, part_of=two.id, revision=2)
    await write(kept, merged, replace(two, deaths=2, revision=2))
    found = await chronicle.statistics(CLUSTER, at(0), at(HOUR))
    assert (found.deaths, found.incidents, found.workloads) == (2, 1, 1)
    account = await chronicle.account(two.id)
    assert account is not None
    assert account.deaths_in_all == 2


async def test_many_deaths_are_added_up_quickly(kept: LeaderStore, chronicle: StoredChronicle) -> None:
    """By the database: a month of a busy cluster must not keep a person waiting."""
    deaths = [a_death(uid=f"uid-{number}", seconds=number * 60) for number in range(5_000)]
    incident = an_incident("1F3K", *deaths[:100])
    records = tuple(
        RecordedDeath(death=each, incident=incident.id, told_by=incident.id, revision=1) for each in deaths
    )
    await kept.save(Batch(deaths=records, incidents=(KeptIncident(incident=incident),)))
    found = await chronicle.statistics(CLUSTER, at(0), at(90 * 24 * HOUR))
    assert found.deaths == 5_000
    assert sum(each.deaths for each in found.by_hour) == 5_000
    assert len(found.by_hour) == 84
