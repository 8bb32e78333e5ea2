"""The StatefulSet controller: pods with lasting names, made in order, replaced under the same name with a new
UID.
"""

from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.naming import template_hash
from bot.playground.cluster.objects import (
    Json,
    is_deleting,
    is_ready,
    is_terminal,
    labels_of,
    name_of,
    namespace_of,
)
from bot.playground.cluster.pod_template import pod_from_template
from bot.playground.cluster.resources import STATEFULSETS

COMPONENT = "statefulset-controller"
REVISION_LABEL = "controller-revision-hash"
_FAILED = frozenset({"Failed", "Succeeded"})


def reconcile_stateful_set(world: World, namespace: str, name: str) -> None:
    """Take one step towards the wanted pods at the wanted revision, and write the status."""
    owner = world.store.find(STATEFULSETS, namespace, name)
    if owner is None:
        return
    revision = f"{name}-{template_hash(owner['spec']['template'])}"
    pods = {name_of(pod): pod for pod in world.pods_of(owner)}
    _step(world, owner, pods, revision)
    _write_status(world, namespace, name, revision)


def _step(world: World, owner: Json, pods: dict[str, Json], revision: str) -> None:
    wanted = [f"{name_of(owner)}-{ordinal}" for ordinal in range(owner["spec"]["replicas"])]
    for pod_name in wanted:
        pod = pods.get(pod_name)
        if pod is None:
            _create(world, owner, pod_name, revision)
            return
        if is_terminal(pod) and not is_deleting(pod):
            world.delete_pod(pod)
            where = f"{namespace_of(owner)}/{name_of(owner)}"
            message = f"StatefulSet {where} is recreating failed Pod {pod_name}"
            world.events.warning(owner, "RecreatingFailedPod", message, component=COMPONENT)
            return
        if is_deleting(pod) or not is_ready(pod):
            return
    surplus = sorted((n for n in pods if n not in wanted), key=_ordinal, reverse=True)
    if surplus:
        world.delete_pod(pods[surplus[0]])
        return
    stale = [n for n in reversed(wanted) if labels_of(pods[n]).get(REVISION_LABEL) != revision]
    if stale:
        world.delete_pod(pods[stale[0]])
        message = f"delete Pod {stale[0]} in StatefulSet {name_of(owner)} successful"
        world.events.normal(owner, "SuccessfulDelete", message, component=COMPONENT)


def _ordinal(name: str) -> int:
    return int(name.rpartition("-")[2])


def _create(world: World, owner: Json, name: str, revision: str) -> None:
    labels = {
        REVISION_LABEL: revision,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(_ordinal(name)),
    }
    template = owner["spec"]["template"]
    pod = pod_from_template(owner, template, world.names, world.agenda.now(), name=name, labels=labels)
    pod["metadata"]["generateName"] = f"{name_of(owner)}-"
    pod["spec"]["hostname"] = name
    world.store.create(pod)
    message = f"create Pod {name} in StatefulSet {name_of(owner)} successful"
    world.events.normal(owner, "SuccessfulCreate", message, component=COMPONENT)


def _write_status(world: World, namespace: str, name: str, revision: str) -> None:
    owner = world.store.get(STATEFULSETS, namespace, name)
    pods = [p for p in world.pods_of(owner) if p["status"].get("phase") not in _FAILED]
    updated = sum(labels_of(p).get(REVISION_LABEL) == revision for p in pods)
    ready = sum(is_ready(p) and not is_deleting(p) for p in pods)
    rolled_out = updated == len(pods) == owner["spec"]["replicas"]
    owner["status"] = {
        "observedGeneration": owner["metadata"]["generation"],
        "replicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "currentReplicas": updated if rolled_out else len(pods) - updated,
        "updatedReplicas": updated,
        "currentRevision": revision if rolled_out else owner["status"].get("currentRevision", revision),
        "updateRevision": revision,
        "collisionCount": 0,
    }
    world.store.update(owner)
