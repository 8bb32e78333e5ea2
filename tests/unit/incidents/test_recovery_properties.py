"""Whatever is seen in whatever order: nothing that is still broken is called well, and no death is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.incidents import engine, recovery
from bot.incidents.recovery import Verdict
from bot.model.incidents import Ending, IncidentId, IncidentState
from bot.model.pods import Pod
from bot.model.surroundings import OwnerState
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


@settings(deadline=None)
@given(LOOKS)
def test_well_is_only_what_was_well_for_the_whole_hold_down(
    looks: list[tuple[Pod | None, int, OwnerState]],
) -> None:
    """The owner is asked only after a calm minute, and what it says ends an incident only if it has all."""
    death = a_death(restarts=1)
    key, following = engine.key_of(death), recovery.followed(None, death)
    seen: list[tuple[datetime, Pod | None]] = []
    seconds = 0
    for pod, lasting, owner in looks:
        for _ in range(lasting):
            seconds += 1
            now = at(seconds)
            seen.append((now, pod))
            pods = dict.fromkeys(following.subjects, pod)
            following = recovery.looked(following, pods, now)
            judgement = recovery.judged(key, following, pods, now)
            assert judgement.verdict in {Verdict.WAIT, Verdict.ASK_OWNER}, (
                "a Deployment is never judged by pods"
            )
            if judgement.verdict is Verdict.ASK_OWNER:
                lately = [each for when, each in seen if now - when < recovery.HOLD_DOWN]
                assert SICK not in lately
                counts = {each.statuses()[0].restart_count for each in lately if each is not None}
                assert len(counts) <= 1, "it restarted within the hold-down"
                if recovery.of_owner(owner).verdict is Verdict.RECOVERED:
                    assert owner.ready >= owner.desired
                    assert owner.up_to_date
                following = recovery.asked(following, key, now)


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
