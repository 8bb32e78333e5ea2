"""What is said of debug containers and of paths; the golden files show it as people read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.commands.debug_output import debug_output, debug_started, raw_answer
from bot.model.containers import ContainerState, Running, Terminated, Waiting
from bot.model.debugging import DebugOutput, DebugStarted, RawAnswer
from bot.model.people import Person, UserId
from bot.model.pods import ClusterName, PodUid
from tests.unit.commands.drawing import check_golden

STARTED = DebugStarted(
    cluster=ClusterName("prod-eu"),
    by=Person(id=UserId("U01ALICE"), name="alice", full_member=True),
    namespace="shop",
    pod="web-7d4b9c-x2x9q",
    uid=PodUid("0f5e"),
    container="debugger-x7k2p",
    image="busybox:1.36",
    target="app",
    command="ps aux",
    seconds=60,
)
OUTPUT = DebugOutput(
    started=STARTED,
    state=ContainerState(terminated=Terminated(exit_code=0, reason="Completed")),
    lines=("PID   USER     TIME  COMMAND", "    1 app       2:41 /usr/local/bin/app"),
    masked=1,
    cut=False,
    read_at=datetime(2026, 3, 4, 14, 3, 20, tzinfo=UTC),
)

OUTPUTS = [
    pytest.param(OUTPUT, id="debug-output"),
    pytest.param(
        replace(
            OUTPUT,
            state=ContainerState(terminated=Terminated(exit_code=127, reason="Error")),
            lines=("sh: tcpdump: not found",),
            masked=0,
        ),
        id="debug-failed",
    ),
    pytest.param(
        replace(OUTPUT, state=ContainerState(running=Running()), lines=(), masked=0),
        id="debug-runs-on",
    ),
    pytest.param(
        replace(
            OUTPUT,
            state=ContainerState(waiting=Waiting(reason="ErrImagePull", message="manifest unknown")),
            lines=(),
            masked=0,
        ),
        id="debug-not-started",
    ),
    pytest.param(
        replace(OUTPUT, state=ContainerState(), lines=(), masked=0, problem="The pod is gone."),
        id="debug-pod-gone",
    ),
]


@pytest.mark.parametrize("answer", OUTPUTS)
def test_the_output(answer: DebugOutput, request: pytest.FixtureRequest) -> None:
    """How it ended first, then what it wrote, then where to go on."""
    check_golden(request.node.callspec.id, debug_output(answer))


def test_the_start_is_public() -> None:
    """Who, what, where: it changes the pod."""
    check_golden("debug-started", debug_started(STARTED))
    check_golden("debug-started-plainly", debug_started(replace(STARTED, target="", command="")))


def test_a_path() -> None:
    """Path, kind and count inline; the answer is a file."""
    answer = RawAnswer(
        cluster=ClusterName("prod-eu"),
        path="/api/v1/namespaces/shop/configmaps",
        kind="ConfigMapList",
        items=12,
        content=b"{}" * 4000,
        masked=2,
    )
    check_golden("raw", raw_answer(answer))
