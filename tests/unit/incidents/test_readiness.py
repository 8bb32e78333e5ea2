"""What may be told of an incident that is not over: Ready again is only what fulfils the rule of recovery."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.incidents import engine, readiness, recovery, recovery_of_many
from bot.incidents.recovery import Following
from bot.model.deaths import Cause, Death
from bot.model.pods import Owner, Pod
from bot.model.tuning import Timings
from tests.support.deaths import a_death, a_pods_death
from tests.support.pods import READY, SCHEDULED, a_pod, at, condition, crashed, running, waiting
from tests.support.surroundings import HEALTHY

BARE = Owner(kind="Pod", name="toolbox")
JOB = Owner(kind="Job", name="report")
WELL = a_pod(running(restarts=1), conditions=[SCHEDULED, READY])
SICK = a_pod(waiting(restarts=1), conditions=[SCHEDULED, condition("Ready", "False")])
OVER = a_pod(crashed(), phase="Failed")
DONE = a_pod(crashed(exit_code=0), phase="Succeeded")
GOING = a_pod(running(restarts=1), conditions=[SCHEDULED, READY], deleted=0)


class Story:
    """Looks at one pod and its owner, a second apart."""

    def __init__(self, death: Death | None = None, timings: Timings | None = None) -> None:
        self.death = death or a_death(restarts=1)
        self.timings = timings or Timings()
        self.key = engine.key_of(self.death)
        self.following: Following = recovery.followed(None, self.death)
        self.seconds = 0

    def sees(self, pod: Pod | None, *, complete: bool = False, seconds: int = 1) -> datetime | None:
        """Since when it is told to be Ready after looking at this for so long."""
        for _ in range(seconds):
            self.seconds += 1
            now, pods = at(self.seconds), dict.fromkeys(self.following.subjects, pod)
            self.following = recovery.looked(self.following, pods, now)
            self.following = readiness.with_readiness(self.key, self.following, pods, now, complete=complete)
        return readiness.told_ready(self.key, self.following, at(self.seconds), self.timings)

    @property
    def calm(self) -> timedelta:
        """For how long the hold-down has lasted."""
        assert self.following.calm_since is not None
        return at(self.seconds) - self.following.calm_since


@pytest.mark.parametrize("pod", [WELL, SICK, OVER, DONE, GOING, None])
def test_an_owner_that_lacks_a_pod_is_not_ready(pod: Pod | None) -> None:
    """Whatever became of the one that died: it may be well, and its neighbour not."""
    assert Story().sees(pod, seconds=3_600) is None


@pytest.mark.parametrize("cause", [Cause.ERROR, Cause.DELETED, Cause.NODE_LOST, Cause.EVICTED])
@pytest.mark.parametrize("pod", [SICK, OVER, DONE, GOING, None])
def test_a_bare_pod_that_is_gone_is_not_ready(cause: Cause, pod: Pod | None) -> None:
    """Nothing will recreate it, however calm it is."""
    for complete in (False, True):
        assert Story(a_death(cause, owner=BARE)).sees(pod, complete=complete, seconds=600) is None


def test_a_bare_pod_is_ready_once_somebody_has_made_it_again() -> None:
    """By what has its name."""
    story = Story(a_pods_death(Cause.DELETED, owner=BARE))
    assert story.sees(None, seconds=600) is None
    assert story.sees(a_pod(running(), uid="uid-2", conditions=[READY]), seconds=11) == at(601)


@pytest.mark.parametrize(
    "death",
    [
        pytest.param(a_death(owner=JOB), id="a-job-is-to-end"),
        pytest.param(a_pods_death(Cause.STUCK_TERMINATING), id="this-one-is-to-be-gone"),
    ],
)
def test_what_is_not_meant_to_be_ready_is_never_told_so(death: Death) -> None:
    """It is over at once when it is over."""
    assert Story(death).sees(GOING, complete=True, seconds=600) is None
    assert Story(death).sees(WELL, complete=True, seconds=600) is None


def test_ready_in_full_number_is_told_once_it_has_held_for_a_moment() -> None:
    """With the time at which it began."""
    story = Story()
    assert story.sees(WELL, complete=True, seconds=10) is None
    assert story.sees(WELL, complete=True) == at(1)
    assert story.sees(WELL, complete=True, seconds=40) == at(1)
    assert story.sees(WELL, complete=False) is None


@pytest.mark.parametrize("runs_for", [3, 20, 45])
def test_a_crash_loop_is_not_ready_between_two_restarts(runs_for: int) -> None:
    """Not for as long as the last run lasted: it may well die the same way."""
    story = Story()
    for restarts in range(1, 8):
        death = a_death(restart=restarts, seconds=story.seconds, restarts=restarts)
        death = replace(death, started_at=at(story.seconds - runs_for))
        story.following = recovery.followed(story.following, death)
        assert story.sees(SICK, seconds=30) is None
        up = a_pod(running(restarts=restarts + 1), conditions=[SCHEDULED, READY])
        for _ in range(runs_for):
            assert story.sees(up, complete=True) is None


def test_with_it_the_hold_down_begins_anew() -> None:
    """An evicted pod is calm at once; what takes its place has to be Ready for the whole of it."""
    story = Story(a_pods_death(Cause.EVICTED))
    story.sees(OVER, seconds=55)
    assert story.calm == timedelta(seconds=54)
    assert story.sees(OVER, complete=True, seconds=11) == at(56)
    assert story.calm == timedelta(seconds=10)
    story.sees(OVER, complete=False)
    assert story.calm == timedelta(), "and once more where one of the others goes"


def test_an_owner_that_says_otherwise_is_believed() -> None:
    """Until the watch itself has shown that something was missing."""
    story = Story()
    assert story.sees(WELL, complete=True, seconds=61) == at(1)
    asked = recovery.asked(story.following, story.key, at(61), story.timings)
    story.following = readiness.contradicted(asked)
    assert story.sees(WELL, complete=True, seconds=600) is None
    assert story.following.asked == 1, "nor is it asked more often for that"
    story.sees(WELL, complete=False)
    assert story.sees(WELL, complete=True, seconds=11) is not None


def test_a_hold_down_that_is_shorter_than_a_moment_is_no_longer_for_that() -> None:
    """Who calls it recovered after so little is told as soon."""
    story = Story(timings=Timings(recovered=timedelta(seconds=4)))
    assert story.sees(WELL, complete=True, seconds=5) == at(1)


@pytest.mark.parametrize(
    ("changes", "ready", "complete"),
    [
        pytest.param({}, 5, True, id="all"),
        pytest.param({}, 6, True, id="more-in-a-rollout"),
        pytest.param({}, 4, False, id="one-short"),
        pytest.param({"up_to_date": False}, 5, False, id="of-an-older-specification"),
        pytest.param({"terminating": True}, 5, False, id="on-its-way-out"),
        pytest.param({"desired": 0}, 0, False, id="wants-none"),
    ],
)
def test_when_an_owner_has_what_it_wants(changes: dict[str, int], ready: int, complete: bool) -> None:
    """Scaled to zero, it has nothing that could be Ready."""
    owner = replace(HEALTHY, **changes)  # type: ignore[arg-type]  # fields of OwnerState
    assert readiness.is_complete(owner, ready) is complete


def test_of_several_workloads_all_have_to_be_ready() -> None:
    """Since the last one was; not where one is not followed, or is a bare pod that went, too."""
    ready = Story(a_pods_death(Cause.NODE_LOST))
    ready.sees(None, complete=True, seconds=20)
    gone = Story(a_pods_death(Cause.NODE_LOST, owner=BARE))
    gone.sees(None, seconds=20)
    key, now, timings = ready.key, at(20), Timings()
    told = recovery_of_many.told_ready
    assert told(key, (ready.following,), 1, now, timings) == at(1)
    assert told(key, (ready.following,), 2, now, timings) is None
    assert told(key, (ready.following, gone.following), 2, now, timings) is None
    assert told(key, (), 0, now, timings) is None
