"""What is read around a death: little, side by side, and never at the alert's cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import ClusterRefused
from bot.incidents import circumstances
from bot.model.deaths import Cause, Death
from bot.model.events import Event, ObjectReference
from bot.model.pods import ObjectMeta, Owner
from bot.model.surroundings import NodeState
from bot.pods.redact import mask_lines
from tests.support.deaths import a_death, a_pods_death
from tests.support.pods import at
from tests.support.surroundings import HEALTHY, MemorySurroundings, a_revision

NOW = at(12)


def event(reason: str, message: str, *, seconds: float = 9, field: str = "spec.containers{app}") -> Event:
    return Event(
        metadata=ObjectMeta(name="event"),
        involved_object=ObjectReference(kind="Pod", uid="uid-1", field_path=field),
        reason=reason,
        message=message,
        first_timestamp=at(seconds),
        last_timestamp=at(seconds),
    )


KILLING = event("Killing", "Container app failed liveness probe, will be restarted")


@pytest.mark.parametrize(
    ("death", "asked"),
    [
        pytest.param(a_death(), {"events", "owner", "revisions", "memory"}, id="error"),
        pytest.param(
            a_death(Cause.OOM_KILLED, memory_limit=""), {"events", "owner", "revisions", "node"}, id="oom"
        ),
        pytest.param(a_pods_death(Cause.EVICTED), {"events", "owner", "revisions", "node"}, id="evicted"),
        pytest.param(
            a_pods_death(Cause.UNSCHEDULABLE, node=""), {"events", "owner", "revisions"}, id="pending"
        ),
        pytest.param(
            a_pods_death(Cause.STUCK_TERMINATING, owner=Owner(kind="Pod", name="x")),
            {"events", "node"},
            id="bare",
        ),
    ],
)
async def test_what_is_asked(death: Death, asked: set[str]) -> None:
    """With one or two looks at the log that is at most six requests a death."""
    around = MemorySurroundings()
    await circumstances.read(around, mask_lines, death, NOW)
    assert set(around.asked) == asked
    assert len(around.asked) == len(asked) <= 4


async def test_what_is_fresh_is_not_read_again() -> None:
    """In a storm only the events and the use of each latest death are new."""
    around = MemorySurroundings()
    around.kept = (a_revision(41, "1.4.1"), a_revision(42, "1.5.0"))
    _, known = await circumstances.read(around, mask_lines, a_death(), NOW)
    around.asked.clear()
    _, again = await circumstances.read(around, mask_lines, a_death(restart=1), NOW, events=(), known=known)
    assert around.asked == ["memory"]
    assert again == known
    later = NOW + timedelta(seconds=31)
    await circumstances.read(around, mask_lines, a_death(restart=2), later, events=(), known=known)
    assert sorted(around.asked) == ["memory", "memory", "owner", "revisions"]


@pytest.mark.parametrize("what", ["events", "owner", "revisions", "memory"])
async def test_what_is_refused_is_left_out(what: str) -> None:
    """The rest is there all the same."""
    around = MemorySurroundings()
    around.kept = (a_revision(41, "1.4.1"), a_revision(42, "1.5.0"))
    around.memory, around.found_events = "250Mi", [KILLING]
    around.failing, around.failure = {what}, ClusterRefused("403")
    death, found = await circumstances.read(around, mask_lines, a_death(exit_code=137), NOW)
    told = {
        "events": death.cause is Cause.LIVENESS_FAILED,
        "owner": found.owner is not None,
        "revisions": found.change is not None,
        "memory": found.memory_in_use == "250Mi",
    }
    lost = {what, "revisions"} if what == "owner" else {what}
    assert {name for name, there in told.items() if not there} == lost


async def test_what_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part has its own bound, and they pass side by side."""
    monkeypatch.setattr(circumstances, "WAIT", 0.01)
    around = MemorySurroundings()
    around.hanging = {"events", "owner", "memory"}
    death, found = await circumstances.read(around, mask_lines, a_death(), NOW)
    assert (death, found.owner, found.memory_in_use) == (a_death(), None, "")


@pytest.mark.parametrize(
    ("death", "events", "note"),
    [
        pytest.param(
            a_death(Cause.STUCK_CREATING),
            [event("FailedMount", "old", seconds=1), event("FailedMount", 'secret "tls" not found')],
            'FailedMount: secret "tls" not found',
            id="mount",
        ),
        pytest.param(
            a_death(Cause.NOT_READY),
            [event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")],
            "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503",
            id="readiness",
        ),
        pytest.param(
            a_death(Cause.UNEXPECTED_EXIT, exit_code=0),
            [KILLING],
            f"Killing: {KILLING.message}",
            id="handled-sigterm",
        ),
        pytest.param(
            a_death(Cause.IMAGE_PULL), [event("Failed", "Error: ErrImagePull")], "", id="status-says-it"
        ),
        pytest.param(a_death(), [event("BackOff", "Back-off restarting")], "", id="adds-nothing"),
    ],
)
async def test_the_event_that_says_most(death: Death, events: list[Event], note: str) -> None:
    """One line, the latest of the most telling sort."""
    _, found = await circumstances.read(MemorySurroundings(), mask_lines, death, NOW, events=events)
    assert found.note == note


async def test_secrets_in_events_are_masked() -> None:
    """Events quote commands and URLs."""
    said = [event("FailedMount", "mount failed: password=hunter2")]
    _, found = await circumstances.read(
        MemorySurroundings(), mask_lines, a_death(Cause.STUCK_CREATING), NOW, events=said
    )
    assert "hunter2" not in found.note
    failed = event("Unhealthy", "Liveness probe failed: token=hunter2 refused")
    death, _ = await circumstances.read(
        MemorySurroundings(), mask_lines, a_death(exit_code=137), NOW, events=[failed, KILLING]
    )
    assert death.probe is not None
    assert "hunter2" not in death.probe.message


async def test_a_node_that_is_gone_is_told_as_such() -> None:
    """That the API server does not know it is the finding."""
    around = MemorySurroundings()
    around.node_state = NodeState(name="node-1", there=False)
    _, found = await circumstances.read(around, mask_lines, a_pods_death(Cause.NODE_LOST), NOW)
    assert found.node == NodeState(name="node-1", there=False)


async def test_an_owner_whose_pods_cannot_be_selected_has_no_revisions() -> None:
    """Asking for all ReplicaSets of a namespace would be no bounded question."""
    around = MemorySurroundings()
    around.state = replace(HEALTHY, selector=())
    await circumstances.read(around, mask_lines, a_death(), NOW)
    assert "revisions" not in around.asked
