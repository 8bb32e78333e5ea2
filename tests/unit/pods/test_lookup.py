"""What a person typed finds the pod and the container they meant."""

from __future__ import annotations

import time

import msgspec
import pytest

from bot.model.containers import Container, ContainerState, ContainerStatus, Running
from bot.model.pods import Pod
from bot.pods import lookup
from tests.support.memory_cluster import CREATED, crash_looping, ended, pod, running

WAITING = ContainerStatus(name="app")


def with_init(found: Pod, *init: Container, statuses: tuple[ContainerStatus, ...] = ()) -> Pod:
    spec = msgspec.structs.replace(found.spec, init_containers=init)
    return msgspec.structs.replace(
        found, spec=spec, status=msgspec.structs.replace(found.status, init_container_statuses=statuses)
    )


def with_debugger(found: Pod, status: ContainerStatus) -> Pod:
    spec = msgspec.structs.replace(found.spec, ephemeral_containers=(Container(name=status.name),))
    return msgspec.structs.replace(
        found, spec=spec, status=msgspec.structs.replace(found.status, ephemeral_container_statuses=(status,))
    )


def annotated(found: Pod, container: str) -> Pod:
    metadata = msgspec.structs.replace(found.metadata, annotations={lookup.DEFAULT_CONTAINER: container})
    return msgspec.structs.replace(found, metadata=metadata)


def done(name: str, code: int, *, after: float) -> ContainerStatus:
    return ContainerStatus(name=name, state=ContainerState(terminated=ended(code, after=after)))


TWO = ("app", "proxy")
SIDECAR, INIT = Container(name="mesh", restart_policy="Always"), Container(name="migrate")
INIT_RUNNING = ContainerStatus(
    name="migrate", started=True, state=ContainerState(running=Running(started_at=CREATED))
)
SIDECAR_STARTING = ContainerStatus(
    name="mesh", started=False, state=ContainerState(running=Running(started_at=CREATED))
)


@pytest.mark.parametrize(
    ("found", "container"),
    [
        pytest.param(pod("web"), "app", id="the only one"),
        pytest.param(pod("web", containers=TWO), "app", id="the first of two healthy ones"),
        pytest.param(annotated(pod("web", containers=TWO), "proxy"), "proxy", id="the author's choice"),
        pytest.param(annotated(pod("web", containers=TWO), "gone"), "app", id="a choice that is not there"),
        pytest.param(
            annotated(pod("web", containers=TWO, statuses=[crash_looping("app"), running("proxy")]), "proxy"),
            "app",
            id="the crashed one before the author's choice",
        ),
        pytest.param(
            pod("web", containers=TWO, statuses=[running("app"), crash_looping("proxy")]),
            "proxy",
            id="crashed",
        ),
        pytest.param(
            pod("web", containers=TWO, statuses=[running("app"), running("proxy", last=ended())]),
            "app",
            id="a crash that is over counts no more",
        ),
        pytest.param(
            pod(
                "web", containers=TWO, statuses=[running("app"), running("proxy", ready=False, last=ended())]
            ),
            "proxy",
            id="runs again, not ready yet",
        ),
        pytest.param(
            pod(
                "web", containers=TWO, statuses=[crash_looping("app", ended(after=9)), crash_looping("proxy")]
            ),
            "proxy",
            id="the last of two crashes",
        ),
        pytest.param(
            pod("job", containers=TWO, statuses=[done("app", 0, after=5), done("proxy", 1, after=4)]),
            "proxy",
            id="one done, one failed",
        ),
        pytest.param(
            with_init(
                pod("job", statuses=[done("app", 1, after=5)]),
                SIDECAR,
                statuses=(done("mesh", 143, after=6),),
            ),
            "app",
            id="a sidecar ended after the app that failed",
        ),
        pytest.param(
            with_init(pod("web", statuses=[WAITING]), SIDECAR, statuses=(crash_looping("mesh"),)),
            "mesh",
            id="a sidecar that keeps the app from starting",
        ),
        pytest.param(
            with_init(pod("web", statuses=[WAITING]), INIT, statuses=(INIT_RUNNING,)),
            "migrate",
            id="an init container at work",
        ),
        pytest.param(
            with_init(pod("web", statuses=[WAITING]), SIDECAR, statuses=(SIDECAR_STARTING,)),
            "mesh",
            id="a sidecar that starts",
        ),
        pytest.param(
            with_init(pod("web"), SIDECAR, statuses=(running("mesh"),)), "app", id="a healthy sidecar"
        ),
        pytest.param(
            with_init(pod("web"), INIT, statuses=(done("migrate", 0, after=1),)), "app", id="init is done"
        ),
        pytest.param(
            with_debugger(pod("web"), done("debugger", 130, after=9)),
            "app",
            id="a debug container that ended",
        ),
        pytest.param(pod("web", statuses=[]), "app", id="no status yet"),
        pytest.param(pod("web", containers=()), "", id="no container at all"),
    ],
)
def test_the_container_whose_log_is_wanted(found: Pod, container: str) -> None:
    """The one in trouble, else the one that is waited for, else the main one."""
    assert lookup.container_for_logs(found) == container


def test_beginnings_are_found_in_order_of_names() -> None:
    """A prefix is a prefix, not a pattern."""
    pods = [pod("web-2"), pod("web-10"), pod("cart-1"), pod("webhook-1")]
    assert [each.name for each in lookup.beginning_with("web-", pods)] == ["web-10", "web-2"]
    assert lookup.beginning_with("w.b", pods) == ()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("web-1", ("web-7d4b9c-x2x9q", "web-7d4b9c-9k2mm"), id="same workload"),
        pytest.param("web-7d4b9c-x2x9p", ("web-7d4b9c-x2x9q", "web-7d4b9c-9k2mm"), id="one letter off"),
        pytest.param("crat-0", ("cart-0",), id="letters swapped"),
        pytest.param("wbe-1", ("web-7d4b9c-x2x9q", "web-7d4b9c-9k2mm"), id="the workload's name mistyped"),
        pytest.param("zzz", (), id="nothing like it"),
    ],
)
def test_the_nearest_names(typed: str, expected: tuple[str, ...]) -> None:
    """What "did you mean" offers."""
    pods = [pod("web-7d4b9c-x2x9q"), pod("web-7d4b9c-9k2mm"), pod("cart-0"), pod("ledger-0")]
    assert lookup.nearest(typed, pods)[:2] == expected


def test_the_nearest_of_thousands_of_long_names_come_at_once() -> None:
    """A miss in a big namespace must not hold the bot up."""
    pods = [pod(f"{'web-' * 60}{n:05d}") for n in range(5000)]
    began = time.process_time()
    assert len(lookup.nearest("web-" * 60 + "0001x", pods)) == 3
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("owner", "phase", "replaced"),
    [
        pytest.param(("ReplicaSet", "web-7d4b9c"), "Running", True, id="replica set"),
        pytest.param(("ReplicaSet", "web-7d4b9c"), "Failed", False, id="its replacement is there already"),
        pytest.param(("StatefulSet", "db"), "Failed", True, id="stateful set"),
        pytest.param(("DaemonSet", "agent"), "Failed", True, id="daemon set"),
        pytest.param(("Job", "backup"), "Running", True, id="job at work"),
        pytest.param(("Job", "backup"), "Succeeded", False, id="job done"),
        pytest.param(("Node", "node-1"), "Running", True, id="static pod"),
        pytest.param(("TaskRun", "build"), "Running", False, id="unknown controller"),
        pytest.param(None, "Running", False, id="bare"),
    ],
)
def test_whether_something_starts_another(owner: tuple[str, str] | None, phase: str, replaced: bool) -> None:
    """What a deletion's plan says will happen."""
    assert lookup.replaced_by_itself(pod("web-1", owner=owner, phase=phase)) is replaced
