"""What a message says of now: as true as the watch, from the first word to the recovery."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from msgspec.structs import replace as replace_pod

from bot.errors import ClusterUnreachable
from bot.incidents.acts import Act, ActRefusal, ActResult
from bot.model.deaths import Cause, Death
from bot.model.incident_commands import ResolveIncident
from bot.model.incidents import IncidentId, IncidentState
from bot.model.letters import Letter
from bot.model.pods import Owner, OwnerReference, Pod, PodUid
from tests.support.clock import HeldClock, settle
from tests.support.deaths import a_death, a_pods_death
from tests.support.findings import found
from tests.support.incidents import BOB
from tests.support.keepers import LastingStore, Said, a_keeper, at_work
from tests.support.pods import (
    DEPLOYMENT,
    READY,
    SCHEDULED,
    Built,
    a_pod,
    at,
    condition,
    crashed,
    ended,
    running,
    waiting,
)
from tests.support.reading import as_read
from tests.support.surroundings import HEALTHY, MemorySurroundings

DESIRED = 5
BARE = Owner(kind="Pod", name="toolbox")


class Desk:
    """A running keeper, the pods of the mirror, and an owner whose status lags behind them."""

    def __init__(self, clock: HeldClock | None = None, store: LastingStore | None = None) -> None:
        numbers = count()
        self.clock = clock or HeldClock()
        self.store = store or LastingStore()
        self.around = MemorySurroundings()
        self.pods: dict[str, Pod] = {}
        self.in_sync = True
        self.outbox = Said()
        self.keeper = a_keeper(
            store=self.store,
            outbox=self.outbox,
            clock=self.clock,
            new_id=lambda: IncidentId(f"I{next(numbers)}"),
            surroundings=self.around,
            pods=lambda _namespace, name: self.pods.get(name),
            every_pod=self.pods.values,
            in_sync=lambda _: self.in_sync,
        )
        for number in range(1, DESIRED + 1):
            self.has(number, running())

    @property
    def letters(self) -> Sequence[Letter]:
        """The incidents' own messages, without their threads."""
        return [each for each in self.outbox.letters if each.incident is not None]

    def has(
        self,
        number: int,
        built: Built,
        *,
        owner: OwnerReference | None = DEPLOYMENT,
        uid: str = "",
        name: str = "",
        created: float = 0,
    ) -> None:
        """Have the watch show a pod of web like this."""
        ready = READY if built.status.ready else condition("Ready", "False")
        name = name or f"web-7d4b9c-uid-{number}"
        pod = a_pod(built, name=name, uid=uid or f"uid-{number}", owner=owner, conditions=[SCHEDULED, ready])
        self.pods[name] = replace_pod(pod, metadata=replace_pod(pod.metadata, creation_timestamp=at(created)))

    async def dies(self, death: Death | None = None) -> None:
        death = death or a_death(restarts=1, restart=1, seconds=self.clock.monotonic())
        await self.keeper.record(found(death))
        await settle(60)

    async def resolves(self, *, force: bool = False) -> ActResult:
        command = ResolveIncident(incident=IncidentId("I0"), force=force)
        return await self.keeper.act(Act(command=command, by=BOB, at=self.clock.now()))

    @property
    def first(self) -> str:
        return as_read(self.letters[0].message)

    @property
    def last(self) -> str:
        return as_read(self.letters[-1].message)

    def state(self, incident_id: str = "I0") -> IncidentState:
        incident = self.keeper.incident(IncidentId(incident_id))
        assert incident is not None
        return incident.state


@asynccontextmanager
async def a_desk(before: Desk | None = None) -> AsyncIterator[Desk]:
    """With `before`, the next life of that one: as it begins, nothing of the cluster has been seen."""
    desk = Desk(before.clock, before.store) if before is not None else Desk()
    if before is not None:
        await desk.keeper.begin()
        desk.in_sync = False
        desk.pods.clear()
    async with at_work(desk.keeper):
        await desk.clock.advance(60)
        yield desk


def held_back(delay: str, at: float = 60) -> Built:
    message = f"back-off {delay} restarting failed container=app pod=web_shop(uid-1)"
    return waiting(message=message, restarts=6, last=ended(1, at=at))


class TestCounting:
    async def test_the_first_message_counts_what_the_watch_shows(self) -> None:
        """The owner's own status is of the moment before the death, and says 5 of 5."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            assert "1 of 5 pods died" in desk.first
            assert "deployment/web: 4 of 5 Ready" in desk.first
            assert len(desk.letters) == 1

    async def test_it_stays_true(self) -> None:
        """Within seconds of what happens to the pods, and with no word while nothing does."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            desk.has(2, waiting())
            await desk.clock.advance(4)
            assert "deployment/web: 3 of 5 Ready" in desk.last
            desk.has(1, running(restarts=2))
            desk.has(2, running())
            await desk.clock.advance(4)
            assert "deployment/web: 5 of 5 Ready" in desk.last
            said = len(desk.letters)
            desk.around.state = replace(HEALTHY, ready=4)
            desk.has(2, waiting())
            await desk.clock.advance(4)
            assert "deployment/web: 4 of 5 Ready" in desk.last
            await desk.clock.advance(1_800)
            assert len(desk.letters) == said + 1

    async def test_what_comes_and_goes_by_the_second_is_not_told_one_by_one(self) -> None:
        """A message is changed every few seconds at most."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            for number in range(30):
                desk.has(2, running() if number % 2 else waiting())
                await desk.clock.advance(1)
            assert len(desk.letters) <= 1 + 30 / 3

    async def test_a_death_makes_the_count_out_of_date(self) -> None:
        """Nothing is said of before; what is now is said a second later."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            desk.has(1, running(restarts=2))
            await desk.clock.advance(5)
            assert "5 of 5 Ready" in desk.last
            desk.has(1, crashed(at=65, restarts=2))
            before = len(desk.letters)
            await desk.dies(a_death(restart=2, restarts=2, seconds=65))
            await desk.clock.advance(1)
            later = [as_read(each.message) for each in desk.letters[before:]]
            assert not any("5 of 5 Ready" in each for each in later)
            assert "1 of 5 pods died 2 times" in desk.last
            assert "4 of 5 Ready" in desk.last

    async def test_while_the_cluster_is_not_watched_the_time_is_told(self) -> None:
        """What was counted may have changed since, and nothing is Ready again by that."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            await desk.clock.advance(10)
            desk.in_sync = False
            await desk.clock.advance(2)
            assert "deployment/web: 4 of 5 Ready at 14:01:10, not seen since" in desk.last
            await desk.clock.advance(120)
            desk.in_sync = True
            desk.has(1, running(restarts=1))
            await desk.clock.advance(5)
            assert "deployment/web: 5 of 5 Ready\n" in desk.last
            await desk.clock.advance(8)
            assert "Ready again" in desk.last
            desk.in_sync = False
            await desk.clock.advance(2)
            assert "Ready again" not in desk.last

    async def test_what_was_counted_in_the_life_before_tells_no_later_time(self) -> None:
        """A keeper begins before the first listing is complete, and has not seen what it took up."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            await desk.clock.advance(5)
            assert "deployment/web: 4 of 5 Ready\n" in desk.last
        await desk.clock.advance(600)
        async with a_desk(before=desk) as again:
            assert "deployment/web: 4 of 5 Ready at 14:01:00, not seen since" in again.last
            assert len(again.letters) == 1

    async def test_what_has_not_changed_for_long_was_seen_until_the_watch_was_lost(self) -> None:
        """The time is that of the last look at all of it, not of the count that the message was made from."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            await desk.clock.advance(600)
            desk.in_sync = False
            await desk.clock.advance(30)
            assert "deployment/web: 4 of 5 Ready at 14:11:00, not seen since" in desk.last

    async def test_an_owner_that_is_scaled_is_read_again(self) -> None:
        """Its pods tell that it was; without them it is read now and then."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            desk.around.state = replace(HEALTHY, desired=7)
            await desk.clock.advance(301)
            assert "4 of 7 Ready" in desk.last
            desk.around.state = replace(HEALTHY, desired=8)
            desk.has(6, running())
            await desk.clock.advance(5)
            assert "5 of 8 Ready" in desk.last

    @pytest.mark.parametrize("answers", [True, False])
    async def test_what_it_costs_is_bounded(self, answers: bool) -> None:
        """An owner that never has as many pods as it wants, or cannot be read."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            del desk.pods["web-7d4b9c-uid-5"]
            await desk.dies()
            desk.around.asked.clear()
            if not answers:
                desk.around.failing, desk.around.failure = {"owner"}, ClusterUnreachable("No answer.")
            await desk.clock.advance(3_600)
            assert 5 <= desk.around.asked.count("owner") <= 20

    async def test_a_rollout_says_how_many_there_are(self) -> None:
        """Six pods for five that are wanted."""
        async with a_desk() as desk:
            desk.has(6, crashed(at=60))
            await desk.dies(a_death(uid="uid-6", seconds=60))
            assert "1 of 6 pods died" in desk.first
            assert "deployment/web: 5 of 6 pods Ready, 5 wanted" in desk.first


class TestBackOff:
    async def test_a_crash_loop_says_when_it_is_tried_again(self) -> None:
        """As a time, which stays true; and no more once it runs."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            assert "CrashLoopBackOff" not in desk.last
            desk.has(1, held_back("2m40s"))
            await desk.clock.advance(4)
            assert "In CrashLoopBackOff, restarted 6 times so far, next try about 14:03:40" in desk.last
            desk.has(1, running(restarts=7))
            await desk.clock.advance(4)
            assert "CrashLoopBackOff" not in desk.last

    async def test_what_the_death_itself_said_of_it_is_not_said_for_ever(self) -> None:
        """Its container may run by now."""
        async with a_desk() as desk:
            desk.has(1, running(restarts=1), owner=None, name="toolbox", uid="bare")
            await desk.dies(a_death(uid="bare", owner=BARE, pod="toolbox", crash_looping=True, restarts=3))
            assert "In CrashLoopBackOff, restarted 3 times so far" in desk.first
            await desk.clock.advance(2)
            assert "CrashLoopBackOff" not in desk.last


class TestReadyAgain:
    async def test_it_is_told_and_then_called_recovered_as_promised(self) -> None:
        """Since it began; a minute after that, and not sooner."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            await desk.clock.advance(10)
            desk.has(1, running(restarts=2))
            await desk.clock.advance(13)
            assert "Ready again since 14:01:12; called recovered after 1 min" in desk.last
            await desk.clock.advance(40)
            assert desk.state() is IncidentState.FIRING
            await desk.clock.advance(12)
            assert desk.state() is IncidentState.RECOVERED
            assert "5 of 5 Ready since 14:01:12" in desk.last

    async def test_a_pod_that_was_replaced_is_ready_by_its_successor(self) -> None:
        """For the whole hold-down, from when that one was Ready."""
        async with a_desk() as desk:
            del desk.pods["web-7d4b9c-uid-1"]
            desk.has(9, running(ready=False))
            await desk.dies(a_pods_death(Cause.EVICTED, seconds=60))
            await desk.clock.advance(45)
            assert "Ready again" not in desk.last
            desk.has(9, running())
            await desk.clock.advance(14)
            assert "Ready again since 14:01:4" in desk.last
            await desk.clock.advance(30)
            assert desk.state() is IncidentState.FIRING
            await desk.clock.advance(20)
            assert desk.state() is IncidentState.RECOVERED

    async def test_an_owner_that_lacks_a_pod_is_not_ready_again(self) -> None:
        """However well what died is; and it is not closed without insisting."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            desk.has(2, waiting())
            desk.around.state = replace(HEALTHY, ready=4)
            await desk.dies()
            desk.has(1, running(restarts=2))
            await desk.clock.advance(300)
            assert "Ready again" not in desk.last
            assert "4 of 5 Ready" in desk.last
            refused = await desk.resolves()
            assert (refused.refusal, refused.words) == (ActRefusal.STILL_FAILING, "4 of 5 Ready")

    async def test_a_crash_loop_is_not_ready_again_between_two_restarts(self) -> None:
        """Every ten seconds it runs for five."""
        async with a_desk() as desk:
            for restarts in range(1, 8):
                now = desk.clock.monotonic()
                desk.has(1, crashed(at=now, restarts=restarts))
                await desk.dies(a_death(restart=restarts, restarts=restarts, seconds=now))
                await desk.clock.advance(5)
                desk.has(1, running(restarts=restarts + 1))
                await desk.clock.advance(5)
                assert (await desk.resolves()).refusal is ActRefusal.STILL_FAILING
            assert not any("Ready again" in as_read(each.message) for each in desk.letters)

    @pytest.mark.parametrize(
        "owner", [BARE, Owner(kind="Prometheus", name="toolbox")], ids=["bare", "of-an-operators-kind"]
    )
    async def test_what_is_judged_by_its_pods_is_not_over_while_they_are_not_watched(
        self, owner: Owner
    ) -> None:
        """Ready when it was seen last, it may have died since: it has to be seen for the hold-down."""
        async with a_desk() as desk:
            desk.has(1, running(restarts=1), owner=None, name="toolbox", uid="bare")
            await desk.dies(a_death(uid="bare", owner=owner, pod="toolbox", restarts=1, seconds=60))
            await desk.clock.advance(30)
            assert "Ready again" in desk.last
            desk.in_sync = False
            await desk.clock.advance(120)
            assert desk.state() is IncidentState.FIRING
            assert "Ready again" not in desk.last
            assert (await desk.resolves()).refusal is ActRefusal.STILL_FAILING
            desk.in_sync = True
            await desk.clock.advance(55)
            assert desk.state() is IncidentState.FIRING
            assert "Ready again since 14:03:3" in desk.last
            await desk.clock.advance(10)
            assert desk.state() is IncidentState.RECOVERED

    async def test_what_was_never_seen_since_a_restart_is_not_gone(self) -> None:
        """As the watch begins, no pod is known: neither a bare nor a stuck one has gone by that."""
        async with a_desk() as desk:
            desk.has(1, running(restarts=1), owner=None, name="toolbox", uid="bare")
            await desk.dies(a_death(uid="bare", owner=BARE, pod="toolbox", restarts=1, seconds=60))
            stuck = a_pods_death(Cause.STUCK_TERMINATING, uid="uid-2", seconds=60)
            desk.has(2, running())
            await desk.dies(stuck)
            await desk.clock.advance(30)
        async with a_desk(before=desk) as again:
            await again.clock.advance(120)
            assert again.state() is IncidentState.FIRING
            assert again.state("I1") is IncidentState.FIRING

    async def test_a_bare_pod_that_is_gone_is_never_ready_again(self) -> None:
        """And it is not closed without insisting, and saying so."""
        async with a_desk() as desk:
            await desk.dies(a_pods_death(Cause.DELETED, uid="bare", owner=BARE, pod="toolbox"))
            await desk.clock.advance(1_560)
            assert not any("Ready again" in as_read(each.message) for each in desk.letters)
            assert (await desk.resolves()).refusal is ActRefusal.STILL_FAILING
            assert (await desk.resolves(force=True)).refusal is None
            assert "while still failing" in desk.last

    async def test_a_node_that_took_a_bare_pod_with_it_is_not_ready_again(self) -> None:
        """Its other workloads are; at the end what is gone for good is named first."""
        async with a_desk() as desk:
            lost = a_pods_death(Cause.NODE_LOST, uid="uid-1", seconds=60)
            del desk.pods["web-7d4b9c-uid-1"]
            desk.has(9, running(), created=61)
            await desk.dies(lost)
            toolbox = replace(lost, id=replace(lost.id, uid=PodUid("bare")), owner=BARE, namespace="tools")
            await desk.dies(toolbox)
            await desk.clock.advance(40)
            assert "replacements: 1 Ready" in desk.last
            assert "Gone for good, nothing recreates it: toolbox (tools)" in desk.last
            await desk.clock.advance(120)
            assert not any("Ready again" in as_read(each.message) for each in desk.letters)
            assert desk.state() is IncidentState.GONE
            ends = "toolbox (tools) is gone for good, nothing recreates it; 1 of 2 workloads Ready"
            assert ends in desk.last

    async def test_an_owner_that_contradicts_the_watch_is_believed(self) -> None:
        """What was told is taken back, and it is not asked more often for that."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            desk.has(1, running(restarts=2))
            await desk.clock.advance(30)
            assert "Ready again" in desk.last
            desk.around.state = replace(HEALTHY, ready=4)
            await desk.clock.advance(45)
            assert "Ready again" not in desk.last
            desk.around.state = HEALTHY
            await desk.clock.advance(timedelta(minutes=6).total_seconds())
            assert desk.state() is IncidentState.RECOVERED

    async def test_an_owner_that_could_not_be_asked_has_contradicted_nothing(self) -> None:
        """What was told stays, and it is over since then once the owner answers."""
        async with a_desk() as desk:
            desk.has(1, crashed(at=60))
            await desk.dies()
            desk.has(1, running(restarts=2))
            await desk.clock.advance(30)
            assert "Ready again since 14:01:02" in desk.last
            desk.around.failing, desk.around.failure = {"owner"}, ClusterUnreachable("No answer.")
            desk.around.asked.clear()
            await desk.clock.advance(45)
            assert "owner" in desk.around.asked
            assert "Ready again since 14:01:02" in desk.last
            desk.around.failing.clear()
            await desk.clock.advance(120)
            assert desk.state() is IncidentState.RECOVERED
            assert "5 of 5 Ready since 14:01:02" in desk.last
