"""The cluster in which a trial happens: simulated, its controllers alive, its kubelets in the trial's hand.

The simulated kubelets are silenced; `Ground` runs what is put on their nodes, and makes containers die in all
the ways in which a status shows it. Whatever it makes die it writes down in its `truth`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random

from bot.playground import cluster as simulation
from bot.playground.cluster import RunningCluster, SimulatedCluster
from bot.playground.cluster.objects import Json, is_deleting, is_terminal, uid_of
from bot.playground.cluster.resources import PODS
from bot.playground.cluster.store import Change
from bot.playground.cluster.workloads import container, deployment, template
from tests.chaos.statuses import How, Run, backing_off, down, evicted, pod_status, running
from tests.chaos.truth import TrueDeath, Truth
from tests.support.waiting import eventually

NAMESPACE = "shop"
VICTIMS = "victims"
"""The namespace of pods that nobody but people kill."""

CONTAINERS = ("app", "proxy")
NOTICED_AFTER = 0.05
"""Seconds until a node starts, or removes, a pod."""

DOWN_FOR = 0.3
"""Seconds for which a container stays down where its restart is not immediate."""


class Ground:
    """The cluster, the hand that kills in it, and what is true."""

    def __init__(self, served: RunningCluster) -> None:
        self.served = served
        self.truth = Truth()
        self.deletions: list[str] = []
        """UIDs of pods whose deletion was asked for, once for each that the API server began."""
        self._runs: dict[str, dict[str, Run]] = {}
        self._down: set[tuple[str, str]] = set()
        self._turn: list[tuple[Json, str]] = []
        self.cluster.store.on_change(self._notice)

    @property
    def cluster(self) -> SimulatedCluster:
        """The simulated cluster itself."""
        return self.served.cluster

    async def settled(self) -> None:
        """Return when every pod that is wanted runs."""
        await eventually(lambda: all(uid_of(pod) in self._runs for pod in self.cluster.pods()))

    def victims(self) -> list[str]:
        """The names of pods that may be deleted by people."""
        return [pod["metadata"]["name"] for pod in self.cluster.pods(VICTIMS) if not is_deleting(pod)]

    def uid(self, namespace: str, name: str) -> str:
        """The UID of a pod that is there."""
        return uid_of(self.cluster.pod(namespace, name))

    def kill(self, chance: Random, *, may_vanish: bool = True) -> bool:
        """Make something die; with `may_vanish` perhaps so that the API server keeps no trace of it.

        What nobody can know is never made to happen: a pod that goes away together with the history that
        would tell of it. Whoever lets the API server forget its history must see to it that all is told.
        False where all containers are down already.
        """
        alive = self._alive()
        if not alive:
            return False
        pod, name = chance.choice(alive)
        run = self._runs[uid_of(pod)][name]
        kind = chance.random()
        if kind < 0.1 and may_vanish:
            self._evict(pod)
        elif kind < 0.25 and may_vanish:
            self._crash_and_vanish(pod, run, self._how(chance))
        elif kind < 0.55:
            self._crash(pod, run, self._how(chance), waits=chance.random() < 0.5)
        else:
            self._restart(pod, run, self._how(chance))
        return True

    def restart_some(self, number: int) -> None:
        """So many containers end and are started again at once, each in its turn; cheaply, for a flood."""
        for _ in range(number):
            if not self._turn:
                self._turn = self._alive()
            pod, name = self._turn.pop()
            self._restart(pod, self._runs[uid_of(pod)][name], How.CRASH)

    def _alive(self) -> list[tuple[Json, str]]:
        """All containers that run."""
        return [
            (pod, name)
            for pod in self.cluster.pods(NAMESPACE)
            if not is_deleting(pod) and not is_terminal(pod)
            for name in self._runs.get(uid_of(pod), ())
            if (uid_of(pod), name) not in self._down
        ]

    def _restart(self, pod: Json, run: Run, how: How) -> None:
        """A container ends and is started again, in one status."""
        self._record(pod, run, f"{how.name}, restarted at once")
        self._put(pod, run.next(run.ended(how, self._now())))

    def _crash(self, pod: Json, run: Run, how: How, *, waits: bool) -> None:
        """A container ends, perhaps is waited for, and is started again: a status for each."""
        place = (run.pod_uid, run.name)
        end = run.ended(how, self._now())
        self._record(pod, run, f"{how.name}, restarted later")
        self._down.add(place)
        self._write(pod, {run.name: down(run, end)})

        def again() -> None:
            self._down.discard(place)
            if run.name in self._runs[run.pod_uid]:
                self._put(pod, run.next(end))

        if waits:
            self.cluster.agenda.after(
                DOWN_FOR / 2, lambda: self._write(pod, {run.name: backing_off(run, end)})
            )
        self.cluster.agenda.after(DOWN_FOR, again)

    def _crash_and_vanish(self, pod: Json, run: Run, how: How) -> None:
        """A container ends, and somebody takes the pod away before it starts again."""
        self._record(pod, run, f"{how.name}, and its pod vanished")
        self._write(pod, {run.name: down(run, run.ended(how, self._now()))})
        self._forget(pod)
        self._remove(pod)

    def _evict(self, pod: Json) -> None:
        self.truth.add(TrueDeath(uid_of(pod), "", 0), self._about(pod, "evicted"))
        self._forget(pod)
        self.cluster.store.update(pod | {"status": evicted(self._now())})

    @staticmethod
    def _how(chance: Random) -> How:
        return chance.choice((How.CRASH, How.CRASH, How.OOM, How.SEGFAULT, How.FINISHED, How.NOT_FOUND))

    def _record(self, pod: Json, run: Run, what: str) -> None:
        self.truth.add(TrueDeath(run.pod_uid, run.name, run.restart), self._about(pod, f"{run.name}: {what}"))

    def _about(self, pod: Json, what: str) -> str:
        return f"{datetime.now(UTC):%H:%M:%S.%f} {pod['metadata']['name']} {what}"

    def _put(self, pod: Json, run: Run) -> None:
        """Another run of a container is there, and runs."""
        self._runs[run.pod_uid][run.name] = run
        self._write(pod, {run.name: running(run, self._now())})

    def _write(self, pod: Json, containers: dict[str, Json]) -> None:
        """Put these containers' statuses in the place of the present ones; the others stay."""
        current = self._current(pod)
        if current is None:
            return
        known = {each["name"]: each for each in current["status"].get("containerStatuses", ())} | containers
        status = pod_status([known[name] for name in CONTAINERS], self._now(), current["status"])
        self.cluster.store.update(current | {"status": status})

    def _current(self, pod: Json) -> Json | None:
        """The pod as it is now; None once it is gone, or over."""
        meta = pod["metadata"]
        found = self.cluster.store.find(PODS, meta["namespace"], meta["name"])
        if found is None or uid_of(found) != meta["uid"] or is_terminal(found):
            return None
        return found

    def _notice(self, change: Change) -> None:
        pod = change.object
        if change.resource is not PODS or change.type == "DELETED" or not pod["spec"].get("nodeName"):
            return
        after = self.cluster.agenda.after
        if is_deleting(pod):
            if change.previous is not None and not is_deleting(change.previous):
                self.deletions.append(uid_of(pod))
            after(NOTICED_AFTER, lambda: self._remove(pod))
        elif uid_of(pod) not in self._runs and not is_terminal(pod):
            after(NOTICED_AFTER, lambda: self._run(pod))

    def _run(self, pod: Json) -> None:
        """Every container starts for the first time."""
        uid = uid_of(pod)
        if self._current(pod) is None or uid in self._runs:
            return
        self._runs[uid] = {name: Run(uid, name) for name in CONTAINERS}
        self._write(pod, {name: running(run, self._now()) for name, run in self._runs[uid].items()})

    def _forget(self, pod: Json) -> None:
        self._runs[uid_of(pod)] = {}

    def _remove(self, pod: Json) -> None:
        self.cluster.world.delete_pod(pod, grace=0)

    def _now(self) -> datetime:
        return self.cluster.now()


@asynccontextmanager
async def a_ground(*, workloads: int, replicas: int, seed: int) -> AsyncIterator[Ground]:
    """A cluster with so many Deployments, all of whose pods run, and one whose pods people may delete."""
    cluster = SimulatedCluster(seed=seed, history_limit=10_000, watcher_limit=20_000)
    cluster.create_nodes()
    cluster.kubelet.host.silent_nodes.update(cluster.node_names())
    for namespace in (NAMESPACE, VICTIMS):
        cluster.create_namespace(namespace)
    async with simulation.serve(cluster) as served:
        ground = Ground(served)
        containers = [container(name, "chaos/app:1", cpu="10m", memory="10Mi") for name in CONTAINERS]
        for number in range(workloads):
            name = f"work-{number:02}"
            deployment(cluster.world, NAMESPACE, name, template(name, containers), replicas=replicas)
        deployment(cluster.world, VICTIMS, "victim", template("victim", containers), replicas=3)
        await eventually(lambda: len(cluster.pods(NAMESPACE)) == workloads * replicas)
        await ground.settled()
        yield ground
