"""Whether a container's log may still grow."""

from __future__ import annotations

import msgspec
import pytest

from bot.model.containers import Container, ContainerState, ContainerStatus, Running, Terminated, Waiting
from bot.model.pods import Pod
from bot.pods.log_runs import runs_again
from tests.support.memory_cluster import pod

RUNS = ContainerState(running=Running())
WAITS = ContainerState(waiting=Waiting(reason="CrashLoopBackOff"))


def ended(code: int) -> ContainerState:
    return ContainerState(terminated=Terminated(exit_code=code))


def made(
    state: ContainerState,
    *,
    policy: str = "Always",
    own: str | None = None,
    phase: str = "Running",
    role: str = "containers",
) -> Pod:
    found = pod("web-1", containers=("other",), phase=phase)
    containers = (Container(name="app", restart_policy=own),)
    spec = msgspec.structs.replace(found.spec, restart_policy=policy, **{role: containers})
    status = msgspec.structs.replace(
        found.status, container_statuses=(ContainerStatus(name="app", state=state),)
    )
    return msgspec.structs.replace(found, spec=spec, status=status)


@pytest.mark.parametrize(
    ("pod_made", "again"),
    [
        pytest.param(made(RUNS), True, id="it runs"),
        pytest.param(made(WAITS, policy="Never"), True, id="it waits to start"),
        pytest.param(made(ContainerState()), True, id="nothing is known"),
        pytest.param(made(ended(0)), True, id="Always, exit 0"),
        pytest.param(made(ended(1)), True, id="Always, exit 1"),
        pytest.param(made(ended(0), policy="OnFailure"), False, id="OnFailure, exit 0"),
        pytest.param(made(ended(1), policy="OnFailure"), True, id="OnFailure, exit 1"),
        pytest.param(made(ended(1), policy="Never"), False, id="Never"),
        pytest.param(made(ended(1), policy="Never", own="Always"), True, id="its own policy counts"),
        pytest.param(made(RUNS, phase="Failed"), False, id="the pod failed"),
        pytest.param(made(ended(0), phase="Succeeded"), False, id="the pod is done"),
        pytest.param(made(ended(0), role="init_containers"), False, id="init, done"),
        pytest.param(made(ended(1), role="init_containers"), True, id="init, failed"),
        pytest.param(made(ended(1), role="init_containers", policy="Never"), False, id="init, Never"),
        pytest.param(made(ended(0), role="init_containers", own="Always"), True, id="sidecar"),
        pytest.param(made(ended(1), role="ephemeral_containers"), False, id="debug containers run once"),
    ],
)
def test_whether_a_container_may_run_again(pod_made: Pod, again: bool) -> None:
    """By state, kind and restart policy, as the kubelet decides it."""
    assert runs_again(pod_made, "app") is again
