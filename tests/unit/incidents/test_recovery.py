"""When an incident is over, and when it only looks so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.incidents import engine, recovery
from bot.incidents.recovery import Following, Verdict
from bot.model.deaths import Cause, Death
from bot.model.pods import Owner, Pod, PodUid
from bot.model.surroundings import JobEnd, OwnerState
from bot.model.tuning import Timings
from tests.support.deaths import a_death, a_pods_death
from tests.support.pods import READY, SCHEDULED, a_pod, at, condition, crashed, running, waiting

WELL = a_pod(running(restarts=1), conditions=[SCHEDULED, READY])
UNREADY = condition("Ready", "False")
SICK = a_pod(waiting(restarts=1), conditions=[SCHEDULED, UNREADY])
WEB = OwnerState(owner=Owner(kind="Deployment", name="web"), desired=5, present=5, ready=5)
REPLACED = a_pod(running(), uid="uid-2", conditions=[READY])
BARE = Owner(kind="Pod", name="toolbox")


class Story:
    """Looks at one pod, a second apart."""

    def __init__(self, death: Death | None = None, timings: Timings | None = None) -> None:
        self.death = death or a_death(restarts=1)
        self.timings = timings or Timings()
        self.key = engine.key_of(self.death)
        self.following: Following = recovery.followed(None, self.death)
        self.seconds = 0.0

    def sees(self, pod: Pod | None, *, seconds: float = 1) -> Verdict:
        """The verdict after looking at this pod for so long, once a second."""
        verdict = Verdict.WAIT
        for _ in range(int(seconds)):
            self.seconds += 1
            pods = dict.fromkeys(self.following.subjects, pod)
            self.following = recovery.looked(self.following, pods, at(self.seconds))
            judged = recovery.judged(self.key, self.following, pods, at(self.seconds), self.timings)
            verdict = judged.verdict
        return verdict

    def is_asked_in_vain(self) -> None:
        """The owner is not well yet."""
        self.following = recovery.asked(self.following, self.key, at(self.seconds), self.timings)


def test_ready_for_the_hold_down_then_the_owner_is_asked() -> None:
    """Not a second before: the owner costs a request."""
    story = Story()
    assert story.sees(SICK, seconds=100) is Verdict.WAIT
    assert story.sees(WELL, seconds=60) is Verdict.WAIT
    assert story.sees(WELL) is Verdict.ASK_OWNER


def test_one_that_flaps_is_not_well() -> None:
    """The hold-down begins anew whenever it is not Ready."""
    story = Story()
    for _ in range(10):
        assert story.sees(WELL, seconds=55) is Verdict.WAIT
        assert story.sees(SICK) is Verdict.WAIT


def test_a_restart_in_between_is_no_recovery() -> None:
    """Ready at every look, and yet it died: the count says so."""
    story = Story()
    story.sees(WELL, seconds=50)
    again = a_pod(running(restarts=2), conditions=[SCHEDULED, READY])
    assert story.sees(again, seconds=60) is Verdict.WAIT
    assert story.sees(again) is Verdict.ASK_OWNER


def test_another_death_begins_the_hold_down_anew() -> None:
    """Of whichever pod of the workload."""
    story = Story()
    story.sees(WELL, seconds=50)
    story.following = recovery.followed(story.following, a_death(uid="uid-2", restarts=1))
    assert story.sees(WELL, seconds=60) is Verdict.WAIT


def test_a_pod_that_is_being_deleted_leaves_it_to_its_owner() -> None:
    """Ready until it is gone, it counts for nothing; on a lost node it goes on terminating for ever."""
    going = a_pod(running(restarts=1), conditions=[SCHEDULED, READY], deleted=0)
    assert Story().sees(going, seconds=61) is Verdict.ASK_OWNER
    assert Story(a_death(owner=BARE)).sees(going, seconds=120) is Verdict.WAIT


def test_deletion_is_not_recovery_the_owner_decides() -> None:
    """Gone is calm, and no more than that."""
    story = Story()
    assert story.sees(None, seconds=61) is Verdict.ASK_OWNER
    assert recovery.of_owner(replace(WEB, ready=4)).verdict is Verdict.WAIT


@pytest.mark.parametrize(
    ("owner", "verdict", "words"),
    [
        pytest.param(WEB, Verdict.RECOVERED, "5 of 5 Ready", id="all-ready"),
        pytest.param(replace(WEB, ready=4), Verdict.WAIT, "", id="one-short"),
        pytest.param(replace(WEB, up_to_date=False), Verdict.WAIT, "", id="status-of-an-older-spec"),
        pytest.param(replace(WEB, terminating=True), Verdict.WAIT, "", id="being-deleted"),
        pytest.param(None, Verdict.GONE, "deleted before it recovered", id="deleted"),
        pytest.param(
            replace(WEB, desired=0, present=0, ready=0),
            Verdict.GONE,
            "scaled to zero before it recovered",
            id="scaled-to-zero",
        ),
    ],
)
def test_what_the_owner_says(owner: OwnerState | None, verdict: Verdict, words: str) -> None:
    """Well is only who has what it wants."""
    judgement = recovery.of_owner(owner)
    assert (judgement.verdict, judgement.words) == (verdict, words)


@pytest.mark.parametrize(
    ("end", "verdict"),
    [
        pytest.param(None, Verdict.WAIT, id="trying-again"),
        pytest.param(JobEnd.COMPLETE, Verdict.RECOVERED, id="complete"),
        pytest.param(JobEnd.FAILED, Verdict.ESCALATE, id="failed"),
    ],
)
def test_a_job_recovers_by_succeeding(end: JobEnd | None, verdict: Verdict) -> None:
    """And pages when it gives up."""
    owner = Owner(kind="Job", name="report")
    job = OwnerState(
        owner=owner, desired=1, present=0, ready=0, job_end=end, job_reason="BackoffLimitExceeded"
    )
    story = Story(a_death(owner=owner))
    assert story.sees(a_pod(crashed(), phase="Failed"), seconds=6) is Verdict.ASK_OWNER
    assert recovery.of_owner(job).verdict is verdict


def test_an_owner_with_nothing_to_say_is_left_in_peace() -> None:
    """Asked after one minute, then two, four, and every five."""
    story = Story()
    asked = []
    for _ in range(3_600):
        if story.sees(WELL) is Verdict.ASK_OWNER:
            asked.append(story.seconds)
            story.is_asked_in_vain()
    pauses = [round(b - a) for a, b in pairwise(asked)]
    assert pauses[:4] == [60, 120, 240, 300]
    assert set(pauses[4:]) == {300}


def test_nothing_is_well_since_before_the_owner_was_asked_in_vain() -> None:
    """An evicted pod is calm at once, but what takes its place may not be Ready for long."""
    story = Story()
    assert story.sees(a_pod(crashed(), phase="Failed")) is Verdict.WAIT
    assert story.sees(a_pod(crashed(), phase="Failed"), seconds=60) is Verdict.ASK_OWNER
    story.is_asked_in_vain()
    assert story.following.calm_since == at(story.seconds)
    assert story.sees(a_pod(crashed(), phase="Failed"), seconds=60) is Verdict.ASK_OWNER


class TestBarePods:
    """They are their own owner; nobody can be asked."""

    @pytest.mark.parametrize(
        ("pod", "verdict"),
        [
            pytest.param(WELL, Verdict.RECOVERED, id="ready-again"),
            pytest.param(REPLACED, Verdict.RECOVERED, id="anew"),
            pytest.param(a_pod(crashed(exit_code=0), phase="Succeeded"), Verdict.RECOVERED, id="succeeded"),
            pytest.param(a_pod(crashed(), phase="Failed"), Verdict.WAIT, id="failed-for-good"),
            pytest.param(None, Verdict.GONE, id="deleted"),
        ],
    )
    def test_their_end(self, pod: Pod | None, verdict: Verdict) -> None:
        """By what has their name now."""
        assert Story(a_death(owner=BARE)).sees(pod, seconds=70) is verdict

    def test_one_that_was_deleted_stays_so_until_it_is_back(self) -> None:
        """There is nothing to see of it, and that is the incident."""
        story = Story(a_pods_death(Cause.DELETED, owner=BARE))
        assert story.sees(None, seconds=600) is Verdict.WAIT
        assert story.sees(REPLACED, seconds=62) is Verdict.RECOVERED


def test_what_would_not_go_is_over_when_it_is_gone() -> None:
    """At once: there is nothing to hold down. Its successor of the same name is another pod."""
    story = Story(a_pods_death(Cause.STUCK_TERMINATING))
    assert story.sees(a_pod(running(), deleted=0), seconds=100) is Verdict.WAIT
    assert story.sees(a_pod(running(), uid="uid-2", conditions=[UNREADY])) is Verdict.RECOVERED


def test_subjects_have_a_bound() -> None:
    """A thousand pods of one workload: the last ones speak for all."""
    following = None
    for number in range(1_000):
        following = recovery.followed(following, a_death(uid=f"uid-{number}"))
    assert following is not None
    assert len(following.subjects) == recovery.MOST_SUBJECTS
    assert PodUid("uid-999") in following.subjects


def test_the_hold_down_is_a_minute() -> None:
    """Said here once, because people wait for it."""
    assert Timings().recovered == timedelta(seconds=60)


def test_the_hold_down_is_that_of_the_moment() -> None:
    """A longer one holds up what is calm already, a shorter one lets it go; a Job has its own."""
    story = Story()
    assert story.sees(WELL, seconds=50) is Verdict.WAIT
    story.timings = Timings(recovered=timedelta(minutes=5))
    assert story.sees(WELL, seconds=250) is Verdict.WAIT
    assert story.sees(WELL) is Verdict.ASK_OWNER
    story.is_asked_in_vain()
    story.timings = Timings(recovered=timedelta(seconds=10))
    assert story.sees(WELL, seconds=299) is Verdict.WAIT, "the owner was promised its peace"
    assert story.sees(WELL) is Verdict.ASK_OWNER
    job = Story(a_death(owner=Owner(kind="Job", name="report")), Timings(recovered=timedelta(minutes=5)))
    assert job.sees(a_pod(crashed(), phase="Failed"), seconds=6) is Verdict.ASK_OWNER
