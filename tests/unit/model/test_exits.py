"""Exit codes and signals in words."""

from __future__ import annotations

import pytest

from bot.model.exits import explain


@pytest.mark.parametrize(
    ("exit_code", "reason", "limit", "text"),
    [
        (0, "Completed", "", "exit 0, ended without an error"),
        (1, "Error", "", "exit 1, ended by itself with an error"),
        (137, "OOMKilled", "256Mi", "exit 137, killed by the kernel at its memory limit of 256Mi"),
        (137, "OOMKilled", "", "exit 137, killed by the kernel for lack of memory"),
        (137, "Error", "256Mi", "exit 137, killed by SIGKILL"),
        (139, "Error", "", "exit 139, crashed with SIGSEGV (bad memory access)"),
        (143, "Error", "", "exit 143, ended by SIGTERM (asked to stop)"),
        (168, "Error", "", "exit 168, ended by signal 40"),
        (255, "Error", "", "exit 255, ended by itself with an error"),
        (127, "Error", "", "exit 127, its command was not found"),
        (127, "StartError", "", "exit 127, could not be started: its command was not found"),
        (128, "ContainerCannotRun", "", "exit 128, could not be started"),
        (
            137,
            "ContainerStatusUnknown",
            "",
            "exit 137, but how it really ended nobody saw: its node lost track of it",
        ),
        (3, "DeadlineExceeded", "", "exit 3, ended by itself with an error (DeadlineExceeded)"),
    ],
)
def test_an_exit_is_explained(exit_code: int, reason: str, limit: str, text: str) -> None:
    """Code, reason and limit make one clause; 137 alone is never called memory."""
    assert explain(exit_code, reason, memory_limit=limit) == text


def test_a_signal_that_the_runtime_names_counts_more_than_the_code() -> None:
    """Some runtimes fill `signal` and leave the code at 0."""
    assert explain(0, "Error", signal=9) == "exit 0, killed by SIGKILL"
