"""An incident of several workloads is over when each of them is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.incidents import engine, recovery, recovery_of_many
from bot.incidents.recovery import UNWATCHED, Following, Judgement, Verdict, Workload
from bot.model.deaths import Cause
from bot.model.incidents import Scope
from bot.model.pods import Owner, OwnerReference
from bot.model.surroundings import JobEnd, OwnerState
from tests.support.deaths import a_death, a_pods_death
from tests.support.pods import READY, SCHEDULED, a_pod, at, condition, running, waiting

READY_AGAIN = Judgement(verdict=Verdict.RECOVERED, words="5 of 5 Ready")
SCALED_DOWN = Judgement(verdict=Verdict.GONE, words="scaled to zero before it recovered")


def lost(name: str, uid: str = "uid-1") -> tuple[Following, ...]:
    return recovery_of_many.followed(
        (), a_pods_death(Cause.NODE_LOST, uid=uid, owner=Owner(kind="Deployment", name=name))
    )


def of(*findings: Judgement | None) -> tuple[Following, ...]:
    followings: tuple[Following, ...] = ()
    for number, found in enumerate(findings):
        followings += (replace(lost(f"w{number}")[0], found=found),)
    return followings


@pytest.mark.parametrize(
    ("followings", "workloads", "verdict", "words"),
    [
        pytest.param(of(READY_AGAIN, None), 2, Verdict.WAIT, "", id="one-is-awaited"),
        pytest.param(of(READY_AGAIN), 2, Verdict.WAIT, "", id="one-is-not-followed"),
        pytest.param((), 0, Verdict.WAIT, "", id="nothing-is-followed"),
        pytest.param(of(READY_AGAIN), 1, Verdict.RECOVERED, "5 of 5 Ready", id="the-only-one"),
        pytest.param(of(*[READY_AGAIN] * 3), 3, Verdict.RECOVERED, "3 of 3 workloads Ready", id="all"),
        pytest.param(
            of(READY_AGAIN, SCALED_DOWN),
            2,
            Verdict.GONE,
            "w1 (shop) was deleted or scaled to zero; 1 of 2 workloads Ready",
            id="one-is-gone",
        ),
        pytest.param(
            of(UNWATCHED), 1, Verdict.UNWATCHED, UNWATCHED.words, id="the-only-one-is-not-watched-any-more"
        ),
        pytest.param(
            of(READY_AGAIN, SCALED_DOWN, UNWATCHED),
            3,
            Verdict.UNWATCHED,
            "w2 (shop) is not watched any more; w1 (shop) was deleted or scaled to zero; "
            "1 of 2 other workloads Ready",
            id="one-is-not-watched-any-more",
        ),
        pytest.param(
            of(UNWATCHED, UNWATCHED),
            2,
            Verdict.UNWATCHED,
            "w0 (shop), w1 (shop) are not watched any more",
            id="none-is-watched-any-more",
        ),
    ],
)
def test_it_recovers_when_every_workload_has(
    followings: tuple[Following, ...], workloads: int, verdict: Verdict, words: str
) -> None:
    """Not before, and not if one of them is merely gone."""
    found = recovery_of_many.conclusion(followings, workloads)
    assert (found.verdict, found.words) == (verdict, words)


def test_a_death_begins_the_hold_down_of_its_own_workload_anew() -> None:
    """What others came to stays."""
    followings = of(READY_AGAIN, READY_AGAIN)
    death = a_pods_death(Cause.NODE_LOST, uid="uid-9", owner=Owner(kind="Deployment", name="w1"))
    one, two = recovery_of_many.followed(followings, death)
    assert one.found == READY_AGAIN
    assert (two.found, set(two.subjects)) == (None, {"uid-1", "uid-9"})


def test_what_was_well_and_is_not_any_more_is_awaited_again() -> None:
    """Until the last one is well, the first must stay so."""
    (following,) = of(READY_AGAIN)
    sick = a_pod(waiting(restarts=1), conditions=[SCHEDULED, condition("Ready", "False")])
    looked = recovery.looked(following, dict.fromkeys(following.subjects, sick), at(60))
    assert looked.found is None
    well = a_pod(running(), conditions=[SCHEDULED, READY])
    calm = recovery.looked(looked, dict.fromkeys(following.subjects, well), at(70))
    assert recovery_of_many.calm_since((calm,)) == at(70)
    assert recovery_of_many.calm_since((calm, looked)) is None


def test_each_workload_is_judged_as_if_it_were_alone() -> None:
    """By its own namespace and owner."""
    death = a_pods_death(Cause.NODE_LOST)
    group = replace(engine.key_of(death), namespace="", owner=Owner(kind="Node", name="n"), scope=Scope.NODE)
    (following,) = recovery_of_many.followed((), death)
    assert recovery_of_many.key_for(group, following) == engine.key_of(death)


def test_two_incidents_that_become_one_are_followed_as_one() -> None:
    """Of a workload in both, all pods."""
    joined = recovery_of_many.joined((*lost("web", "a"), *lost("cart", "b")), lost("web", "c"))
    assert [(each.workload.owner.name, set(each.subjects)) for each in joined if each.workload] == [
        ("web", {"a", "c"}),
        ("cart", {"b"}),
    ]


JOB = Owner(kind="Job", name="report-29384756")
CRON_JOB = Owner(kind="CronJob", name="report")


def state(owner: Owner, **changes: Any) -> OwnerState:  # fields of `OwnerState`
    return replace(OwnerState(owner=owner, desired=1, present=0, ready=0), **changes)


def test_of_a_cron_job_first_the_job_is_asked_and_then_whether_a_later_one_succeeded() -> None:
    """The Job gives up and it pages; the next night's success ends it."""
    controller = OwnerReference(kind="Job", name=JOB.name, uid="j", controller=True)
    death = a_death(owner=CRON_JOB, controller=controller, seconds=10)
    (following,) = recovery_of_many.followed((), death)
    key = engine.key_of(death)
    assert recovery.to_ask(key, following) == JOB
    judged = recovery.of_owner(state(JOB, job_end=JobEnd.FAILED, job_reason="BackoffLimitExceeded"))
    assert judged.verdict is Verdict.ESCALATE
    following = recovery_of_many.with_finding(following, judged)
    assert recovery.to_ask(key, following) == CRON_JOB
    for succeeded, verdict in ((None, Verdict.WAIT), (at(5), Verdict.WAIT), (at(900), Verdict.RECOVERED)):
        found = recovery.of_owner(state(CRON_JOB, succeeded_at=succeeded), following.died_at)
        assert found.verdict is verdict
    assert following.workload == Workload(namespace="shop", owner=CRON_JOB)
