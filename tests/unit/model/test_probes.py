"""Who killed it: the kubelet's events, for exactly this pod, this container and this run."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.containers import ContainerKind
from bot.model.deaths import Cause, Death
from bot.model.events import Event, ObjectReference
from bot.model.pods import ObjectMeta
from bot.model.probes import kill_of, may_be_probe_kill, refined
from tests.support.deaths import a_death
from tests.support.pods import at

KILLED = "Container app failed liveness probe, will be restarted"
FAILED = 'Liveness probe failed: Get "http://10.0.0.7:8080/healthz": context deadline exceeded'


def event(
    reason: str,
    message: str,
    *,
    uid: str = "uid-1",
    field: str = "spec.containers{app}",
    first: float = 6,
    last: float = 9,
    count: int = 1,
) -> Event:
    return Event(
        metadata=ObjectMeta(name="event", namespace="shop"),
        involved_object=ObjectReference(kind="Pod", namespace="shop", uid=uid, field_path=field),
        reason=reason,
        message=message,
        count=count,
        first_timestamp=at(first),
        last_timestamp=at(last),
    )


def killed(**changes: Any) -> Death:
    """A run from second 5 to second 10 that ended with SIGKILL."""
    return a_death(**{"exit_code": 137, **changes})


UNHEALTHY = event("Unhealthy", FAILED, first=6, last=8, count=3)
LIVENESS = (UNHEALTHY, event("Killing", KILLED))


def test_a_liveness_kill() -> None:
    """The cause, how often the probe had failed, and what it got."""
    death = refined(killed(), LIVENESS)
    assert death.cause is Cause.LIVENESS_FAILED
    assert death.probe is not None
    assert (death.probe.kind, death.probe.failures) == ("liveness", 3)
    assert death.probe.message == 'Get "http://10.0.0.7:8080/healthz": context deadline exceeded'


@pytest.mark.parametrize("exit_code", [137, 143])
@pytest.mark.parametrize(
    ("message", "cause"),
    [
        pytest.param(KILLED, Cause.LIVENESS_FAILED, id="liveness"),
        pytest.param(
            "Container app failed startup probe, will be restarted", Cause.STARTUP_FAILED, id="startup"
        ),
        pytest.param(
            "Killing container with id docker://app:Container failed liveness probe.. Container will be "
            "killed and recreated.",
            Cause.LIVENESS_FAILED,
            id="before-1.14",
        ),
    ],
)
def test_both_probes_and_both_signals(exit_code: int, message: str, cause: Cause) -> None:
    """In the words of the kubelets there are."""
    assert refined(killed(exit_code=exit_code), [event("Killing", message)]).cause is cause


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(event("Killing", KILLED, uid="uid-2"), id="predecessor-of-the-same-name"),
        pytest.param(
            event("Killing", KILLED, field="spec.containers{app-sidecar}"), id="sidecar-of-like-name"
        ),
        pytest.param(event("Killing", KILLED, field="spec.initContainers{app}"), id="init-container"),
        pytest.param(event("Killing", KILLED, field=""), id="whole-pod"),
        pytest.param(event("Killing", "Stopping container app"), id="stopped-for-another-reason"),
        pytest.param(event("Unhealthy", FAILED), id="failed-but-not-killed"),
        pytest.param(event("Killing", KILLED, first=-60, last=-50), id="an-earlier-run"),
        pytest.param(event("Killing", KILLED, first=30, last=30), id="a-later-run"),
        pytest.param(event("BackOff", KILLED), id="another-reason"),
    ],
)
def test_an_event_about_something_else_says_nothing(other: Event) -> None:
    """The detectors that match by name take one container's word for another's."""
    death = killed()
    assert refined(death, [UNHEALTHY, other]) is death


@pytest.mark.parametrize(
    "death",
    [
        pytest.param(a_death(exit_code=1), id="own-error"),
        pytest.param(a_death(Cause.OOM_KILLED, exit_code=137, reason="OOMKilled"), id="oom"),
        pytest.param(killed(kind=ContainerKind.INIT), id="init"),
        pytest.param(killed(kind=ContainerKind.EPHEMERAL), id="ephemeral"),
        pytest.param(killed(finished_at=None), id="lost-from-sight"),
        pytest.param(a_death(Cause.UNEXPECTED_EXIT, exit_code=0), id="ended-well"),
    ],
)
def test_what_no_probe_can_have_killed_is_not_asked_about(death: Death) -> None:
    """No request is spent on it, and no event changes its cause."""
    assert not may_be_probe_kill(death)
    assert refined(death, LIVENESS) is death


def test_a_sidecar_is_found_under_the_init_containers() -> None:
    """Where the API keeps it."""
    death = killed(kind=ContainerKind.SIDECAR)
    assert refined(death, LIVENESS) is death
    own = event("Killing", KILLED, field="spec.initContainers{app}")
    assert refined(death, [own]).cause is Cause.LIVENESS_FAILED


def test_a_count_that_began_in_an_earlier_run_is_not_told() -> None:
    """Equal events are counted up over restarts: six failures in two runs are not six in this one."""
    counted_up = event("Unhealthy", FAILED, first=-100, last=8, count=6)
    death = refined(killed(), [counted_up, event("Killing", KILLED, first=-90, last=9, count=2)])
    assert death.probe is not None
    assert death.probe.failures is None


def test_failures_with_different_words_add_up() -> None:
    """Each has an event of its own; another container's are left out."""
    events = [
        event("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 503", last=7),
        event("Unhealthy", FAILED, last=8, count=2),
        event("Unhealthy", FAILED, field="spec.containers{proxy}", count=9),
        event("Unhealthy", "Readiness probe failed: no", count=7),
        event("Killing", KILLED),
    ]
    probe = refined(killed(), events).probe
    assert probe is not None
    assert (probe.failures, probe.message[:3]) == (3, "Get")


def test_a_kill_is_found_whatever_the_exit_code() -> None:
    """A process that handles SIGTERM ends as it likes; the event is still worth a line."""
    assert kill_of(a_death(Cause.UNEXPECTED_EXIT, exit_code=0), LIVENESS) is LIVENESS[1]
