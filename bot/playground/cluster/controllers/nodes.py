"""Nodes and what befalls the pods on them: the node lifecycle controller, the taint manager and the pod
collector.
"""

from collections.abc import Callable

from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.kubelet.pods import Kubelet
from bot.playground.cluster.objects import (
    Json,
    copied,
    is_deleting,
    is_terminal,
    name_of,
    timestamp,
    with_condition,
)
from bot.playground.cluster.resources import NODES, PODS

UNREACHABLE = "node.kubernetes.io/unreachable"
LIFECYCLE = "node-controller"

_CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def new_node(world: World, name: str, number: int) -> Json:
    """Return a healthy worker of 4 cores and 8 GiB."""
    now = timestamp(world.agenda.now())
    capacity = {"cpu": "4", "ephemeral-storage": "64Gi", "memory": "8Gi", "pods": "110"}
    return {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "uid": world.names.uid(),
            "creationTimestamp": now,
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": "standard-4",
                "topology.kubernetes.io/zone": f"zone-{'abc'[number % 3]}",
            },
        },
        "spec": {"podCIDR": f"10.244.{number}.0/24", "podCIDRs": [f"10.244.{number}.0/24"]},
        "status": {
            "capacity": capacity,
            "allocatable": capacity | {"memory": "7600Mi"},
            "addresses": [
                {"type": "InternalIP", "address": f"192.168.10.{10 + number}"},
                {"type": "Hostname", "address": name},
            ],
            "conditions": [
                {
                    "type": kind,
                    "status": status,
                    "reason": reason,
                    "message": message,
                    "lastHeartbeatTime": now,
                    "lastTransitionTime": now,
                }
                for kind, status, reason, message in _CONDITIONS
            ],
            "nodeInfo": {
                "architecture": "amd64",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": "6.12.43",
                "kubeletVersion": "v1.34.1",
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "osImage": "Debian GNU/Linux 13 (trixie)",
                "machineID": f"{number:032x}",
                "systemUUID": f"{number:032x}",
                "bootID": f"{number:032x}",
            },
        },
    }


class NodeController:
    """Changes nodes, and deals with the pods on them as the control plane does."""

    def __init__(self, world: World, kubelet: Kubelet) -> None:
        self._world = world
        self._kubelet = kubelet

    def set_condition(self, name: str, kind: str, status: str, reason: str, message: str) -> None:
        """Write one condition of a node."""
        now = self._world.agenda.now()
        new = {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": timestamp(now),
        }

        def change(node: Json) -> None:
            node["status"]["conditions"] = with_condition(node["status"]["conditions"], new, now)

        self._change(name, change)

    def cordon(self, name: str, *, on: bool = True) -> None:
        """Take a node out of scheduling, or back in."""

        def change(node: Json) -> None:
            node["spec"].pop("unschedulable", None)
            if on:
                node["spec"]["unschedulable"] = True

        self._change(name, change)

    def taint(self, name: str, key: str, effect: str = "NoExecute") -> None:
        """Put a taint on a node."""
        added = {"key": key, "effect": effect, "timeAdded": timestamp(self._world.agenda.now())}
        self._change(name, lambda node: node["spec"].setdefault("taints", []).append(added))

    def lose(self, name: str) -> None:
        """A node stops answering: it is marked NotReady, and so are its pods, which in truth go on."""
        self._kubelet.silence(name)
        for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready"):
            self.set_condition(
                name, kind, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."
            )
        self.taint(name, UNREACHABLE, "NoSchedule")
        self.taint(name, UNREACHABLE)
        for pod in self.pods_on(name):
            now = self._world.agenda.now()
            pod["status"]["conditions"] = with_condition(
                pod["status"].get("conditions", ()),
                {"type": "Ready", "status": "False", "lastProbeTime": None},
                now,
            )
            changed = self._world.store.update(pod)
            self._world.events.warning(changed, "NodeNotReady", "Node is not ready", component=LIFECYCLE)

    def remove(self, name: str) -> None:
        """The cloud takes a lost node away: the pod collector fails and removes what was on it."""
        node = self._world.store.find(NODES, "", name)
        if node is None:
            return
        self._world.store.remove(node)
        for pod in self._all_on(name):
            collected = pod if is_terminal(pod) else self._failed_for_good(pod)
            if collected is not None:
                self._world.delete_pod(collected, grace=0)

    def _failed_for_good(self, pod: Json) -> Json | None:
        """Fail a pod that has lost its node, and mark why; the collector marks none that is over already."""
        marked = self._world.mark_disrupted(pod, "DeletionByPodGC", "PodGC: node no longer exists")
        if marked is None:
            return None
        marked["status"]["phase"] = "Failed"
        return self._world.store.update(marked)

    def evict_by_taint(self, name: str) -> None:
        """The taint manager deletes what does not tolerate a NoExecute taint."""
        for pod in self.pods_on(name):
            if any(
                t.get("operator") == "Exists" and not t.get("key") for t in pod["spec"].get("tolerations", ())
            ):
                continue
            message = "Taint manager: deleting due to NoExecute taint"
            marked = self._world.mark_disrupted(pod, "DeletionByTaintManager", message)
            if marked is not None:
                where = f"{pod['metadata']['namespace']}/{name_of(pod)}"
                self._world.events.normal(
                    marked,
                    "TaintManagerEviction",
                    f"Marking for deletion Pod {where}",
                    component="taint-eviction-controller",
                )
                self._world.delete_pod(marked)

    def has_taint(self, name: str) -> bool:
        """Whether any taint is on a node."""
        node = self._world.store.find(NODES, "", name)
        return node is not None and bool(node["spec"].get("taints"))

    def is_cordoned(self, name: str) -> bool:
        """Whether a node is out of scheduling."""
        node = self._world.store.find(NODES, "", name)
        return node is not None and bool(node["spec"].get("unschedulable"))

    def untaint(self, name: str) -> None:
        """Take every taint off a node."""
        self._change(name, lambda node: node["spec"].pop("taints", None))

    def restore(self, name: str, lost: Json | None) -> None:
        """Make a node healthy, schedulable and untainted; one that was removed comes back anew."""
        if lost is not None and self._world.store.find(NODES, "", name) is None:
            fresh = copied(lost)
            fresh["metadata"] |= {
                "uid": self._world.names.uid(),
                "creationTimestamp": timestamp(self._world.agenda.now()),
            }
            self._world.store.create(fresh)
        self.untaint(name)
        self.cordon(name, on=False)
        for kind, status, reason, message in _CONDITIONS:
            self.set_condition(name, kind, status, reason, message)
        self._kubelet.bring_back(name)

    def pods_on(self, name: str) -> list[Json]:
        """Return copies of the pods on a node that have not ended and are not being deleted."""
        return [pod for pod in self._all_on(name) if not is_terminal(pod) and not is_deleting(pod)]

    def _all_on(self, name: str) -> list[Json]:
        return [copied(pod) for pod in self._world.store.all(PODS) if pod["spec"].get("nodeName") == name]

    def _change(self, name: str, change: Callable[[Json], object]) -> None:
        node = self._world.store.find(NODES, "", name)
        if node is not None:
            change(node)
            self._world.store.update(node)
