"""What befalls all pods of a node: it is lost, tainted, or shut down."""

from bot.playground.cluster.controllers.world import disruption
from bot.playground.cluster.objects import uid_of
from bot.playground.cluster.resources import NODES
from bot.playground.cluster.scenarios.stage import Choice, Stage
from bot.playground.cluster.scenarios.table import Group, Scenario, TargetKind

REMOVED_AFTER = 40.0
EVICTED_AFTER = 3.0
BACK_AFTER = 60.0


def _lost(stage: Stage, choice: Choice) -> str:
    node = stage.node(choice)
    lost = stage.lost_nodes.setdefault(node, stage.world.store.get(NODES, "", node))
    count = len(stage.nodes.pods_on(node))
    stage.nodes.lose(node)

    def remove() -> None:
        if stage.lost_nodes.get(node) is lost:  # it may have come back, and be lost once more
            stage.nodes.remove(node)

    stage.world.agenda.after(REMOVED_AFTER, remove)
    return f"{node} stopped answering with {count} pods on it; the cloud removes it in {REMOVED_AFTER:.0f} s"


def _tainted(stage: Stage, choice: Choice) -> str:
    node = stage.node(choice)
    stage.nodes.taint(node, "node.kubernetes.io/disk-pressure")

    def evict() -> None:
        if stage.nodes.has_taint(node):
            stage.nodes.evict_by_taint(node)

    stage.world.agenda.after(EVICTED_AFTER, evict)
    return f"{node} got a NoExecute taint; the taint manager deletes its pods"


def _shut_down(stage: Stage, choice: Choice) -> str:
    node = stage.node(choice)
    message = "Pod was terminated in response to imminent node shutdown."
    stage.nodes.set_condition(node, "Ready", "False", "KubeletNotReady", "node is shutting down")
    stage.nodes.taint(node, "node.kubernetes.io/not-ready", "NoSchedule")
    pods = stage.nodes.pods_on(node)
    for pod in pods:
        stage.kubelet.end_pod(
            uid_of(pod),
            reason="Terminated",
            message=message,
            exit_code=143,
            disruption=disruption("TerminationByKubelet", message),
        )
    ready = ("Ready", "True", "KubeletReady", "kubelet is posting ready status")

    def back() -> None:
        stage.nodes.untaint(node)
        stage.nodes.set_condition(node, *ready)

    stage.world.agenda.after(BACK_AFTER, back)
    return f"{node} shuts down and ends its {len(pods)} pods; back in {BACK_AFTER:.0f} s"


NODE_DEATHS = (
    Scenario(
        id="node-lost",
        title="Node lost",
        hint="A node stops answering and is removed (DeletionByPodGC)",
        group=Group.DIES,
        target=TargetKind.NODE,
        usual=("shop", "search"),
        act=_lost,
    ),
    Scenario(
        id="taint-eviction",
        title="Taint eviction",
        hint="A NoExecute taint drives pods off a node",
        group=Group.DIES,
        target=TargetKind.NODE,
        usual=("shop", "cart"),
        act=_tainted,
    ),
    Scenario(
        id="node-shutdown",
        title="Node shutdown",
        hint="A node shuts down gracefully and ends its pods",
        group=Group.DIES,
        target=TargetKind.NODE,
        usual=("payments", "api"),
        act=_shut_down,
    ),
)
