"""Every kind of death carries what routes go by: the pod may be gone when it is told."""

from __future__ import annotations

from msgspec.structs import replace

from bot.model.deaths import Death
from bot.model.pods import Pod
from bot.watch import classifier, stuck
from bot.watch.removals import Removals
from tests.support.deaths import CLUSTER
from tests.support.pods import a_pod, at, crashed, running, waiting

SAID = {"podbot.io/owner": "team shop", "checksum/config": "0123"}


def labelled(pod: Pod) -> Pod:
    return replace(pod, metadata=replace(pod.metadata, labels={"tier": "front"}, annotations=SAID))


def carries(death: Death) -> bool:
    return (death.labels, death.annotations) == (
        (("tier", "front"),),
        (("podbot.io/owner", "team shop"),),
    )


def test_a_container_that_died() -> None:
    """As the pod was when it did."""
    counted = classifier.baseline(labelled(a_pod(running("app"))), at(0))
    (death,), _ = classifier.deaths(CLUSTER, labelled(a_pod(crashed("app", 1))), counted, at(20))
    assert carries(death)


def test_a_pod_that_died_as_a_whole() -> None:
    """The node says why, and its labels are still there."""
    pod = labelled(a_pod(phase="Failed", reason="Evicted"))
    (death,), _ = classifier.deaths(CLUSTER, pod, {}, at(20))
    assert carries(death)


def test_a_pod_that_is_stuck() -> None:
    """Nothing died, and it is told all the same."""
    pod = labelled(a_pod(waiting("app", "ErrImagePull"), phase="Pending"))
    (complaint,) = stuck.complaints(pod)
    assert carries(stuck.death(CLUSTER, pod, complaint, at(0), at(60)))


async def test_a_pod_that_is_gone() -> None:
    """Its last state is all there is."""
    removals = Removals(CLUSTER)
    removals.noted(labelled(a_pod(running("app"), owner=None)), at(0), 0.0)
    await removals.judged(at(19), 19.0)
    (death,) = (await removals.judged(at(20), 20.0)).values()
    assert death is not None
    assert carries(death)
