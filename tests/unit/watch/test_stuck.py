"""What does not come up, or does not go away."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.model.deaths import Cause
from bot.model.pods import ClusterName, Pod
from bot.model.tuning import Timings
from bot.watch import stuck
from tests.support.pods import (
    IMAGE,
    READY,
    SCHEDULED,
    a_pod,
    at,
    condition,
    crashed,
    ended,
    running,
    sidecar,
    waiting,
)

UNREADY = condition("Ready", "False", reason="ContainersNotReady", since=3)


def of(pod: Pod) -> list[tuple[str, Cause, datetime | None]]:
    return [(each.container, each.cause, each.since) for each in stuck.complaints(pod)]


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(a_pod(running(), conditions=[SCHEDULED, READY]), id="healthy"),
        pytest.param(a_pod(running()), id="no-ready-condition-yet"),
        pytest.param(a_pod(crashed(exit_code=0), phase="Succeeded", conditions=[UNREADY]), id="finished"),
        pytest.param(a_pod(crashed(), phase="Failed", conditions=[UNREADY]), id="failed"),
        pytest.param(a_pod(waiting(last=ended(1)), conditions=[SCHEDULED, UNREADY]), id="crash-loop"),
        pytest.param(
            a_pod(
                waiting("app", "PodInitializing"), init=[running("migrate")], conditions=[SCHEDULED, UNREADY]
            ),
            id="init-at-work",
        ),
        pytest.param(
            a_pod(waiting("app", "PodInitializing"), init=[waiting("migrate", last=ended(1))]),
            id="init-in-crash-loop",
        ),
        pytest.param(
            a_pod(waiting("app", "RunContainerError", last=ended(128, reason="StartError"))),
            id="failed-start-is-a-death",
        ),
        pytest.param(
            a_pod(phase="Pending", conditions=[condition("PodScheduled", "False", reason="SchedulingGated")]),
            id="held-by-a-gate",
        ),
        pytest.param(a_pod(phase="Pending", conditions=[]), id="just-made"),
        pytest.param(
            a_pod(running(), debug=[waiting("debugger", "PodInitializing")], conditions=[SCHEDULED, READY]),
            id="debugging-session-about-to-begin",
        ),
        pytest.param(
            a_pod(running(), debug=[waiting("debugger", "ErrImagePull")], conditions=[SCHEDULED, READY]),
            id="debugging-session-without-its-image",
        ),
    ],
)
def test_nothing_to_complain_about(pod: Pod) -> None:
    """Healthy, finished, wanted so, or told as a death already."""
    assert of(pod) == []


@pytest.mark.parametrize(
    "reason",
    ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "RegistryUnavailable", "InvalidImageName",
     "ImageInspectError", "SignatureValidationFailed"],
)  # fmt: skip
def test_an_image_that_cannot_be_pulled(reason: str) -> None:
    """Each of the kubelet's words for it, whether the container ran before or not."""
    assert of(a_pod(waiting("app", reason), phase="Pending")) == [("app", Cause.IMAGE_PULL, None)]
    assert of(a_pod(waiting("app", reason, last=ended(1)))) == [("app", Cause.IMAGE_PULL, None)]


@pytest.mark.parametrize(
    "reason", ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"]
)
def test_a_container_that_cannot_be_made(reason: str) -> None:
    """A missing ConfigMap, a name that is taken, a runtime that refuses."""
    assert of(a_pod(waiting("app", reason), phase="Pending")) == [("app", Cause.CONFIG_ERROR, None)]


def test_a_pod_that_fits_nowhere() -> None:
    """The scheduler's message goes with it."""
    unschedulable = condition(
        "PodScheduled", "False", reason="Unschedulable", message="0/5 nodes: 5 Insufficient cpu.", since=2
    )
    (complaint,) = stuck.complaints(a_pod(phase="Pending", conditions=[unschedulable]))
    assert (complaint.cause, complaint.since, complaint.message) == (
        Cause.UNSCHEDULABLE,
        at(2),
        "0/5 nodes: 5 Insufficient cpu.",
    )


@pytest.mark.parametrize(
    ("pod", "container", "since"),
    [
        pytest.param(
            a_pod(waiting("app", "ContainerCreating"), waiting("log", "ContainerCreating"), phase="Pending"),
            "app", 0, id="nothing-was-created",
        ),
        pytest.param(
            a_pod(waiting("app", "PodInitializing"), init=[waiting("migrate", "PodInitializing")]),
            "migrate", 0, id="not-even-the-first-init-container",
        ),
        pytest.param(
            a_pod(waiting("app", "PodInitializing"), init=[crashed("migrate", 0, at=90)]),
            "app", 90, id="from-when-the-init-container-had-ended",
        ),
        pytest.param(
            a_pod(running("proxy", since=7), waiting("app", "ContainerCreating")),
            "app", 7, id="from-when-its-neighbour-had-started",
        ),
        pytest.param(
            a_pod(waiting("app", "PodInitializing"), init=[sidecar(running("proxy", since=8))]),
            "app", 8, id="from-when-the-sidecar-had-started",
        ),
    ],
)  # fmt: skip
def test_a_container_that_is_not_created(pod: Pod, container: str, since: float) -> None:
    """Counted from the last progress there was."""
    assert of(pod) == [(container, Cause.STUCK_CREATING, at(since))]


def test_a_pod_that_runs_and_is_not_ready() -> None:
    """Counted from when it was last Ready; the container that holds it up is named."""
    pod = a_pod(running("app"), running("proxy", ready=False), conditions=[SCHEDULED, UNREADY])
    assert of(pod) == [("proxy", Cause.NOT_READY, at(3))]


def test_a_pod_that_crashes_is_not_ready_only_since_its_last_start() -> None:
    """Otherwise each restart of an hour-old crash loop would be told as "not ready for an hour"."""
    app = running("app", ready=False, restarts=9, since=3_600, last=ended(1))
    assert of(a_pod(app, conditions=[SCHEDULED, UNREADY])) == [("app", Cause.NOT_READY, at(3_600))]


def test_a_pod_that_does_not_go() -> None:
    """Counted from the deletion's own deadline, whatever else is wrong with it."""
    pod = a_pod(waiting("app", "ImagePullBackOff"), deleted=10, grace=30)
    assert of(pod) == [("", Cause.STUCK_TERMINATING, at(40))]


def test_a_pod_of_a_lost_node_is_not_waited_for() -> None:
    """Nobody is left who could end it; one that somebody had deleted before may hang for another reason."""
    lost = [SCHEDULED, condition("Ready", "False", since=50), condition("ContainersReady")]
    assert of(a_pod(running(), conditions=lost, deleted=350)) == []
    assert of(a_pod(running(), conditions=lost, deleted=5, grace=30)) == [
        ("", Cause.STUCK_TERMINATING, at(35))
    ]


def test_how_long_each_may_take() -> None:
    """deaths.md's times; an image name that cannot be one has none."""
    (pull,) = stuck.complaints(a_pod(waiting("app", "ErrImagePull")))
    (name,) = stuck.complaints(a_pod(waiting("app", "InvalidImageName")))
    usual = Timings()
    assert (stuck.patience(pull, usual), stuck.patience(name, usual)) == (timedelta(minutes=1), timedelta())
    every = {cause: usual.patience(cause).total_seconds() / 60 for cause in Cause if cause.is_stuck}
    assert every == {
        Cause.IMAGE_PULL: 1,
        Cause.CONFIG_ERROR: 1,
        Cause.UNSCHEDULABLE: 5,
        Cause.STUCK_CREATING: 5,
        Cause.STUCK_TERMINATING: 5,
        Cause.NOT_READY: 10,
    }


def test_a_team_may_want_it_otherwise() -> None:
    """Each cause has a time of its own; what waiting cannot mend is not waited for, whatever is set."""
    slow = Timings(image_pull=timedelta(minutes=7), config_error=timedelta(minutes=8))
    (pull,) = stuck.complaints(a_pod(waiting("app", "ErrImagePull")))
    (name,) = stuck.complaints(a_pod(waiting("app", "InvalidImageName")))
    (config,) = stuck.complaints(a_pod(waiting("app", "CreateContainerConfigError")))
    assert [stuck.patience(each, slow).total_seconds() / 60 for each in (pull, name, config)] == [7, 0, 8]


def test_a_complaint_becomes_a_death_that_tells_all_of_it() -> None:
    """What the incident needs to know."""
    pod = a_pod(waiting("app", "ErrImagePull", message="not found"))
    (complaint,) = stuck.complaints(pod)
    death = stuck.death(ClusterName("prod-eu"), pod, complaint, at(5), at(65))
    assert (death.cause, death.id.container, death.image) == (Cause.IMAGE_PULL, "app", IMAGE)
    assert (death.reason, death.message) == ("ErrImagePull", "not found")
    assert (death.started_at, death.finished_at, death.seen_at) == (at(5), None, at(65))
