"""The simulated cluster: its parts put together, its life, and the scenarios that are played in it.

`server` puts it on the network; tests hold it directly: they advance its time, play scenarios and read its
objects.
"""

import asyncio
from datetime import datetime

from bot.playground.cluster.agenda import Agenda
from bot.playground.cluster.api.context import ApiContext
from bot.playground.cluster.clock import Clock, SystemClock
from bot.playground.cluster.controllers.loop import ControlLoop
from bot.playground.cluster.controllers.nodes import NodeController, new_node
from bot.playground.cluster.controllers.scheduler import Scheduler
from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.errors import Refusal
from bot.playground.cluster.events import EVENT_LIFETIME, EventRecorder
from bot.playground.cluster.faults import Faults
from bot.playground.cluster.kubelet.host import Host
from bot.playground.cluster.kubelet.plans import Plans
from bot.playground.cluster.kubelet.pods import Kubelet
from bot.playground.cluster.logs import LogBook
from bot.playground.cluster.naming import Names
from bot.playground.cluster.objects import Json, timestamp
from bot.playground.cluster.resources import NODES, PODS
from bot.playground.cluster.scenarios import SCENARIOS, ScenarioError
from bot.playground.cluster.scenarios.stage import Choice, NothingFits, Stage
from bot.playground.cluster.store import HISTORY_LIMIT, WATCHER_LIMIT, Store

NODE_COUNT = 3


class SimulatedCluster:
    """A cluster of three nodes with kubelets, a scheduler and controllers, empty but for the `default`
    namespace.

    `pace` says how many seconds of pod life pass in a second of the clock: durations shrink, timestamps stay
    true. The same `seed` draws the same names.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        pace: float = 1.0,
        seed: int = 1,
        history_limit: int = HISTORY_LIMIT,
        watcher_limit: int = WATCHER_LIMIT,
    ) -> None:
        self.store = Store(history_limit=history_limit, watcher_limit=watcher_limit)
        self.agenda = Agenda(clock or SystemClock(), pace=pace)
        self.faults = Faults()
        names = Names(seed)
        self.events = EventRecorder(self.store, self.agenda, names)
        self.world = World(store=self.store, agenda=self.agenda, names=names, events=self.events)
        self.plans = Plans()
        host = Host(
            store=self.store,
            agenda=self.agenda,
            names=names,
            events=self.events,
            plans=self.plans,
            logs=LogBook(),
            pace=pace,
        )
        self.kubelet = Kubelet(host)
        self.nodes = NodeController(self.world, self.kubelet)
        self._scheduler = Scheduler(self.world)
        self._controllers = ControlLoop(self.world)
        self._stage = Stage(self.world, self.kubelet, self.nodes)
        self.api = ApiContext(world=self.world, kubelet=self.kubelet, faults=self.faults)
        self.create_namespace("default")
        self._forget_old_events()

    def now(self) -> datetime:
        """Return the cluster's present moment."""
        return self.agenda.now()

    def create_namespace(self, name: str) -> Json:
        """Add a namespace."""
        return self.store.create(
            {
                "kind": "Namespace",
                "apiVersion": "v1",
                "metadata": {
                    "name": name,
                    "uid": self.world.names.uid(),
                    "creationTimestamp": timestamp(self.now()),
                    "labels": {"kubernetes.io/metadata.name": name},
                },
                "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"},
            }
        )

    def create_nodes(self) -> list[Json]:
        """Add the three workers."""
        return [
            self.store.create(new_node(self.world, f"worker-{number}", number))
            for number in range(1, NODE_COUNT + 1)
        ]

    def pod(self, namespace: str, name: str) -> Json:
        """Return a pod.

        Raises:
            Refusal: it is not there.
        """
        return self.store.get(PODS, namespace, name)

    def pods(self, namespace: str = "", *, app: str = "") -> list[Json]:
        """Return the pods, of a namespace or with an `app` label where one is given."""
        return [
            pod
            for pod in self.store.all(PODS, namespace)
            if not app or pod["metadata"].get("labels", {}).get("app") == app
        ]

    def node_names(self) -> list[str]:
        """Return the names of the nodes."""
        return [node["metadata"]["name"] for node in self.store.all(NODES)]

    async def play(self, scenario: str, *, namespace: str = "", name: str = "") -> str:
        """Play a scenario and return what it did, in words; what follows from it follows in the cluster's
        time.

        Without a name the scenario picks what it fits.

        Raises:
            ScenarioError: there is no such scenario, or nothing that it could befall.
        """
        found = SCENARIOS.get(scenario)
        if found is None:
            raise ScenarioError(f'there is no scenario "{scenario}"')
        choice = Choice(namespace=namespace, name=name, usual=found.usual)
        try:
            what = found.act(self._stage, choice)
        except (NothingFits, Refusal) as problem:
            raise ScenarioError(str(problem)) from problem
        await asyncio.sleep(0)
        return what

    async def advance(self, seconds: float) -> None:
        """Move a cluster on a `ManualClock` on in time, through all that happens on the way."""
        await self.agenda.advance(seconds)

    async def live(self) -> None:
        """Let the cluster live by its clock until cancelled."""
        await self.agenda.follow_clock()

    def continue_on(self, clock: Clock, *, pace: float) -> None:
        """Go on with another clock and pace: from a past that was played through to the present."""
        self.agenda.continue_on(clock, pace=pace)
        self.kubelet.change_pace(pace)

    def begin(self) -> None:
        """Take what there is now for what `heal-all` goes back to."""
        self._stage.begin()

    def compact(self) -> None:
        """Forget the history of changes now: older watches and pages get 410."""
        self.store.compact()

    def cut_watches(self) -> None:
        """End all open watches now."""
        self.store.cut_watches()

    def _forget_old_events(self) -> None:
        self.events.forget_old()
        self.agenda.after(EVENT_LIFETIME / 4, self._forget_old_events)
