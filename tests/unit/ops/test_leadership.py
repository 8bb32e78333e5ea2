"""Electing a leader: taking over, stepping down, giving back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from bot.errors import ClusterRefused, ClusterUnreachable, Deposed, PodbotError
from bot.model.leadership import LeaseRecord, Term
from bot.ops.leadership import Alone, Elector, Lead, LeadsOn, Load, new_identity
from bot.replay.virtual_time import RecordedClock
from tests.support.memory_lease import START, LeaseServer, MemoryLease, Mishap, in_virtual_time

SECONDS = 10
AWAY = ClusterUnreachable("the cluster does not answer")


@dataclass(slots=True, kw_only=True)
class Replica:
    """A process that campaigns, and writes down when it led."""

    name: str
    server: LeaseServer
    load: Load = field(default_factory=Load)
    stops_in: float = 0.0
    slept: float = 0.0
    """For how long its machine has been suspended, by which its clock is behind."""
    terms: list[Term] = field(default_factory=list)
    led: list[tuple[float, float]] = field(default_factory=list)
    leads: bool = False
    problem: Exception | None = None
    lead: Lead | None = None
    lease: MemoryLease = field(init=False)
    elector: Elector = field(init=False)
    task: asyncio.Task[None] = field(init=False)

    def start(self) -> Replica:
        self.lease = MemoryLease(server=self.server)
        clock = RecordedClock(START)
        self.elector = Elector(
            self.lease,
            self.name,
            clock,
            seconds=SECONDS,
            load=self.load,
            chance=random.Random(self.name).random,  # noqa: S311 - the same in each run, another for each
            slept=lambda: self.slept,
        )
        self.task = asyncio.create_task(self.elector.run(self.lead or self._lead), name=self.name)
        return self

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})

    def kill(self) -> None:
        """As kill -9: from now on nothing that it does arrives anywhere."""
        self.lease.away = AWAY
        self.leads = False

    async def _lead(self, term: Term) -> None:
        self.terms.append(term)
        began = asyncio.get_running_loop().time()
        self.leads = True
        try:
            while self.problem is None:  # noqa: ASYNC110 - time is virtual
                await asyncio.sleep(0.1)
            raise self.problem
        finally:
            await asyncio.sleep(self.stops_in)
            self.leads = False
            self.led.append((began, asyncio.get_running_loop().time()))


def now() -> float:
    return asyncio.get_running_loop().time()


async def until_leads(*replicas: Replica, within: float) -> Replica:
    """The replica that leads by then."""
    async with asyncio.timeout(within):
        while True:
            for each in replicas:
                if each.leads:
                    return each
            await asyncio.sleep(0.01)


@contextmanager
def raises_in_time(error: type[BaseException], within: float) -> Iterator[None]:
    began = now()
    with pytest.raises(error):
        yield
    assert now() - began <= within


@in_virtual_time
async def test_the_first_leads_and_the_second_waits() -> None:
    """One of them at a time, from term 1 on, and both know who."""
    server = LeaseServer()
    first = Replica(name="a", server=server).start()
    await until_leads(first, within=1)
    second = Replica(name="b", server=server).start()
    await asyncio.sleep(120)
    assert first.leads
    assert not second.leads
    assert first.terms == [Term(1)]
    assert first.elector.leading == 1
    assert second.elector.leading is None
    assert first.elector.leader == second.elector.leader == "a"
    await first.stop()
    await second.stop()


@in_virtual_time
async def test_a_killed_leader_is_followed_when_its_lease_has_run_out() -> None:
    """Not before, whatever its clock says; soon after; and in a later term."""
    server = LeaseServer()
    first = Replica(name="a", server=server).start()
    second = Replica(name="b", server=server).start()
    leader = await until_leads(first, second, within=1)
    other = second if leader is first else first
    await asyncio.sleep(60)
    leader.kill()
    killed = now()
    assert await until_leads(other, within=12) is other
    assert SECONDS - 2 <= now() - killed <= SECONDS + 1
    assert other.terms == [Term(2)]
    await leader.stop()
    await other.stop()


@in_virtual_time
async def test_a_leader_that_is_stopped_gives_the_lease_back() -> None:
    """After its work has ended, and before the next one begins: within 2 seconds in all."""
    server = LeaseServer()
    first = Replica(name="a", server=server, stops_in=0.9).start()
    await until_leads(first, within=1)
    second = Replica(name="b", server=server).start()
    await asyncio.sleep(30)
    began = now()
    await first.stop()
    assert server.record is not None
    assert server.record.holder == ""
    await until_leads(second, within=2 - (now() - began))
    assert second.terms == [Term(2)]
    await second.stop()


@in_virtual_time
async def test_it_leads_on_through_a_short_outage_of_the_api_server() -> None:
    """What is away for less than the time for renewals interrupts nothing."""
    replica = Replica(name="a", server=LeaseServer()).start()
    await until_leads(replica, within=1)
    await asyncio.sleep(10)
    replica.lease.away = AWAY
    await asyncio.sleep(3)
    assert replica.leads
    assert replica.elector.problem == str(AWAY)
    replica.lease.away = None
    await asyncio.sleep(10)
    assert replica.leads
    assert replica.elector.problem == ""
    assert len(replica.terms) == 1
    await replica.stop()


@in_virtual_time
async def test_it_stops_leading_in_a_long_outage_before_the_lease_is_over() -> None:
    """Whoever cannot renew stops in time, and goes on in a term of its own if nobody else came."""
    server = LeaseServer()
    replica = Replica(name="a", server=server).start()
    await until_leads(replica, within=1)
    await asyncio.sleep(10)
    renewed = now()
    replica.lease.away = AWAY
    await asyncio.sleep(SECONDS)
    assert replica.led
    assert replica.led[0][1] <= renewed + 0.6 * SECONDS + 0.01
    assert replica.elector.leading is None
    replica.lease.away = None
    await until_leads(replica, within=1)
    assert replica.terms == [Term(1), Term(2)]
    await replica.stop()


@in_virtual_time
async def test_who_wakes_up_does_not_lead_on_an_old_lease() -> None:
    """The machine was suspended, and its clock stood still: for everybody else the lease was over."""
    server = LeaseServer()
    first = Replica(name="a", server=server).start()
    await until_leads(first, within=1)
    await asyncio.sleep(10)
    before = first.elector.leading
    first.slept += 60
    assert (before, first.elector.leading) == (1, None)
    await asyncio.sleep(2)
    assert first.led, "it has stopped"
    await until_leads(first, within=2)
    assert first.terms == [Term(1), Term(2)]
    await asyncio.sleep(30)
    assert first.elector.leading == 2
    await first.stop()


@in_virtual_time
async def test_an_answer_that_comes_after_the_machine_slept_is_worth_nothing() -> None:
    """The lease counts from when the renewal was sent."""
    replica = Replica(name="a", server=LeaseServer()).start()
    await until_leads(replica, within=1)
    replica.lease.mishaps = lambda: Mishap(back=1.0)
    while replica.lease.requests < 3:  # noqa: ASYNC110 - time is virtual
        await asyncio.sleep(0.1)
    replica.slept += 60
    await asyncio.sleep(1.5)
    assert replica.elector.leading is None
    assert replica.led
    await replica.stop()


@in_virtual_time
async def test_requests_that_hang_do_not_keep_it_leading() -> None:
    """An API server that says nothing is the same as one that is away."""
    replica = Replica(name="a", server=LeaseServer()).start()
    await until_leads(replica, within=1)
    replica.lease.mishaps = lambda: Mishap(there=1_000)
    await asyncio.sleep(0.6 * SECONDS + 2)
    assert not replica.leads
    assert "in time" in replica.elector.problem
    await replica.stop()


@in_virtual_time
async def test_a_lost_answer_to_a_renewal_changes_nothing() -> None:
    """The lease was changed since it was read, by this process itself."""
    replica = Replica(name="a", server=LeaseServer()).start()
    await until_leads(replica, within=1)
    for _ in range(10):
        await asyncio.sleep(2)
        replica.lease.mishaps = lambda: Mishap(answer_lost=True)
        await asyncio.sleep(2)
        replica.lease.mishaps = Mishap
    assert replica.leads
    assert len(replica.terms) == 1
    await replica.stop()


@in_virtual_time
async def test_another_holder_in_the_lease_ends_leading_at_once() -> None:
    """Somebody edited the lease by hand: whoever it names leads."""
    server = LeaseServer()
    replica = Replica(name="a", server=server).start()
    await until_leads(replica, within=1)
    assert server.record is not None
    server.write(replace(server.record, holder="somebody"))
    await asyncio.sleep(3)
    assert not replica.leads
    assert replica.elector.leader == "somebody"
    await replica.stop()
    assert server.record.holder == "somebody"


@in_virtual_time
async def test_the_times_in_the_lease_decide_nothing() -> None:
    """A holder whose clock is wrong by a year is waited for like any other."""
    old = START.replace(year=2020)
    left = LeaseRecord(holder="gone", transitions=6, seconds=20, acquired_at=old, renewed_at=old)
    server = LeaseServer()
    server.write(left)
    replica = Replica(name="a", server=server).start()
    await asyncio.sleep(19.9)
    assert not replica.leads
    await until_leads(replica, within=1.5)
    assert replica.terms == [Term(8)]
    await replica.stop()


@in_virtual_time
async def test_a_lease_that_is_deleted_is_waited_for_all_the_same() -> None:
    """Whoever held it may still lead; the terms go on growing."""
    server = LeaseServer()
    first = Replica(name="a", server=server).start()
    await until_leads(first, within=1)
    second = Replica(name="b", server=server).start()
    await asyncio.sleep(10)
    first.kill()
    server.record = None
    await asyncio.sleep(SECONDS - 2)
    assert not second.leads
    await until_leads(second, within=3)
    assert second.terms == [Term(2)]
    await first.stop()
    await second.stop()


@in_virtual_time
async def test_a_deposed_leader_begins_anew_in_a_later_term() -> None:
    """The lease was made anew and counts from 1; the store has seen term 40. It gets there by itself."""
    replica = Replica(name="a", server=LeaseServer())

    async def lead(term: Term) -> None:
        replica.terms.append(term)
        if term < 40:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_refused(), name="write")
        replica.leads = True
        await asyncio.Event().wait()

    replica.lead = lead
    replica.start()
    await until_leads(replica, within=10)
    assert replica.terms[-1] >= 40
    assert len(replica.terms) < 10
    assert replica.elector.leading == replica.terms[-1]
    await replica.stop()


async def _refused() -> None:
    raise Deposed("term 40 writes by now")


@in_virtual_time
async def test_an_error_of_what_leads_ends_it_all() -> None:
    """It is raised, and the lease is free for another."""
    server = LeaseServer()
    replica = Replica(name="a", server=server).start()
    await until_leads(replica, within=1)
    replica.problem = PodbotError("broken")
    with raises_in_time(PodbotError, 1):
        await replica.task
    assert server.record is not None
    assert server.record.holder == ""


@in_virtual_time
async def test_what_does_not_stop_ends_the_process() -> None:
    """And the lease is not given back: that would tell others that they may begin."""
    server = LeaseServer()
    replica = Replica(name="a", server=server, stops_in=5).start()
    await until_leads(replica, within=1)
    replica.lease.away = AWAY
    with raises_in_time(LeadsOn, 0.9 * SECONDS + 0.1):
        await replica.task
    replica.lease.away = None
    await asyncio.sleep(5)
    assert server.record is not None
    assert server.record.holder == "a"


@in_virtual_time
async def test_a_missing_right_can_be_asked_for() -> None:
    """It goes on trying, and says why nobody leads."""
    replica = Replica(name="a", server=LeaseServer()).start()
    replica.lease.away = ClusterRefused("does not let the bot get the lease")
    await asyncio.sleep(60)
    assert replica.elector.problem == "does not let the bot get the lease"
    assert replica.elector.leader is None
    assert replica.lease.requests > 50
    await replica.stop()


@in_virtual_time
async def test_several_clusters_spread_over_the_replicas() -> None:
    """Whoever leads one leaves the next to others for a moment; both still lead in time."""
    leases = [LeaseServer() for _ in range(4)]
    loads = Load(), Load()
    replicas = [
        Replica(name=name, server=server, load=load).start()
        for name, load in zip("ab", loads, strict=True)
        for server in leases
    ]
    await asyncio.sleep(3)
    assert sum(each.leads for each in replicas) == len(leases)
    assert [load.clusters for load in loads] == [2, 2]
    for each in replicas[:4]:
        await each.stop()
    assert loads[0].clusters == 0
    await asyncio.sleep(2)
    assert loads[1].clusters == 4
    for each in replicas[4:]:
        await each.stop()


@in_virtual_time
async def test_no_election_is_an_election_won() -> None:
    """With a store of its own a process leads from the start."""
    alone, terms = Alone("me"), []

    async def lead(term: Term) -> None:
        terms.append(alone.leading)
        assert alone.leading == term

    await alone.run(lead)
    assert terms == [Term(1)]
    assert alone.leading is None
    assert (alone.leader, alone.problem) == ("me", "")


def test_no_two_processes_have_one_name() -> None:
    """Not even those of one host."""
    assert new_identity() != new_identity()
