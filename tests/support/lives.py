"""Random lives of pods, as a kubelet reports them, with the deaths that there are to tell at each state.

A life is drawn from a seed: cheap enough for tens of thousands, and the seed says it all when one goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from bot.model.containers import Terminated
from bot.model.deaths import Cause
from bot.model.pods import Pod
from tests.support.pods import (
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    READY,
    SCHEDULED,
    STATEFUL_SET,
    Built,
    a_pod,
    condition,
    crashed,
    disrupted,
    ended,
    lost,
    running,
    sidecar,
    terminated,
    waiting,
)

EXITS = (
    (1, "", Cause.ERROR),
    (2, "", Cause.ERROR),
    (0, "", Cause.UNEXPECTED_EXIT),
    (137, "OOMKilled", Cause.OOM_KILLED),
    (137, "", Cause.ERROR),
    (139, "", Cause.ERROR),
    (127, "", Cause.START_ERROR),
    (128, "StartError", Cause.START_ERROR),
)


class TrueDeath(NamedTuple):
    """A death that there was; `container` is empty where the whole pod died."""

    container: str
    restart: int
    cause: Cause


class Shown(NamedTuple):
    """What the API shows of a pod at one moment, and what there is to tell by then."""

    pod: Pod
    deaths: tuple[TrueDeath, ...]
    deaths_if_last: tuple[TrueDeath, ...]
    """What there is to tell where nothing more comes: the kubelet may not have had its last word."""


@dataclass(slots=True)
class Life:
    """All that is shown of one pod, in order. `ends`: after the last state it is removed."""

    seed: int
    states: list[Shown]
    ends: bool


@dataclass(slots=True)
class _Container:
    """A container of a life that is being written."""

    name: str
    ids: bool
    as_init: bool = False
    count: int = 0
    runs: int = 0
    began: float = 0
    last: Terminated | None = None

    def running(self) -> Built:
        return running(self.name, restarts=self.count, since=self.began, last=self.last)

    def ended(self, exit_code: int, clock: float, reason: str = "") -> Terminated:
        run = f"{self.name}-{self.runs}" if self.ids else ""
        return ended(exit_code, at=clock, ran=clock - self.began, reason=reason, run=run)


@dataclass(slots=True)
class _Writer:
    """Writes the states of one pod."""

    uid: str
    name: str
    random: Random
    clock: float = 0.0
    deaths: tuple[TrueDeath, ...] = ()
    states: list[Shown] = field(default_factory=list)
    usual: dict[str, Any] = field(default_factory=dict)

    def show(self, *containers: Built, pending: tuple[TrueDeath, ...] = (), **more: Any) -> None:
        """Write a state; `pending` is to be told only if nothing more comes."""
        pod = a_pod(*containers, name=self.name, uid=self.uid, **{**self.usual, **more})
        self.states.append(Shown(pod, self.deaths, self.deaths + pending))

    def crash(self, container: _Container, others: Callable[[Built], None]) -> None:
        """End a run and begin the next, in any of the ways in which a kubelet shows it."""
        exit_code, reason, cause = self.random.choice(EXITS)
        if container.as_init and exit_code == 0:
            exit_code, reason = 1, ""
        cause = Cause.INIT_FAILED if container.as_init else cause
        self.clock += self.random.choice((1, 3, 30))
        if self.random.random() < 0.1:
            cause = cause if container.as_init else Cause.ERROR
            self._die(container, cause)
            container.count += 1
            container.last = lost()
            others(terminated(container.name, container.last, restarts=container.count))
        else:
            end = container.ended(exit_code, self.clock, reason)
            self._die(container, cause)
            others(terminated(container.name, end, restarts=container.count, last=container.last))
            container.last = end
            if self.random.random() < 0.5:
                others(waiting(container.name, restarts=container.count, last=end))
            container.count += 1
            if self.random.random() < 0.3:
                others(waiting(container.name, "", restarts=container.count, last=end))
        container.runs += 1
        self.clock += 1
        container.began = self.clock
        others(container.running())

    def _die(self, container: _Container, cause: Cause) -> None:
        self.deaths = (*self.deaths, TrueDeath(container.name, container.runs, cause))


def dice(seed: int) -> Random:
    """What falls by chance, the same each time."""
    return Random(seed)  # noqa: S311 - nothing here is a secret


def life(seed: int, uid: str) -> Life:
    """The life that this seed stands for."""
    random = dice(seed)
    owner = random.choice((DEPLOYMENT, DEPLOYMENT, STATEFUL_SET, DAEMON_SET))
    writer = _Writer(uid=uid, name=f"pod-{uid}", random=random, usual={"owner": owner})
    kind = random.choice(_KINDS)
    ends = kind(writer)
    return Life(seed=seed, states=writer.states, ends=ends)


def _start(writer: _Writer, names: Sequence[str] = ("app",)) -> list[_Container]:
    """Created, then running."""
    containers = [_Container(name, ids=writer.random.random() < 0.7) for name in names]
    if writer.random.random() < 0.5:
        writer.show(*(waiting(name, "ContainerCreating") for name in names), phase="Pending")
    writer.clock += 1
    for each in containers:
        each.began = writer.clock
    writer.show(*(each.running() for each in containers), conditions=[SCHEDULED, READY])
    return containers


def _crashes(writer: _Writer, containers: Sequence[_Container], most: int) -> None:
    shown = {each.name: each.running() for each in containers}
    for _ in range(writer.random.randint(0, most)):
        dying = writer.random.choice(containers)

        def beside(built: Built, dying: _Container = dying) -> None:
            shown[dying.name] = built
            writer.show(*shown.values())

        writer.crash(dying, beside)


def _healthy(writer: _Writer) -> bool:
    (app,) = _start(writer)
    for _ in range(writer.random.randint(0, 3)):
        writer.clock += 10
        writer.show(app.running(), conditions=[SCHEDULED, condition("Ready", since=writer.clock)])
    return False


def _crash_loop(writer: _Writer) -> bool:
    _crashes(writer, _start(writer), 6)
    return False


def _two_containers(writer: _Writer) -> bool:
    _crashes(writer, _start(writer, ("app", "proxy")), 6)
    return False


def _removed(writer: _Writer) -> bool:
    """Rolled out, scaled down, drained: whatever it did before, how it ends now is no death."""
    containers = _start(writer)
    _crashes(writer, containers, 2)
    writer.clock += 10
    asked = writer.clock
    drain = [disrupted("EvictionByEvictionAPI", since=asked)] if writer.random.random() < 0.3 else [SCHEDULED]
    writer.show(*(each.running() for each in containers), deleted=asked, conditions=drain)
    if writer.random.random() < 0.7:
        exit_code = writer.random.choice((0, 1, 137, 143))
        ends = [
            terminated(each.name, each.ended(exit_code, asked + 5), restarts=each.count, last=each.last)
            for each in containers
        ]
        writer.show(*ends, deleted=asked, conditions=drain)
    return True


def _finished_job(writer: _Writer) -> bool:
    beside = writer.random.random() < 0.5
    writer.usual = {"owner": JOB, "restart_policy": writer.random.choice(("Never", "OnFailure"))}
    proxy = [sidecar(running("proxy"))] if beside else []
    writer.show(running(), init=proxy)
    writer.show(crashed(exit_code=0, at=10), init=proxy)
    if beside:
        proxy = [sidecar(crashed("proxy", writer.random.choice((0, 137, 143)), at=12))]
    writer.show(crashed(exit_code=0, at=10), init=proxy, phase="Succeeded")
    return writer.random.random() < 0.5


def _failed_job(writer: _Writer) -> bool:
    """The containers' ends come first, then the kubelet's last word."""
    writer.usual = {"owner": JOB, "restart_policy": "Never"}
    (app,) = _start(writer)
    writer.clock += 5
    death = TrueDeath("app", 0, Cause.ERROR)
    end = terminated("app", app.ended(writer.random.choice((1, 2, 143)), writer.clock))
    wound_up = [SCHEDULED, condition("Ready", "False", reason="PodFailed", since=writer.clock)]
    writer.show(end, conditions=wound_up, pending=(death,))
    writer.deaths = (death,)
    writer.show(end, conditions=wound_up, phase="Failed")
    return writer.random.random() < 0.5


def _evicted(writer: _Writer) -> bool:
    (app,) = _start(writer)
    _crashes(writer, [app], 2)
    writer.clock += 5
    end = terminated("app", app.ended(137, writer.clock), restarts=app.count, last=app.last)
    wound_up = [SCHEDULED, condition("Ready", "False", reason="PodFailed", since=writer.clock)]
    if writer.random.random() < 0.7:
        pending = (TrueDeath("app", app.runs, Cause.ERROR),)
        writer.show(end, conditions=wound_up, pending=pending)
    reason, cause = writer.random.choice(
        (("Evicted", Cause.EVICTED), ("Terminated", Cause.NODE_SHUTDOWN), ("Preempting", Cause.PREEMPTED))
    )
    writer.deaths = (*writer.deaths, TrueDeath("", 0, cause))
    writer.show(end, conditions=wound_up, phase="Failed", reason=reason)
    return writer.random.random() < 0.5


def _disrupted(writer: _Writer) -> bool:
    """Marked by the control plane, deleted, ended: the mark says what it died of."""
    writer.usual = {"owner": DEPLOYMENT}
    (app,) = _start(writer)
    _crashes(writer, [app], 2)
    writer.clock += 10
    marked = writer.clock
    reason, cause = writer.random.choice(
        (
            ("PreemptionByScheduler", Cause.PREEMPTED),
            ("DeletionByTaintManager", Cause.TAINT_EVICTION),
            ("DeletionByPodGC", Cause.NODE_LOST),
        )
    )
    writer.deaths = (*writer.deaths, TrueDeath("", 0, cause))
    conditions = [SCHEDULED, disrupted(reason, since=marked)]
    writer.show(app.running(), conditions=conditions)
    writer.show(app.running(), conditions=conditions, deleted=marked + 1)
    end = terminated("app", app.ended(143, marked + 5), restarts=app.count, last=app.last)
    writer.show(end, conditions=conditions, deleted=marked + 1)
    return True


def _rejected(writer: _Writer) -> bool:
    writer.show(phase="Pending")
    writer.deaths = (TrueDeath("", 0, Cause.REJECTED),)
    reason = writer.random.choice(("OutOfcpu", "NodeAffinity", "PodOSNotSupported"))
    writer.show(phase="Failed", reason=reason)
    return writer.random.random() < 0.5


def _init(writer: _Writer) -> bool:
    """An init container that fails some times and then succeeds."""
    migrate = _Container("migrate", ids=writer.random.random() < 0.7, as_init=True)
    app = waiting("app", "PodInitializing")

    def show(built: Built) -> None:
        writer.show(app, init=[built], phase="Pending")

    show(migrate.running())
    for _ in range(writer.random.randint(0, 3)):
        writer.crash(migrate, show)
    writer.clock += 5
    done = terminated("migrate", migrate.ended(0, writer.clock), restarts=migrate.count, last=migrate.last)
    show(done)
    writer.show(running(since=writer.clock + 1), init=[done], conditions=[SCHEDULED, READY])
    return False


def _sidecar(writer: _Writer) -> bool:
    proxy = _Container("proxy", ids=writer.random.random() < 0.7)

    def show(built: Built) -> None:
        writer.show(running(), init=[sidecar(built)])

    show(proxy.running())
    for _ in range(writer.random.randint(0, 3)):
        writer.crash(proxy, show)
    return False


_KINDS = (
    _healthy,
    _crash_loop,
    _crash_loop,
    _two_containers,
    _removed,
    _removed,
    _finished_job,
    _failed_job,
    _evicted,
    _disrupted,
    _rejected,
    _init,
    _sidecar,
)
