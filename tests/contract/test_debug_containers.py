"""Adding debug containers: on clusters that can, and the clear answer of those that cannot."""

from __future__ import annotations

import pytest

from bot.errors import InvalidRequest, NotServed, ObjectConflict, ObjectNotFound
from bot.kube.connect import connect
from bot.kube.targets import targets
from bot.model.pods import PodUid
from bot.pods.ports import DebugContainer
from tests.contract.simulated import SimulatedStage
from tests.contract.stage import Stage
from tests.support.envtest import ASSETS, HOW_TO_RUN, ControlPlane

CONTAINER = DebugContainer(name="debugger", image="busybox:1.36", command=("ps",), target="app")


def can(stage: Stage) -> bool:
    """The simulated cluster is of today; the real one is 1.20, where the feature gate is off."""
    return isinstance(stage, SimulatedStage)


async def test_one_is_added_where_the_cluster_can(stage: Stage) -> None:
    """The pod then has it; where the cluster cannot, that is the answer, and nothing was changed."""
    uid = PodUid(await stage.create_pod("web-1"))
    cluster = stage.cluster()
    if can(stage):
        await cluster.add_debug_container(stage.namespace, "web-1", uid=uid, container=CONTAINER)
    else:
        with pytest.raises(NotServed, match=r"has no debug containers.*Nothing was changed"):
            await cluster.add_debug_container(stage.namespace, "web-1", uid=uid, container=CONTAINER)
    pod = await cluster.get_pod(stage.namespace, "web-1")
    added = [each.name for each in pod.spec.ephemeral_containers or ()]
    assert added == (["debugger"] if can(stage) else [])


async def test_a_pod_that_is_gone_is_said_to_be(stage: Stage) -> None:
    """404 has two meanings here; this one is about the pod."""
    with pytest.raises(ObjectNotFound, match="No pod `web-1`"):
        await stage.cluster().add_debug_container(
            stage.namespace, "web-1", uid=PodUid("x"), container=CONTAINER
        )


async def test_it_is_bound_to_the_pod_that_was_seen(stage: Stage) -> None:
    """A pod of the same name and another UID is not touched."""
    await stage.create_pod("web-1")
    if not can(stage):
        pytest.skip("this API server has no debug containers")
    with pytest.raises(ObjectConflict):
        await stage.cluster().add_debug_container(
            stage.namespace, "web-1", uid=PodUid("another"), container=CONTAINER
        )


async def test_what_the_api_server_does_not_take(stage: Stage) -> None:
    """Its own words are passed on."""
    uid = PodUid(await stage.create_pod("web-1"))
    if not can(stage):
        pytest.skip("this API server has no debug containers")
    taken = DebugContainer(name="app", image="busybox:1.36")
    with pytest.raises(InvalidRequest, match='Duplicate value: "app"'):
        await stage.cluster().add_debug_container(stage.namespace, "web-1", uid=uid, container=taken)


@pytest.mark.envtest
async def test_the_older_shape_of_the_feature_is_told_from_todays() -> None:
    """With its gate on, 1.20 would answer 200 to today's patch and add nothing: so it is not even asked."""
    if not ASSETS:
        pytest.skip(HOW_TO_RUN)
    with ControlPlane(feature_gates=("EphemeralContainers",)) as control_plane:
        control_plane.create_namespace("shop")
        body = {
            "metadata": {"name": "web-1"},
            "spec": {"containers": [{"name": "app", "image": "registry.example/app:1"}]},
        }
        made = control_plane.call("POST", "/api/v1/namespaces/shop/pods", body)
        cluster = connect(targets(kubeconfig=str(control_plane.kubeconfig), environ={})[0])
        try:
            with pytest.raises(NotServed, match="Nothing was changed"):
                await cluster.add_debug_container(
                    "shop", "web-1", uid=PodUid(made["metadata"]["uid"]), container=CONTAINER
                )
        finally:
            await cluster.close()
