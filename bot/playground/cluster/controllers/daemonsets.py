"""The DaemonSet controller: one pod on every node that takes pods."""

from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.naming import template_hash
from bot.playground.cluster.objects import Json, is_deleting, is_ready, is_terminal, name_of, with_condition
from bot.playground.cluster.pod_template import pod_from_template
from bot.playground.cluster.resources import DAEMONSETS, NODES

COMPONENT = "daemonset-controller"


def reconcile_daemon_set(world: World, namespace: str, name: str) -> None:
    """Make the missing pods, remove failed ones, and write the status."""
    owner = world.store.find(DAEMONSETS, namespace, name)
    if owner is None:
        return
    nodes = [name_of(node) for node in world.store.all(NODES)]
    by_node: dict[str, Json] = {}
    for pod in world.pods_of(owner):
        if is_terminal(pod):
            world.delete_pod(pod)
            where = f"{namespace}/{name_of(pod)} on node {pod['spec']['nodeName']}"
            message = f"Found failed daemon pod {where}, will try to kill it"
            world.events.warning(owner, "FailedDaemonPod", message, component=COMPONENT)
        elif not is_deleting(pod):
            by_node[pod["spec"]["nodeName"]] = pod
    for node in nodes:
        if node not in by_node:
            by_node[node] = _create(world, owner, node)
    ready = sum(is_ready(pod) for pod in by_node.values())
    owner = world.store.get(DAEMONSETS, namespace, name)
    owner["status"] = {
        "observedGeneration": owner["metadata"]["generation"],
        "desiredNumberScheduled": len(nodes),
        "currentNumberScheduled": len(by_node),
        "updatedNumberScheduled": len(by_node),
        "numberReady": ready,
        "numberAvailable": ready,
        "numberUnavailable": len(nodes) - ready,
        "numberMisscheduled": 0,
    }
    world.store.update(owner)


def _create(world: World, owner: Json, node: str) -> Json:
    template = owner["spec"]["template"]
    labels = {"controller-revision-hash": template_hash(template), "pod-template-generation": "1"}
    now = world.agenda.now()
    pod = pod_from_template(owner, template, world.names, now, labels=labels)
    pod["spec"]["nodeName"] = node
    pod["spec"]["tolerations"] = [{"operator": "Exists"}]
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None}
    pod["status"]["conditions"] = with_condition((), scheduled, now)
    created = world.store.create(pod)
    message = f"Created pod: {name_of(created)}"
    world.events.normal(owner, "SuccessfulCreate", message, component=COMPONENT)
    return created
