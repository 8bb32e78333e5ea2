"""What a kubelet knows of a pod on its node, beside what it has written: sandbox, containers, timers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from bot.playground.cluster.agenda import Entry
from bot.playground.cluster.objects import Json, name_of, namespace_of, uid_of


class Role(Enum):
    """The part a container plays in a pod."""

    INIT = "init"
    SIDECAR = "sidecar"
    APP = "app"
    EPHEMERAL = "ephemeral"


@dataclass(slots=True, kw_only=True)
class Container:
    """One container of a pod: its present state and the two before, as the API words them."""

    name: str
    role: Role
    image: str
    state: Json
    last_state: Json = field(default_factory=dict)
    earlier_state: Json = field(default_factory=dict)
    restarts: int = 0
    ready: bool = False
    started: bool = False
    container_id: str = ""
    image_pulled: bool = False
    timers: list[Entry] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return "running" in self.state

    @property
    def terminated(self) -> Json | None:
        """Its termination, while that is its present state."""
        return self.state.get("terminated")

    @property
    def never_ran(self) -> bool:
        """Whether no run of it has begun."""
        return "waiting" in self.state and not self.last_state

    def succeeded(self) -> bool:
        """Whether it has ended with 0."""
        return self.terminated is not None and self.terminated["exitCode"] == 0

    def timers_pending(self) -> bool:
        """Whether something is still to happen to it by itself: an end, a retry."""
        return any(timer.action is not None for timer in self.timers)

    def cancel_timers(self) -> None:
        """Forget all that was to happen to the present run."""
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()


@dataclass(slots=True, kw_only=True)
class PodRuntime:
    """One pod on its node."""

    namespace: str
    name: str
    uid: str
    node: str
    containers: list[Container]
    started_at: datetime
    address: str = ""
    sandbox_ready: bool = False
    stopping: bool = False
    outcome: tuple[str, str, str] | None = None
    """Phase, reason and message, once the pod as a whole was ended (evicted, rejected, past its deadline)."""
    timers: list[Entry] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        """The pod as the kubelet words it in messages: `web-x_shop(uid)`."""
        return f"{self.name}_{self.namespace}({self.uid})"

    def of_role(self, *roles: Role) -> list[Container]:
        """Return the containers that play one of these parts, in the order of the spec."""
        return [c for c in self.containers if c.role in roles]

    def container(self, name: str) -> Container:
        """Return a container by name.

        Raises:
            KeyError: the pod has none of that name.
        """
        for container in self.containers:
            if container.name == name:
                return container
        raise KeyError(name)

    def cancel_timers(self) -> None:
        """Forget all that was to happen to this pod and its containers."""
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()
        for container in self.containers:
            container.cancel_timers()


def new_ephemeral(pod: Json, runtime: PodRuntime) -> list[Container]:
    """Return the debug containers that were added to a pod since the kubelet last looked."""
    known = {c.name for c in runtime.of_role(Role.EPHEMERAL)}
    return [
        Container(
            name=spec["name"],
            role=Role.EPHEMERAL,
            image=spec["image"],
            state={"waiting": {"reason": "ContainerCreating"}},
        )
        for spec in pod["spec"].get("ephemeralContainers") or ()
        if spec["name"] not in known
    ]


def new_runtime(pod: Json, now: datetime) -> PodRuntime:
    """Return the runtime of a pod that has just been bound to its node: everything waits."""
    init = pod["spec"].get("initContainers", [])
    waiting = {"waiting": {"reason": "PodInitializing" if init else "ContainerCreating"}}
    containers = [
        Container(
            name=spec["name"],
            role=Role.SIDECAR if spec.get("restartPolicy") == "Always" else Role.INIT,
            image=spec["image"],
            state=dict(waiting),
        )
        for spec in init
    ]
    containers += [
        Container(name=spec["name"], role=Role.APP, image=spec["image"], state=dict(waiting))
        for spec in pod["spec"]["containers"]
    ]
    return PodRuntime(
        namespace=namespace_of(pod),
        name=name_of(pod),
        uid=uid_of(pod),
        node=pod["spec"]["nodeName"],
        containers=containers,
        started_at=now,
    )
