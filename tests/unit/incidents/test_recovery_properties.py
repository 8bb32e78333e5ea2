"""Whatever is seen in whatever order: nothing that is still broken is called well, and no death is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.incidents import engine, readiness, recovery
from bot.incidents.recovery import Standing, Verdict
from bot.model.deaths import Cause
from bot.model.incidents import Ending, IncidentId, IncidentState
from bot.model.pods import Owner, Pod
from bot.model.surroundings import OwnerState
from bot.model.tuning import Timings
from tests.support.deaths import a_death
from tests.support.pods import READY, SCHEDULED, a_pod, at, condition, running, waiting
from tests.support.surroundings import HEALTHY

SICK = a_pod(waiting(restarts=1), conditions=[SCHEDULED, condition("Ready", "False")])


def well(restarts: int) -> Pod:
    return a_pod(running(restarts=restarts), conditions=[SCHEDULED, READY])


LOOKS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.just(SICK), st.integers(1, 3).map(well)),
        st.integers(1, 70),
        st.sampled_from([HEALTHY, replace(HEALTHY, ready=4), replace(HEALTHY, up_to_date=False)]),
    ),
    max_size=12,
)
"""What has the pod's name, for how many seconds, and what its owner would say meanwhile."""


@given(LOOKS)
def test_well_is_only_what_was_well_for_the_whole_hold_down(
    looks: list[tuple[Pod | None, int, OwnerState]],
) -> None:
    """The owner is asked only after a calm minute, and what it says ends an incident only if it has all."""
    death = a_death(restarts=1)
    key, following, timings = engine.key_of(death), recovery.followed(None, death), Timings()
    seen: list[tuple[datetime, Pod | None]] = []
    seconds = 0
    for pod, lasting, owner in looks:
        for _ in range(lasting):
            seconds += 1
            now = at(seconds)
            seen.append((now, pod))
            pods = dict.fromkeys(following.subjects, pod)
            following = recovery.looked(following, pods, now)
            judgement = recovery.judged(key, following, pods, now, timings)
            assert judgement.verdict in {Verdict.WAIT, Verdict.ASK_OWNER}, (
                "a Deployment is never judged by pods"
            )
            if judgement.verdict is Verdict.ASK_OWNER:
                lately = [each for when, each in seen if now - when < timings.recovered]
                assert SICK not in lately
                counts = {each.statuses()[0].restart_count for each in lately if each is not None}
                assert len(counts) <= 1, "it restarted within the hold-down"
                if recovery.of_owner(owner).verdict is Verdict.RECOVERED:
                    assert owner.ready >= owner.desired
                    assert owner.up_to_date
                following = recovery.asked(following, key, now, timings)


OWNERS = [
    HEALTHY,
    replace(HEALTHY, desired=0),
    replace(HEALTHY, desired=2),
    replace(HEALTHY, terminating=True),
]
GOING = a_pod(running(restarts=1), conditions=[SCHEDULED, READY], deleted=0)
FAILED = a_pod(waiting(restarts=1), phase="Failed")
NEIGHBOURS = [a_pod(running(), uid=f"uid-{n}", conditions=[READY]) for n in range(2, 6)]


@given(
    st.sampled_from(["Deployment", "StatefulSet", "Pod", "Rollout"]),
    st.sampled_from([Cause.ERROR, Cause.DELETED, Cause.EVICTED, Cause.NODE_LOST, Cause.NOT_READY]),
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.sampled_from([SICK, GOING, FAILED]), st.integers(1, 3).map(well)),
            st.integers(0, 4),
            st.sampled_from(OWNERS),
            st.integers(1, 90),
        ),
        max_size=12,
    ),
)
def test_ready_again_is_never_told_of_what_is_still_broken(
    kind: str, cause: Cause, looks: list[tuple[Pod | None, int, OwnerState, int]]
) -> None:
    """Not while the owner lacks a Ready pod, and not while a bare pod is gone, whatever is seen in whatever
    order; and what is told to have been Ready since then was so all the time.
    """
    death = a_death(cause, owner=Owner(kind=kind, name="web"), restarts=1)
    key, following, timings = engine.key_of(death), recovery.followed(None, death), Timings()
    broken_at, seconds = at(0), 0
    for pod, neighbours, owner, lasting in looks:
        pods = [each for each in (pod, *NEIGHBOURS[:neighbours]) if each is not None]
        ready = readiness.ready_among(pods)
        for _ in range(lasting):
            seconds += 1
            now, seen = at(seconds), dict.fromkeys(following.subjects, pod)
            following = recovery.looked(following, seen, now)
            counted = readiness.is_counted(key.owner) and readiness.is_complete(owner, ready)
            following = readiness.with_readiness(key, following, seen, now, complete=counted)
            if recovery.judged(key, following, seen, now, timings).verdict is Verdict.ASK_OWNER:
                following = recovery.asked(following, key, now, timings)
            well_itself = pod is not None and recovery.standing(pod) is Standing.WELL
            whole = well_itself
            if readiness.is_counted(key.owner):
                whole = pod is not SICK and ready >= owner.desired > 0 and not owner.terminating
            broken_at = broken_at if whole else now
            told = readiness.told_ready(key, following, now, timings)
            assert told is None or told > broken_at


@given(st.lists(st.sampled_from(["death", "unseen", "recovered", "gone", "escalated"]), max_size=30))
def test_no_death_is_lost_and_every_change_is_a_revision(inputs: list[str]) -> None:
    """Counts only grow; a death leaves the incident open; what is over has its ending, what is open none."""
    incident = engine.opened(IncidentId("I0"), a_death())
    deaths = 1
    for number, given_in in enumerate(inputs, start=1):
        before, moment = incident, at(10 + number)
        match given_in:
            case "death" | "unseen":
                unseen = 2 if given_in == "unseen" else 0
                death = a_death(restart=number, seconds=10 + number, unseen_before=unseen)
                incident = engine.with_death(incident, death)
                deaths += 1 + unseen
                assert incident.state is IncidentState.FIRING
            case "recovered":
                incident = engine.recovered(incident, Ending(since=moment, words="5 of 5 Ready"))
            case "gone":
                incident = engine.gone(incident, Ending(since=moment, words="deleted before it recovered"))
            case _:
                incident = engine.escalated(incident, "why")
        assert incident.deaths == deaths
        assert incident.state.is_over is (incident.ending is not None)
        assert (incident.revision > before.revision) is (incident is not before)
