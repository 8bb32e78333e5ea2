"""Incidents from the first death to their end: the cause refined, the end seen, the message edited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from msgspec.structs import replace as replace_event

from bot.errors import ClusterUnreachable
from bot.incidents import circumstances, recovery, refining
from bot.incidents.unstored import Unstored
from bot.model.deaths import Death
from bot.model.events import Event, ObjectReference
from bot.model.incidents import IncidentId
from bot.model.messages import Message
from bot.model.pods import ObjectMeta, Owner, Pod
from bot.model.surroundings import JobEnd, OwnerState
from bot.model.tuning import Timings
from tests.support.clock import HeldClock, settle
from tests.support.deaths import a_death
from tests.support.findings import found
from tests.support.keepers import LastWords, Said, a_keeper, at_work
from tests.support.pods import READY, SCHEDULED, a_pod, at, crashed, running, waiting
from tests.support.reading import as_read
from tests.support.surroundings import HEALTHY, MemorySurroundings
from tests.support.waiting import eventually

WELL = a_pod(running(restarts=1), conditions=[SCHEDULED, READY])
JOB = Owner(kind="Job", name="report")


class Desk:
    """A running keeper with surroundings, and the pod that has the dead one's name."""

    def __init__(self) -> None:
        numbers = count()
        self.clock = HeldClock()
        self.around = MemorySurroundings()
        self.pod: Pod | None = a_pod(waiting(restarts=1))
        self.timings = Timings()
        self.taken_out: set[str] = set()
        """Namespaces that are not watched any more."""
        self.outbox = Said()
        self.keeper = a_keeper(
            store=Unstored(),
            outbox=self.outbox,
            source=LastWords("last words"),
            clock=self.clock,
            new_id=lambda: IncidentId(f"I{next(numbers)}"),
            surroundings=self.around,
            pods=lambda namespace, _name: self.pod if self.watches(namespace) else None,
            in_sync=self.watches,
            watches=self.watches,
            timings=lambda: self.timings,
        )

    def watches(self, namespace: str) -> bool:
        return namespace not in self.taken_out

    @property
    def said(self) -> Sequence[tuple[IncidentId, Message]]:
        """The incidents' own messages, without their threads."""
        return [(each.incident, each.message) for each in self.outbox.letters if each.incident is not None]

    async def dies(self, death: Death) -> None:
        await self.keeper.record(found(death))
        await settle(60)

    @property
    def causes(self) -> list[str]:
        return [message.text.split(" · ")[0] for _, message in self.said]

    def state(self) -> object:
        metadata = self.said[-1][1].metadata
        return metadata.payload["state"] if metadata else None

    @property
    def last(self) -> str:
        return as_read(self.said[-1][1])


@asynccontextmanager
async def a_desk() -> AsyncIterator[Desk]:
    desk = Desk()
    async with at_work(desk.keeper):
        yield desk


def killed(**changes: object) -> Death:
    return replace(a_death(exit_code=137, restarts=1), **changes)  # type: ignore[arg-type]  # fields of Death


KILLING = Event(
    metadata=ObjectMeta(name="event"),
    involved_object=ObjectReference(kind="Pod", uid="uid-1", field_path="spec.containers{app}"),
    reason="Killing",
    message="Container app failed liveness probe, will be restarted",
    first_timestamp=at(9),
    last_timestamp=at(9),
)


class TestCause:
    async def test_it_is_refined_before_anything_is_said(self) -> None:
        """One message, under the right cause from the start, with one look at the events."""
        async with a_desk() as desk:
            desk.around.found_events = [KILLING]
            await desk.dies(killed())
            assert desk.causes == ["LivenessFailed"]
            assert desk.around.asked.count("events") == 1

    async def test_a_cause_that_is_known_late_corrects_the_message(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Told as it looks when the events do not come; put right in place, without a second message."""
        monkeypatch.setattr(circumstances, "WAIT", 0.05)
        async with a_desk() as desk:
            desk.around.found_events = [KILLING]
            desk.around.failing_once, desk.around.failure = {"events"}, ClusterUnreachable("No answer.")
            desk.around.hanging = {"owner"}  # so that it is told before all is read
            await desk.dies(killed())
            await desk.clock.advance(1.1)
            await eventually(lambda: len(desk.said) == 2)
            assert desk.causes == ["Error", "LivenessFailed"]
            desk.around.hanging = set()
            await desk.dies(killed(id=replace(killed().id, restart=1), restarts=2, finished_at=at(10.5)))
            assert {key for key, _ in desk.said} == {"I0"}
            assert "1 pod died twice" in desk.last or "2 times" in desk.last

    async def test_a_correction_does_not_merge_two_incidents(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the right cause has an incident already, only the words are put right."""
        async with a_desk() as desk:
            desk.around.found_events = [KILLING]
            await desk.dies(killed())
            monkeypatch.setattr(refining, "REFINING_AT_ONCE", 0)
            await desk.dies(killed(id=replace(killed().id, restart=1), restarts=2, finished_at=at(10.5)))
            assert {key for key, _ in desk.said} == {"I0", "I1"}
            assert "liveness probe" in desk.last

    async def test_secrets_in_what_the_probe_got_are_masked_from_the_first_message_on(self) -> None:
        """Told before the rest is read."""
        failed = replace_event(
            KILLING, reason="Unhealthy", message="Liveness probe failed: password=hunter2 no"
        )
        async with a_desk() as desk:
            desk.around.found_events = [failed, KILLING]
            desk.around.hanging = {"owner"}
            await desk.dies(killed())
            await desk.clock.advance(1.1)
            assert "password=[masked]" in desk.last

    async def test_other_deaths_cost_no_such_request(self) -> None:
        """Only what a probe may have killed waits for its events."""
        async with a_desk() as desk:
            await desk.dies(a_death())
            assert desk.around.asked.index("owner") >= 0
            assert desk.around.asked.count("events") == 1, "for the evidence, after it was taken"


class TestRecovery:
    async def test_from_death_to_green(self) -> None:
        """A minute of Ready, one question to the owner, and the same message turns green."""
        async with a_desk() as desk:
            await desk.dies(a_death(restarts=1))
            desk.around.asked.clear()
            desk.pod = WELL
            await desk.clock.advance(59)
            assert desk.around.asked == []
            await desk.clock.advance(3)
            assert desk.around.asked == ["owner"]
            assert desk.state() == "recovered"
            assert "🟢 *Recovered · web · shop · prod-eu*" in desk.last
            assert "5 of 5 Ready since" in desk.last
            await desk.clock.advance(3_600)
            assert desk.around.asked == ["owner"]
            assert {key for key, _ in desk.said} == {"I0"}

    async def test_a_hold_down_that_changes_holds_for_what_is_open(self) -> None:
        """Longer than the usual one, and then shorter than what has passed."""
        async with a_desk() as desk:
            desk.timings = Timings(recovered=timedelta(minutes=10))
            await desk.dies(a_death(restarts=1))
            desk.pod = WELL
            await desk.clock.advance(300)
            assert desk.state() == "firing"
            desk.timings = Timings(recovered=timedelta(minutes=4))
            await desk.clock.advance(2)
            assert desk.state() == "recovered"

    async def test_while_it_is_broken_nothing_is_asked_or_said(self) -> None:
        """An hour of silence is an hour of silence."""
        async with a_desk() as desk:
            await desk.dies(a_death(restarts=1))
            desk.around.asked.clear()
            said = len(desk.said)
            await desk.clock.advance(3_600)
            assert (desk.around.asked, len(desk.said)) == ([], said)

    async def test_an_owner_short_of_pods_is_not_well(self) -> None:
        """The pod is Ready and its neighbour is not."""
        async with a_desk() as desk:
            await desk.dies(a_death(restarts=1))
            desk.pod, desk.around.state = WELL, replace(HEALTHY, ready=4)
            await desk.clock.advance(130)
            assert desk.state() == "firing"
            desk.around.state = HEALTHY
            await desk.clock.advance(130)
            assert desk.state() == "recovered"

    async def test_an_owner_that_cannot_be_asked_says_nothing(self) -> None:
        """A cluster that is away is no recovery."""
        async with a_desk() as desk:
            await desk.dies(a_death(restarts=1))
            desk.pod = WELL
            desk.around.failing, desk.around.failure = {"owner"}, ClusterUnreachable("No answer.")
            await desk.clock.advance(600)
            assert desk.state() == "firing"

    @pytest.mark.parametrize("step", ["looked", "judged", "of_owner"])
    async def test_a_mistake_of_ours_ends_nothing(self, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The incident stays open, and the next death is told as ever."""

        def stumble(*about: object) -> object:
            raise KeyError(about)

        monkeypatch.setattr(recovery, step, stumble)
        async with a_desk() as desk:
            await desk.dies(a_death(restarts=1))
            desk.pod = WELL
            await desk.clock.advance(62)
            assert desk.state() == "firing"
            await desk.dies(a_death(uid="uid-2", restarts=1, seconds=70))
            assert "2 pods died" in desk.last

    async def test_a_death_while_the_owner_is_asked_wins(self) -> None:
        """The answer was of a time before it."""
        async with a_desk() as desk:
            await desk.dies(a_death(restarts=1))
            desk.pod = WELL
            desk.around.hanging = {"owner"}
            await desk.clock.advance(62)
            await desk.keeper.record(found(a_death(restart=1, restarts=2, seconds=70)))
            await settle(60)
            assert desk.state() == "firing"

    async def test_it_reopens_for_what_comes_back_and_opens_anew_after_long(self) -> None:
        """What flaps is one story, what comes back the next day is another."""
        async with a_desk() as desk:
            await desk.dies(a_death(restarts=1))
            desk.pod = WELL
            await desk.clock.advance(62)
            await desk.dies(a_death(restart=1, restarts=2, seconds=600))
            assert [key for key, _ in desk.said][-1] == "I0"
            assert desk.state() == "firing"
            assert "Came back once" in desk.last
            desk.pod = a_pod(running(restarts=2), conditions=[SCHEDULED, READY])
            await desk.clock.advance(62)
            assert desk.state() == "recovered"
            assert "came back once" in desk.last
            await desk.dies(a_death(restart=2, restarts=3, seconds=86_400))
            assert [key for key, _ in desk.said][-1] == "I1"

    async def test_deleted_with_its_owner_is_gone(self) -> None:
        """Said as such: nothing has recovered."""
        async with a_desk() as desk:
            await desk.dies(a_death(restarts=1))
            desk.pod = desk.around.state = None
            await desk.clock.advance(62)
            assert desk.state() == "gone"
            assert "⚪ *Gone · web · shop · prod-eu*" in desk.last
            assert "deleted before it recovered" in desk.last


POD, WEB = Owner(kind="Pod", name="web"), Owner(kind="Deployment", name="web")


class TestNotWatchedAnyMore:
    @pytest.mark.parametrize("owner", [POD, WEB], ids=["bare-pod", "deployment"])
    async def test_it_is_called_over_in_honest_words(self, owner: Owner) -> None:
        """Neither recovered nor gone: nobody looks. Not even a well owner is taken at its word."""
        async with a_desk() as desk:
            await desk.dies(killed(owner=owner))
            desk.taken_out = {"shop"}
            desk.around.asked.clear()
            await desk.clock.advance(600)
            assert (desk.state(), desk.around.asked) == ("firing", [])
            desk.keeper.unwatched(["shop"])
            await desk.clock.advance(2)
            assert desk.state() == "gone"
            assert "Not watched any more · web · shop · prod-eu" in desk.last
            assert "podbot does not watch its namespace any more, and did not see it end · " in desk.last
            assert "1 death" in desk.last
            assert "lasted" not in desk.last

    async def test_what_is_said_of_being_ready_is_taken_back(self) -> None:
        """It was not followed for long enough to be called recovered, and will not be."""
        async with a_desk() as desk:
            desk.pod = WELL
            await desk.dies(killed(owner=POD))
            await desk.clock.advance(20)
            assert "Ready again since" in desk.last
            desk.taken_out = {"shop"}
            await desk.clock.advance(2)
            assert "Ready again since" not in desk.last

    async def test_elsewhere_all_goes_on(self) -> None:
        """What is watched recovers as ever."""
        async with a_desk() as desk:
            desk.taken_out = {"payments"}
            await desk.dies(killed())
            desk.keeper.unwatched(["payments"])
            desk.pod = WELL
            await desk.clock.advance(70)
            assert desk.state() == "recovered"

    async def test_what_is_put_back_in_time_goes_on(self) -> None:
        """As if nothing had been."""
        async with a_desk() as desk:
            await desk.dies(killed())
            desk.taken_out = {"shop"}
            await desk.clock.advance(600)
            desk.taken_out, desk.pod = set(), WELL
            await desk.clock.advance(70)
            assert desk.state() == "recovered"


class TestJobs:
    async def test_one_that_gives_up_pages(self) -> None:
        """Yellow while it tries again, red when it has failed; then it is rarely asked about."""
        async with a_desk() as desk:
            job = OwnerState(owner=JOB, desired=1, present=0, ready=0, tries_allowed=3, failed_tries=1)
            desk.around.state = job
            desk.pod = a_pod(crashed(), phase="Failed", uid="uid-1")
            await desk.dies(a_death(owner=JOB))
            assert "🟡" in desk.last
            assert "job/report allows 3 tries, 1 failed so far" in desk.last
            desk.around.state = replace(job, job_end=JobEnd.FAILED, job_reason="BackoffLimitExceeded")
            await desk.clock.advance(30)
            assert "🔴" in desk.last
            assert "The Job has given up: BackoffLimitExceeded" in desk.last
            desk.around.asked.clear()
            await desk.clock.advance(3_600)
            assert 10 <= len(desk.around.asked) <= 16
            assert {key for key, _ in desk.said} == {"I0"}

    async def test_one_that_succeeds_recovers(self) -> None:
        """The next try made it."""
        async with a_desk() as desk:
            job = OwnerState(owner=JOB, desired=1, present=0, ready=0, tries_allowed=3, failed_tries=1)
            desk.around.state = job
            desk.pod = a_pod(crashed(), phase="Failed", uid="uid-1")
            await desk.dies(a_death(owner=JOB))
            desk.around.state = replace(job, job_end=JobEnd.COMPLETE)
            await desk.clock.advance(30)
            assert desk.state() == "recovered"
            assert "Job complete since" in desk.last


async def test_a_mistake_about_events_leaves_the_death_as_it_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told all the same, and the keeper goes on."""

    def stumble(*_: object) -> Death:
        raise KeyError("an event nobody thought of")

    async with a_desk() as desk:
        monkeypatch.setattr(circumstances, "refined", stumble)
        await desk.dies(killed())
        await desk.clock.advance(3)
        assert len({incident for incident, _ in desk.said}) == 1
