"""The stage on which scenarios play: finding what they befall, and the few acts that they are made of."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.cluster.controllers.nodes import NodeController
from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.kubelet.plans import ContainerPlan, Ending, PodPlan
from bot.playground.cluster.kubelet.pods import Kubelet
from bot.playground.cluster.kubelet.runtime import Container, PodRuntime, Role
from bot.playground.cluster.naming import template_hash
from bot.playground.cluster.objects import (
    Json,
    controller_of,
    copied,
    is_deleting,
    is_ready,
    is_terminal,
    name_of,
    namespace_of,
    uid_of,
)
from bot.playground.cluster.resources import (
    BY_KIND,
    DEPLOYMENTS,
    JOBS,
    NODES,
    PODS,
    STATEFULSETS,
    Resource,
)

_LASTING = (DEPLOYMENTS, STATEFULSETS, BY_KIND["DaemonSet"])
_WORKLOADS = (*_LASTING, BY_KIND["CronJob"], JOBS)


class NothingFits(Exception):
    """There is nothing that the scenario could befall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen, or the scenario's usual target where nothing was."""

    namespace: str
    name: str
    usual: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What there was when the cluster was handed over: what "Heal everything" goes back to."""

    workloads: tuple[Json, ...] = ()
    """What runs for ever, with its template and its number of pods."""
    bare_pods: tuple[Json, ...] = ()
    """As a client would create them."""
    jobs: frozenset[str] = frozenset()
    """The UIDs of those that were there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A pod on its node, and the container that matters."""

    pod: Json
    runtime: PodRuntime
    container: Container

    @property
    def title(self) -> str:
        """The pod and container in words."""
        return f"{name_of(self.pod)} in {namespace_of(self.pod)}: container {self.container.name}"


class Stage:
    """Acts upon the cluster."""

    def __init__(self, world: World, kubelet: Kubelet, nodes: NodeController) -> None:
        self.world = world
        self.kubelet = kubelet
        self.nodes = nodes
        self.lost_nodes: dict[str, Json] = {}
        self.beginning = Beginning()

    def begin(self) -> None:
        """Take what there is now for the beginning."""
        store = self.world.store
        self.beginning = Beginning(
            workloads=tuple(copied(each) for resource in _LASTING for each in store.all(resource)),
            bare_pods=tuple(
                _as_created(pod) for pod in store.all(PODS) if controller_of(pod) is None and self._lives(pod)
            ),
            jobs=frozenset(uid_of(each) for each in store.all(JOBS)),
        )

    def pod(self, choice: Choice) -> Json:
        """Return the chosen pod, or a ready one of the usual workload (else of any workload).

        Raises:
            NothingFits: no pod of that name, or none at all.
        """
        if choice.name:
            found = self.world.store.find(PODS, choice.namespace, choice.name)
            if found is None:
                found = next(iter(self.pods_of_workload(choice.namespace, choice.name)), None)
            if found is None:
                raise NothingFits(f'there is no pod "{choice.name}" in {choice.namespace}')
            return found
        living = [p for p in self.world.store.all(PODS) if self._lives(p)]
        usual = [p for p in living if self.belongs_to(p, *choice.usual)]
        for pod in usual or living:
            return copied(pod)
        raise NothingFits("no pod is running")

    def actor(self, choice: Choice, *, role: Role = Role.APP, container: str = "") -> Actor:
        """Return a pod and its container of a role (the first, or the one of a name), running."""
        pod = self.pod(choice)
        runtime = self.kubelet.runtime(uid_of(pod))
        if runtime is None:
            raise NothingFits(f"{name_of(pod)} has not reached its node")
        candidates = [c for c in runtime.of_role(role) if c.name == container] or runtime.of_role(role)
        if not candidates:
            raise NothingFits(f"{name_of(pod)} has no {role.value} container")
        return Actor(pod=pod, runtime=runtime, container=candidates[0])

    def workload(self, choice: Choice) -> Json:
        """Return the chosen workload, by its own name or by that of one of its pods, or the usual one."""
        namespace, name = (choice.namespace, choice.name) if choice.name else choice.usual
        for resource in _WORKLOADS:
            found = self.world.store.find(resource, namespace, name)
            if found is not None:
                return found
        pod = self.world.store.find(PODS, namespace, name)
        owner = self.top_owner(pod) if pod is not None else None
        if owner is None:
            raise NothingFits(f'there is no workload "{name}" in {namespace}')
        return owner

    def node(self, choice: Choice) -> str:
        """Return the chosen node, by its name or by that of a pod on it, or the node of the usual workload's
        pod.
        """
        if choice.name and self.world.store.find(NODES, "", choice.name) is not None:
            return choice.name
        node = self.pod(choice)["spec"].get("nodeName")
        if not node:
            raise NothingFits("the pod has no node")
        return str(node)

    def top_owner(self, pod: Json) -> Json | None:
        """Return the workload at the top of a pod's chain of owners, None for a bare pod."""
        current, top = pod, None
        while (reference := controller_of(current)) is not None and reference["kind"] in BY_KIND:
            found = self.world.store.find(BY_KIND[reference["kind"]], namespace_of(pod), reference["name"])
            if found is None:
                break
            current = top = found
        return top

    def belongs_to(self, pod: Json, namespace: str, workload: str) -> bool:
        """Whether a pod is that of a workload, or is the bare pod of that name."""
        owner = self.top_owner(pod)
        return namespace_of(pod) == namespace and name_of(owner or pod) == workload

    def pods_of_workload(self, namespace: str, workload: str) -> list[Json]:
        """Return copies of a workload's pods that are not going."""
        return [
            copied(pod)
            for pod in self.world.store.all(PODS, namespace)
            if self.belongs_to(pod, namespace, workload) and not is_deleting(pod) and not is_terminal(pod)
        ]

    def end_run(self, actor: Actor, ending: Ending, *, unseen: bool = False) -> None:
        """End the present run of a container now."""
        if not actor.container.running:
            raise NothingFits(f"container {actor.container.name} of {name_of(actor.pod)} is not running")
        self.kubelet.runner.end(actor.runtime, actor.container, ending, unseen=unseen)

    def plan_workload(self, workload: Json, plan: ContainerPlan, *, container: str = "*") -> None:
        """Lay a plan for the pods of the workload's newest revision, once there is one."""
        self.kubelet.host.plans.for_workload(self._controller_key(workload), plan, container=container)

    def plan_pods(self, workload: Json, plan: PodPlan) -> None:
        """Lay a plan for whole pods of the workload's newest revision."""
        self.kubelet.host.plans.pod_as_whole(self._controller_key(workload), plan)

    def plan_success(self, pod: Json) -> None:
        """Let the containers of a pod that is about to be created end with 0 after a while."""
        ending = Ending(after=6.0, exit_code=0, reason="Completed", last_words=("INFO  run finished",))
        self.kubelet.host.plans.for_pod(uid_of(pod), ContainerPlan(ending=ending))

    def change_template(self, workload: Json, change: Callable[[Json], None]) -> Json:
        """Change a workload's pod template, which rolls it out, and return the workload."""
        resource: Resource = BY_KIND[workload["kind"]]
        fresh = self.world.store.get(resource, namespace_of(workload), name_of(workload))
        change(fresh["spec"]["template"])
        fresh["metadata"]["generation"] += 1
        return self.world.store.update(fresh)

    def scale(self, workload: Json, by: int) -> int:
        """Change how many pods a workload wants and return the number."""
        resource = BY_KIND[workload["kind"]]
        fresh = self.world.store.get(resource, namespace_of(workload), name_of(workload))
        if "replicas" not in fresh["spec"]:
            raise NothingFits(f"{name_of(workload)} cannot be scaled")
        fresh["spec"]["replicas"] = max(0, fresh["spec"]["replicas"] + by)
        fresh["metadata"]["generation"] += 1
        return int(self.world.store.update(fresh)["spec"]["replicas"])

    def _controller_key(self, workload: Json) -> tuple[str, str, str]:
        """Return the key of what will control the pods: for a Deployment the ReplicaSet of its present
        template.
        """
        namespace, name = namespace_of(workload), name_of(workload)
        if workload["kind"] != "Deployment":
            return namespace, workload["kind"], name
        return namespace, "ReplicaSet", template_name(workload)

    @staticmethod
    def _lives(pod: Json) -> bool:
        return is_ready(pod) and not is_deleting(pod) and not is_terminal(pod)


def template_name(deployment: Json) -> str:
    """Return the name of the ReplicaSet that a Deployment's present template has or will get."""
    return f"{name_of(deployment)}-{template_hash(deployment['spec']['template'])}"


def _as_created(pod: Json) -> Json:
    """Return a pod without what the cluster has added to it."""
    metadata = {
        key: pod["metadata"][key] for key in ("name", "namespace", "labels") if key in pod["metadata"]
    }
    spec = {key: value for key, value in pod["spec"].items() if key != "nodeName"}
    return copied({"metadata": metadata, "spec": spec})
