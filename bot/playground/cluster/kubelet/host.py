"""What all kubelets share: the way to the API server, the calendar, the recorder of events, and the plans."""

from dataclasses import dataclass, field

from bot.playground.cluster.agenda import Agenda
from bot.playground.cluster.events import EventRecorder
from bot.playground.cluster.kubelet.plans import Plans
from bot.playground.cluster.kubelet.runtime import Container, PodRuntime, Role
from bot.playground.cluster.kubelet.status import pod_status
from bot.playground.cluster.logs import LogBook
from bot.playground.cluster.naming import Names
from bot.playground.cluster.objects import Json, uid_of, with_condition
from bot.playground.cluster.resources import PODS
from bot.playground.cluster.store import Store

COMPONENT = "kubelet"
_FIELDS = {Role.APP: "containers", Role.EPHEMERAL: "ephemeralContainers"}


@dataclass(slots=True, kw_only=True)
class Host:
    """The surroundings of the kubelets."""

    store: Store
    agenda: Agenda
    names: Names
    events: EventRecorder
    plans: Plans
    logs: LogBook
    pace: float = 1.0
    silent_nodes: set[str] = field(default_factory=set)
    """Nodes whose kubelet reaches nobody: nothing is written for their pods."""

    def pod(self, runtime: PodRuntime) -> Json | None:
        """Return the pod of a runtime as the API server has it; None when it, or that incarnation of it, is
        gone.
        """
        pod = self.store.find(PODS, runtime.namespace, runtime.name)
        return pod if pod is not None and uid_of(pod) == runtime.uid else None

    def write(self, runtime: PodRuntime, *, mark: Json | None = None) -> None:
        """Write the status of a pod, unless its node is cut off; `mark` is a condition that comes with it."""
        pod = self.pod(runtime)
        if pod is None or runtime.node in self.silent_nodes:
            return
        if mark is not None:
            marked = with_condition(pod["status"].get("conditions", ()), mark, self.agenda.now())
            pod["status"]["conditions"] = marked
        host_address = pod["status"].get("hostIP") or self.node_address(runtime.node)
        pod["status"] = pod_status(pod, runtime, self.agenda.now()) | {
            "hostIP": host_address,
            "hostIPs": [{"ip": host_address}],
        }
        self.store.update(pod)

    def node_address(self, node: str) -> str:
        """Return a node's own address: 192.168.10.11 for worker-1 and so on."""
        digits = "".join(filter(str.isdigit, node)) or "1"
        return f"192.168.10.{10 + int(digits) % 200}"

    def tell(
        self,
        runtime: PodRuntime,
        reason: str,
        message: str,
        *,
        about: Container | None = None,
        bad: bool = False,
    ) -> None:
        """Record an event about a pod or one of its containers."""
        pod = self.pod(runtime)
        if pod is None or runtime.node in self.silent_nodes:
            return
        source = {"component": COMPONENT, "host": runtime.node}
        if about is not None:
            source["field_path"] = f"spec.{_FIELDS.get(about.role, 'initContainers')}{{{about.name}}}"
        record = self.events.warning if bad else self.events.normal
        record(pod, reason, message, **source)
