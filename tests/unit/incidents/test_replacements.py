"""What took the place of the pods that went with a node."""

from __future__ import annotations

from msgspec.structs import replace

from bot.incidents import engine, replacements
from bot.model.deaths import Cause
from bot.model.incidents import Incident, IncidentId, IncidentKey, Replacements, Scope
from bot.model.pods import ClusterName, Owner, Pod, PodCondition
from tests.support.deaths import a_pods_death
from tests.support.pods import DAEMON_SET, DEPLOYMENT, READY, SCHEDULED, a_pod, at, condition, running

KEY = IncidentKey(
    cluster=ClusterName("prod-eu"),
    namespace="",
    owner=Owner(kind="Node", name="node-1"),
    cause=Cause.NODE_LOST,
    scope=Scope.NODE,
)
WEB, BARE = Owner(kind="Deployment", name="web"), Owner(kind="Pod", name="toolbox")
NO_ROOM = condition(
    "PodScheduled", "False", reason="Unschedulable", message="0/3 nodes are available: 3 Insufficient memory."
)


def of(
    uid: str, *conditions: PodCondition, seconds: float = 11, phase: str = "Running", bare: bool = False
) -> Pod:
    """A pod of web, or a bare one, that was made so long after the start; the node was lost at 10 s."""
    owner, name = (None, "toolbox") if bare else (DEPLOYMENT, f"web-{uid}")
    pod = a_pod(running(), uid=uid, name=name, owner=owner, conditions=conditions, phase=phase)
    return replace(pod, metadata=replace(pod.metadata, creation_timestamp=at(seconds)))


def lost(*uids: str, owner: Owner = WEB) -> Incident:
    """The node's incident, with so many pods of a workload."""
    first, *more = (a_pods_death(Cause.NODE_LOST, uid=uid, owner=owner) for uid in uids)
    incident = engine.opened(IncidentId("1F3K"), first, KEY)
    for death in more:
        incident = engine.with_death(incident, death)
    return incident


def test_replacements_are_counted_by_how_they_are() -> None:
    """Ready, starting, and those that find no node, with what they lack."""
    pods = [
        of("ready", SCHEDULED, READY),
        of("starting", SCHEDULED),
        of("stuck", NO_ROOM),
        of("gone", SCHEDULED, READY),
    ]
    assert replacements.found(lost("gone", "a", "b", "c"), pods) == Replacements(
        ready=1, starting=1, unschedulable=1, why="0/3 nodes: 3 too little memory"
    )


def test_what_was_there_before_replaces_nothing() -> None:
    """However new it is: a workload of ten minutes has only such pods."""
    pods = [of(f"old-{number}", SCHEDULED, READY, seconds=9) for number in range(4)]
    assert replacements.found(lost("a", "b"), pods) == Replacements(ready=0, awaited=2)
    in_that_second = of("new", SCHEDULED, READY, seconds=10)
    assert replacements.found(lost("a", "b"), [*pods, in_that_second]) == Replacements(ready=1, awaited=1)


def test_there_are_never_more_than_were_lost() -> None:
    """What a rollout or a scale-up brings later takes nobody's place."""
    pods = [of(f"new-{number}", SCHEDULED, seconds=60 - number) for number in range(9)]
    assert replacements.found(lost("a", "b"), [of("first", SCHEDULED, READY), *pods]) == Replacements(
        ready=1, starting=1
    )


def test_all_that_were_lost_are_accounted_for() -> None:
    """What has done its work already, and what has failed or goes once more, for which another is awaited."""
    pods = [
        of("done", SCHEDULED, phase="Succeeded"),
        of("failed", SCHEDULED, phase="Failed"),
        of("ready", SCHEDULED, READY),
    ]
    found = replacements.found(lost("a", "b", "c"), pods)
    assert found == Replacements(ready=1, complete=1, awaited=1)


def test_a_pod_that_its_node_brought_back_needs_no_replacement() -> None:
    """The node was only silent for a while."""
    found = replacements.found(lost("a", "b"), [of("a", SCHEDULED, READY, seconds=-900)])
    assert found == Replacements(ready=0, awaited=1)


def test_a_bare_pod_is_gone_until_somebody_makes_it_again() -> None:
    """Not while it is still shown on its node, which may come back."""
    incident = lost("bare", owner=BARE)
    unheard = of("bare", condition("Ready", "False"), seconds=-900, bare=True)
    failed = of("bare", phase="Failed", seconds=-900, bare=True)
    again = of("again", SCHEDULED, READY, seconds=300, bare=True)
    assert replacements.found(incident, [unheard]) == Replacements(ready=0)
    for pods in ([], [failed]):
        assert replacements.found(incident, pods) == Replacements(ready=0, gone=("toolbox (shop)",))
    assert replacements.found(incident, [again]) == Replacements(ready=1)


def test_nothing_takes_the_place_of_what_belongs_to_its_node() -> None:
    """A DaemonSet's pod and a node's own are made again with the node, and not elsewhere before."""
    for owner in (Owner(kind="DaemonSet", name="agent"), Owner(kind="Node", name="node-1")):
        assert replacements.found(lost("a", owner=owner), []) == Replacements(ready=0)
    again = a_pod(running(), uid="again", name="agent-x", owner=DAEMON_SET, conditions=[SCHEDULED, READY])
    again = replace(again, metadata=replace(again.metadata, creation_timestamp=at(900)))
    found = replacements.found(lost("a", owner=Owner(kind="DaemonSet", name="agent")), [again])
    assert found == Replacements(ready=1)


def test_other_workloads_replace_nothing() -> None:
    """Nor is anything counted for an incident of one workload."""
    assert replacements.wanted(lost("a"))
    cart = lost("a", owner=Owner(kind="Deployment", name="cart"))
    assert replacements.found(cart, [of("ready", SCHEDULED, READY)]) == Replacements(ready=0, awaited=1)
    assert not replacements.wanted(engine.opened(IncidentId("A"), a_pods_death(Cause.EVICTED)))
