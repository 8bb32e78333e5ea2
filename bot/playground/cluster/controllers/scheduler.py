"""The scheduler: binds pods to the node with the fewest pods that can take them, or says why none can."""

from collections import Counter

from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.objects import Json, condition_is_true, is_terminal, name_of, with_condition
from bot.playground.cluster.quantities import quantity, requested
from bot.playground.cluster.resources import NODES, PODS
from bot.playground.cluster.store import Change

COMPONENT = "default-scheduler"
NOTICE_SECONDS = 0.05
RETRY_SECONDS = 20.0


class Scheduler:
    """Binds pending pods."""

    def __init__(self, world: World) -> None:
        self._world = world
        world.store.on_change(self._notice)

    def _notice(self, change: Change) -> None:
        if change.resource is PODS and change.type == "ADDED" and not change.object["spec"].get("nodeName"):
            namespace, name = change.object["metadata"]["namespace"], change.object["metadata"]["name"]
            self._world.agenda.after(NOTICE_SECONDS, lambda: self.schedule(namespace, name))

    def schedule(self, namespace: str, name: str) -> None:
        """Bind one pod, or note that it cannot be bound and try again later."""
        pod = self._world.store.find(PODS, namespace, name)
        if pod is None or pod["spec"].get("nodeName") or is_terminal(pod):
            return
        if pod["spec"].get("schedulingGates"):
            self._hold(pod, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates")
            return
        reasons: Counter[str] = Counter()
        fitting = []
        for node in self._world.store.all(NODES):
            why_not = self._why_not(node, pod)
            if why_not:
                reasons.update([why_not])
            else:
                fitting.append(node)
        if fitting:
            self.bind(pod, min(fitting, key=lambda n: (len(self._pods_on(n)), name_of(n))))
            return
        self._refuse(pod, reasons)
        self._world.agenda.after(RETRY_SECONDS, lambda: self.schedule(namespace, name))

    def bind(self, pod: Json, node: Json) -> None:
        """Bind a pod to a node."""
        now = self._world.agenda.now()
        pod["spec"]["nodeName"] = name_of(node)
        scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None}
        pod["status"]["conditions"] = with_condition(pod["status"].get("conditions", ()), scheduled, now)
        bound = self._world.store.update(pod)
        where = f"{pod['metadata']['namespace']}/{name_of(pod)}"
        message = f"Successfully assigned {where} to {name_of(node)}"
        self._world.events.normal(bound, "Scheduled", message, component=COMPONENT)

    def _pods_on(self, node: Json) -> list[Json]:
        return [
            pod
            for pod in self._world.store.all(PODS)
            if pod["spec"].get("nodeName") == name_of(node) and not is_terminal(pod)
        ]

    def _why_not(self, node: Json, pod: Json) -> str:
        if node["spec"].get("unschedulable"):
            return "node(s) were unschedulable"
        for taint in node["spec"].get("taints", ()):
            if taint["effect"] in {"NoSchedule", "NoExecute"}:
                return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
        if not condition_is_true(node, "Ready"):
            return "node(s) had untolerated taint {node.kubernetes.io/not-ready: }"
        here = self._pods_on(node)
        for resource in ("cpu", "memory"):
            used = sum((requested(p, resource) for p in here), start=requested(pod, resource))
            if used > quantity(node["status"]["allocatable"][resource]):
                return f"Insufficient {resource}"
        return ""

    def _refuse(self, pod: Json, reasons: Counter[str]) -> None:
        count = sum(reasons.values())
        listed = ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items()))
        message = (
            f"0/{count} nodes are available: {listed}. preemption: 0/{count} nodes are available: "
            f"{count} No preemption victims found for incoming pod."
        )
        self._hold(pod, "Unschedulable", message)
        self._world.events.warning(pod, "FailedScheduling", message, component=COMPONENT)

    def _hold(self, pod: Json, reason: str, message: str) -> None:
        new = {
            "type": "PodScheduled",
            "status": "False",
            "reason": reason,
            "message": message,
            "lastProbeTime": None,
        }
        now = self._world.agenda.now()
        pod["status"]["conditions"] = with_condition(pod["status"].get("conditions", ()), new, now)
        self._world.store.update(pod)
