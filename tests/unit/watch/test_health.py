"""What lists call failing is what alerts call so, by the same rules and the same times."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model.answers import Health
from bot.model.pods import ClusterName, Pod
from bot.model.tuning import Timings
from bot.watch.complaints import Complaints
from bot.watch.health import health
from tests.support.clock import START, HeldClock
from tests.support.pod_rows import RowCase, row_cases
from tests.support.pods import (
    READY,
    SCHEDULED,
    a_pod,
    condition,
    crashed,
    ended,
    running,
    waiting,
)

UNREADY = condition("Ready", "False", reason="ContainersNotReady")
UNFIT = condition("PodScheduled", "False", reason="Unschedulable")

STUCK = [
    pytest.param("image_pull", a_pod(waiting("app", "ErrImagePull"), phase="Pending"), id="image"),
    pytest.param(
        "config_error", a_pod(waiting("app", "CreateContainerConfigError"), phase="Pending"), id="config"
    ),
    pytest.param("unschedulable", a_pod(phase="Pending", conditions=[UNFIT]), id="unschedulable"),
    pytest.param("unschedulable", a_pod(phase="Pending", conditions=[], node=""), id="no-scheduler"),
    pytest.param(
        "stuck_creating", a_pod(waiting("app", "ContainerCreating"), phase="Pending"), id="creating"
    ),
    pytest.param("stuck_terminating", a_pod(running(), deleted=0, grace=0), id="terminating"),
    pytest.param("not_ready", a_pod(running(ready=False), conditions=[SCHEDULED, UNREADY]), id="not-ready"),
]
"""Pods of which something is wrong from `START` on, and the time that says for how long it may be."""


@pytest.mark.parametrize("case", row_cases(), ids=lambda case: case.id)
def test_what_someone_on_call_expects(case: RowCase) -> None:
    """The judgement that sorts a list and counts its first line."""
    assert health(case.pod, case.now, Timings()) is case.health


@pytest.mark.parametrize("patience", [timedelta(seconds=10), timedelta(hours=3)], ids=["short", "long"])
@pytest.mark.parametrize(("timing", "pod"), STUCK)
async def test_what_is_stuck_fails_when_it_is_told(timing: str, pod: Pod, patience: timedelta) -> None:
    """Not a moment before by the times that are set, and whatever the others are."""
    clock = HeldClock()
    complaints = Complaints(ClusterName("prod-eu"), clock)
    complaints.note(pod, before_first_look=False)
    others = Timings(**{each: timedelta(hours=1) for each in ("image_pull", "stuck_creating", "not_ready")})
    timings = replace(others, **{timing: patience})
    for moment, expected in ((patience - timedelta(seconds=1), Health.PENDING), (patience, Health.FAILING)):
        await clock.advance((START + moment - clock.now()).total_seconds())
        assert health(pod, clock.now(), timings) is expected
        assert bool(complaints.due(pod.uid, timings)) is (expected is Health.FAILING)


def test_no_image_can_have_that_name() -> None:
    """Waiting cannot mend it, so it is told and fails at once."""
    assert (
        health(a_pod(waiting("app", "InvalidImageName"), phase="Pending"), START, Timings()) is Health.FAILING
    )


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(a_pod(waiting(last=ended(1))), id="crash-loop"),
        pytest.param(a_pod(waiting("app", "ErrImagePull", last=ended(1))), id="its-image-is-gone-meanwhile"),
        pytest.param(a_pod(crashed()), id="not-started-again-yet"),
        pytest.param(a_pod(waiting("app", "ARuntimesOwnWord"), phase="Pending"), id="an-unknown-reason"),
        pytest.param(a_pod(running(), reason="NodeLost", conditions=[UNREADY]), id="lost-with-its-node"),
        pytest.param(
            a_pod(
                running(),
                conditions=[SCHEDULED, condition("ContainersReady"), condition("Ready", "False")],
            ),
            id="cut-off-with-its-node",
        ),
    ],
)
def test_what_died_fails_whatever_the_times(pod: Pod) -> None:
    """A death is told at once."""
    patient = Timings(image_pull=timedelta(days=1), not_ready=timedelta(days=1))
    assert health(pod, START, patient) is Health.FAILING


def test_a_crash_loop_between_two_runs_is_not_ready_since_the_first() -> None:
    """What it did last is seconds old; that nobody was served is not."""
    app = running("app", ready=False, restarts=9, since=3_590, last=ended(1))
    pod = a_pod(app, conditions=[SCHEDULED, UNREADY])
    assert health(pod, START + timedelta(hours=1), Timings()) is Health.FAILING
    assert health(pod, START + timedelta(hours=1), Timings(not_ready=timedelta(hours=2))) is Health.PENDING


def test_what_waits_for_its_first_start_is_counted_from_the_step_before() -> None:
    """The init container before it may have taken an hour."""
    pod = a_pod(waiting("app", "ErrImagePull"), init=[crashed("migrate", 0, at=3_600)], phase="Pending")
    assert health(pod, START + timedelta(seconds=3_630), Timings()) is Health.PENDING
    assert health(pod, START + timedelta(seconds=3_660), Timings()) is Health.FAILING


def test_what_nobody_calls_ready() -> None:
    """Not every kubelet writes the condition; what waits for its image is told then, too."""
    assert health(a_pod(running()), START, Timings()) is Health.HEALTHY
    waits = a_pod(running(), waiting("proxy", "ErrImagePull"))
    assert health(waits, START, Timings()) is Health.PENDING
    assert health(waits, START + timedelta(minutes=1), Timings()) is Health.FAILING


def test_debugging_sessions_and_gates_are_somebodys_wish() -> None:
    """Neither ever fails."""
    debugged = a_pod(running(), debug=[waiting("debugger", "ErrImagePull")], conditions=[SCHEDULED, READY])
    gated = a_pod(phase="Pending", conditions=[condition("PodScheduled", "False", reason="SchedulingGated")])
    later = START + timedelta(days=1)
    assert health(debugged, later, Timings()) is Health.HEALTHY
    assert health(gated, later, Timings()) is Health.PENDING
