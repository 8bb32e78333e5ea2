"""How a container's run ended, in words. Used by replies and by incident messages."""

from __future__ import annotations

from bot.model.deaths import signal_of

START_ERROR_REASONS = frozenset({"ContainerCannotRun", "StartError", "RunContainerError"})
"""Reasons that the kubelet and the runtimes give where the process could not even begin."""

_SAYS_NOTHING = frozenset({"", "Completed", "Error"})
"""Reasons that repeat what the exit code says."""

# Linux's numbers, which are the container's, whatever platform the bot itself runs on.
_SIGNALS = {
    1: ("SIGHUP", "ended by SIGHUP"),
    2: ("SIGINT", "interrupted by SIGINT"),
    3: ("SIGQUIT", "ended by SIGQUIT"),
    4: ("SIGILL", "crashed with SIGILL (illegal instruction)"),
    5: ("SIGTRAP", "stopped by SIGTRAP"),
    6: ("SIGABRT", "aborted itself with SIGABRT"),
    7: ("SIGBUS", "crashed with SIGBUS (bad memory access)"),
    8: ("SIGFPE", "crashed with SIGFPE (arithmetic error)"),
    9: ("SIGKILL", "killed by SIGKILL"),
    10: ("SIGUSR1", "ended by SIGUSR1"),
    11: ("SIGSEGV", "crashed with SIGSEGV (bad memory access)"),
    12: ("SIGUSR2", "ended by SIGUSR2"),
    13: ("SIGPIPE", "ended by SIGPIPE (nobody read its output)"),
    14: ("SIGALRM", "ended by SIGALRM"),
    15: ("SIGTERM", "ended by SIGTERM (asked to stop)"),
    24: ("SIGXCPU", "killed by SIGXCPU (CPU time limit)"),
    25: ("SIGXFSZ", "killed by SIGXFSZ (file size limit)"),
    31: ("SIGSYS", "killed by SIGSYS (forbidden system call)"),
}

# The shell's own codes, POSIX.1 2.8.2 "Exit Status for Commands".
_SHELL = {
    126: "its command was found but cannot be executed",
    127: "its command was not found",
}


def explain(exit_code: int, reason: str = "", *, memory_limit: str = "", signal: int | None = None) -> str:
    """How a run ended: `exit 137, killed by the kernel at its memory limit of 256Mi`.

    `reason` and `signal` are those of `state.terminated`. An exit code above 128 is read as 128 + signal, the
    convention of shells and runtimes; 137 alone says who killed, not why, so only the reason tells of memory.
    """
    return f"exit {exit_code}, {_cause(exit_code, reason, memory_limit, signal or signal_of(exit_code))}"


def in_short(exit_code: int, reason: str = "") -> str:
    """The same among others: `exit 1`, `exit 139 SIGSEGV`, `exit 137 OOMKilled`."""
    name = reason
    if reason in _SAYS_NOTHING:
        name, _ = _SIGNALS.get(signal_of(exit_code) or 0, ("", ""))
    return f"exit {exit_code} {name}".rstrip()


def _cause(exit_code: int, reason: str, memory_limit: str, signal: int | None) -> str:
    if reason == "OOMKilled":
        limit = f"at its memory limit of {memory_limit}" if memory_limit else "for lack of memory"
        return f"killed by the kernel {limit}"
    if reason in START_ERROR_REASONS:
        why = _SHELL.get(exit_code)
        return f"could not be started: {why}" if why else "could not be started"
    if reason == "ContainerStatusUnknown":
        return "but how it really ended nobody saw: its node lost track of it"
    words = _by_code(exit_code, signal)
    return words if reason in _SAYS_NOTHING else f"{words} ({reason})"


def _by_code(exit_code: int, signal: int | None) -> str:
    if exit_code in _SHELL:
        return _SHELL[exit_code]
    if signal is not None:
        return _SIGNALS[signal][1] if signal in _SIGNALS else f"ended by signal {signal}"
    return "ended without an error" if exit_code == 0 else "ended by itself with an error"
