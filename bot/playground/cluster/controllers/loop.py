"""The control loop: a change of a pod or of a workload brings its owner, and its owner's owner, up for
reconciliation.

Each key waits in the agenda at most once, as in a work queue.
"""

from collections.abc import Callable

from bot.playground.cluster.controllers.budgets import reconcile_all_budgets
from bot.playground.cluster.controllers.daemonsets import reconcile_daemon_set
from bot.playground.cluster.controllers.deployments import reconcile_deployment
from bot.playground.cluster.controllers.jobs import JobController
from bot.playground.cluster.controllers.replicasets import reconcile_replica_set
from bot.playground.cluster.controllers.statefulsets import reconcile_stateful_set
from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.objects import Json, controller_of, name_of, namespace_of
from bot.playground.cluster.resources import BY_KIND, DISRUPTION_BUDGETS, NODES, PODS
from bot.playground.cluster.store import Change

NOTICE_SECONDS = 0.05

Key = tuple[str, str, str]
Reconcile = Callable[[str, str], None]


class ControlLoop:
    """Sends changes to the controllers of their owners."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: set[Key] = set()
        jobs = JobController(world)
        self._controllers: dict[str, Reconcile] = {
            "ReplicaSet": lambda namespace, name: reconcile_replica_set(world, namespace, name),
            "Deployment": lambda namespace, name: reconcile_deployment(world, namespace, name),
            "StatefulSet": lambda namespace, name: reconcile_stateful_set(world, namespace, name),
            "DaemonSet": lambda namespace, name: reconcile_daemon_set(world, namespace, name),
            "Job": jobs.reconcile,
            "PodDisruptionBudget": lambda namespace, _name: reconcile_all_budgets(world, namespace),
        }
        world.store.on_change(self._notice)

    def _notice(self, change: Change) -> None:
        kind = change.resource.kind
        if kind in self._controllers and change.type != "DELETED":
            self._enqueue(kind, namespace_of(change.object), name_of(change.object))
        owner = controller_of(change.object)
        if owner is not None:
            self._enqueue(owner["kind"], namespace_of(change.object), owner["name"])
        if change.resource is PODS:
            self._enqueue(DISRUPTION_BUDGETS.kind, namespace_of(change.object), "")
        if change.resource is NODES and change.type != "MODIFIED":
            for daemon_set in self._world.store.all(BY_KIND["DaemonSet"]):
                self._enqueue("DaemonSet", namespace_of(daemon_set), name_of(daemon_set))
        if change.type == "DELETED" and change.resource is not PODS:
            self._collect(change.object)

    def _enqueue(self, kind: str, namespace: str, name: str) -> None:
        key = (kind, namespace, name)
        if kind not in self._controllers or key in self._waiting:
            return
        self._waiting.add(key)

        def reconcile() -> None:
            self._waiting.discard(key)
            self._controllers[kind](namespace, name)

        self._world.agenda.after(NOTICE_SECONDS, reconcile)

    def _collect(self, owner: Json) -> None:
        """Have the garbage collector remove what a deleted object owned."""

        def collect() -> None:
            for resource in BY_KIND.values():
                for obj in list(self._world.store.all(resource)):
                    reference = controller_of(obj)
                    if reference is None or reference["uid"] != owner["metadata"]["uid"]:
                        continue
                    if resource is PODS:
                        self._world.delete_pod(obj)
                    else:
                        self._world.store.remove(obj)

        self._world.agenda.after(NOTICE_SECONDS, collect)
