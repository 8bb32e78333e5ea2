"""The ReplicaSet controller: as many living pods as wanted, no more, no fewer."""

from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.objects import Json, is_deleting, is_ready, is_terminal, name_of
from bot.playground.cluster.pod_template import pod_from_template
from bot.playground.cluster.resources import REPLICASETS

COMPONENT = "replicaset-controller"


def reconcile_replica_set(world: World, namespace: str, name: str) -> None:
    """Create or delete pods until the ReplicaSet has its number, and write its status."""
    replica_set = world.store.find(REPLICASETS, namespace, name)
    if replica_set is None:
        return
    pods = world.pods_of(replica_set)
    active = [pod for pod in pods if not is_terminal(pod) and not is_deleting(pod)]
    missing = replica_set["spec"]["replicas"] - len(active)
    for _ in range(missing):
        _create(world, replica_set)
    if missing < 0:
        for pod in sorted(active, key=_least_wanted)[:-missing]:
            world.delete_pod(pod)
            message = f"Deleted pod: {name_of(pod)}"
            world.events.normal(replica_set, "SuccessfulDelete", message, component=COMPONENT)
    _write_status(world, namespace, name)


def _create(world: World, replica_set: Json) -> None:
    template = replica_set["spec"]["template"]
    pod = world.store.create(pod_from_template(replica_set, template, world.names, world.agenda.now()))
    message = f"Created pod: {name_of(pod)}"
    world.events.normal(replica_set, "SuccessfulCreate", message, component=COMPONENT)


def _least_wanted(pod: Json) -> tuple[object, ...]:
    """Order for deletion: unassigned before assigned, pending before running, unready before ready, young
    before old.
    """
    assigned = bool(pod["spec"].get("nodeName"))
    age = pod["metadata"]["creationTimestamp"]
    return assigned, pod["status"].get("phase") == "Running", is_ready(pod), tuple(-ord(c) for c in age)


def _write_status(world: World, namespace: str, name: str) -> None:
    replica_set = world.store.get(REPLICASETS, namespace, name)
    active = [p for p in world.pods_of(replica_set) if not is_terminal(p) and not is_deleting(p)]
    ready = sum(is_ready(pod) for pod in active)
    status: Json = {"observedGeneration": replica_set["metadata"]["generation"], "replicas": len(active)}
    if active:
        status["fullyLabeledReplicas"] = len(active)
    if ready:
        status |= {"readyReplicas": ready, "availableReplicas": ready}
    replica_set["status"] = status
    world.store.update(replica_set)
