"""What took the place of the pods that went with a node."""

from __future__ import annotations

from bot.incidents import engine, replacements
from bot.model.deaths import Cause
from bot.model.incidents import IncidentId, IncidentKey, Replacements, Scope
from bot.model.pods import ClusterName, Owner, Pod, PodCondition
from tests.support.deaths import a_pods_death
from tests.support.pods import READY, SCHEDULED, a_pod, condition, running

KEY = IncidentKey(
    cluster=ClusterName("prod-eu"),
    namespace="",
    owner=Owner(kind="Node", name="node-1"),
    cause=Cause.NODE_LOST,
    scope=Scope.NODE,
)
LOST = engine.opened(IncidentId("1F3K"), a_pods_death(Cause.NODE_LOST), KEY)
NO_ROOM = condition(
    "PodScheduled", "False", reason="Unschedulable", message="0/3 nodes are available: 3 Insufficient memory."
)


def of(uid: str, *conditions: PodCondition) -> Pod:
    return a_pod(running(), uid=uid, conditions=conditions)


def test_replacements_are_counted_by_how_they_are() -> None:
    """Ready, starting, and those that find no node, with what they lack."""
    pods = [
        of("ready", SCHEDULED, READY),
        of("starting", SCHEDULED),
        of("stuck", NO_ROOM),
        of("gone", SCHEDULED, READY),
    ]
    incident = engine.with_death(LOST, a_pods_death(Cause.NODE_LOST, uid="gone"))
    assert replacements.found(incident, pods) == Replacements(
        ready=1, starting=1, unschedulable=1, why="0/3 nodes: 3 too little memory"
    )


def test_other_workloads_replace_nothing() -> None:
    """Nor is anything counted for an incident of one workload."""
    assert replacements.wanted(LOST)
    assert not replacements.wanted(engine.opened(IncidentId("A"), a_pods_death(Cause.EVICTED)))
