"""What an incident's cause means and what to look at next, in a line each. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.model.containers import ContainerKind
from bot.model.deaths import Cause, Death, FailedProbe, signal_of
from bot.model.exits import explain, in_short
from bot.model.incidents import ExitCount, Incident
from bot.model.pulls import PULL_WORDS, PullProblem, pull_problem
from bot.model.scheduling import NO_SCHEDULER, verdict
from bot.model.scheduling import next_step as scheduling_step

SIGKILL, SIGSEGV, SIGTERM = 9, 11, 15

STEPS_SHOWN = 2
"""Ways to end for which it is said what to do next: the most frequent ones."""


def happened(death: Death, *, over: bool = False) -> str:
    """What happened to the latest one, after the container's name: `exit 139, crashed with SIGSEGV (…)`.

    `over`: its incident is; what nothing would recreate may be there again.
    """
    if death.exit_code is not None:
        words = explain(death.exit_code, death.reason, memory_limit=death.memory_limit)
        return f"{words}; {_failed(death.probe)}" if death.probe is not None else words
    words = _POD_WORDS.get(death.cause, death.reason or death.cause.value)
    if death.cause is Cause.IMAGE_PULL:
        problem = pull_problem(death.reason, death.message)
        return words if problem is PullProblem.UNKNOWN else f"{words}: {PULL_WORDS[problem].meaning}"
    if death.cause is Cause.UNSCHEDULABLE:
        if death.reason == NO_SCHEDULER:
            return "no scheduler has looked at it"
        found = verdict(death.message)
        return f"{words}: {found}" if found is not None else words
    if death.cause is Cause.DELETED and death.controller is None:
        return f"deleted, and not through podbot{'' if over else '; nothing will recreate it'}"
    if death.cause is Cause.DELETED and over:
        return "removed, and its owner had not replaced it"
    return words


def explains(death: Death) -> bool:
    """Whether `happened` says all that is in the cluster's own words, which Describe and the export have.

    Those about an image are long, and name it three times.
    """
    pull = death.cause is Cause.IMAGE_PULL
    return pull and pull_problem(death.reason, death.message) is not PullProblem.UNKNOWN


def ended(incident: Incident) -> str:
    """What happened in all: as `happened`, or `app: exit 1 (7 times), exit 139 SIGSEGV (once)`."""
    ways = _ways(incident)
    if len(ways) < 2:
        death = incident.latest
        who = f"{death.id.container}: " if death.id.container else ""
        return who + happened(death, over=incident.state.is_over)
    of: dict[str, list[str]] = {}
    for each in ways:
        words = f"{in_short(each.exit_code, each.reason)} ({times(each.deaths)})"
        of.setdefault(each.container, []).append(words)
    return "; ".join(f"{container}: {', '.join(words)}" for container, words in of.items())


def times(count: int) -> str:
    """`once`, `7 times`."""
    return "once" if count == 1 else f"{count} times"


def _ways(incident: Incident) -> tuple[ExitCount, ...]:
    """In which ways its containers ended, the most frequent first."""
    return tuple(sorted(incident.exits, key=lambda each: -each.deaths))


def _failed(probe: FailedProbe) -> str:
    """`the liveness probe had failed 3 times`."""
    if probe.failures is None:
        return f"the {probe.kind} probe had failed too often"
    return f"the {probe.kind} probe had failed {times(probe.failures)}"


_POD_WORDS = {
    Cause.EVICTED: "evicted by the kubelet of its node",
    Cause.PREEMPTED: "removed to make room for a pod of higher priority",
    Cause.NODE_SHUTDOWN: "ended because its node shut down",
    Cause.NODE_LOST: "lost with its node, which does not answer any more",
    Cause.TAINT_EVICTION: "evicted because of a taint on its node",
    Cause.REJECTED: "rejected by the kubelet of its node before anything ran",
    Cause.DEADLINE_EXCEEDED: "ended because it ran longer than its activeDeadlineSeconds",
    Cause.DELETED: "removed, and its owner has not replaced it",
    Cause.IMAGE_PULL: "waits for an image that cannot be pulled",
    Cause.CONFIG_ERROR: "cannot be created from its configuration",
    Cause.UNSCHEDULABLE: "finds no node to run on",
    Cause.STUCK_CREATING: "does not get past its creation",
    Cause.STUCK_TERMINATING: "should be gone by now and is not",
    Cause.NOT_READY: "runs but does not become ready",
}


def verb(cause: Cause) -> tuple[str, str]:
    """What the pods of an incident did, for one and for several: `died`, `has been stuck`."""
    if cause is Cause.DELETED:
        return ("was removed", "were removed")
    return ("has been stuck", "have been stuck") if cause.is_stuck else ("died", "died")


def next_steps(incident: Incident, *, changed: bool = False) -> str:
    """What to look at next; of several ways to end that differ in it, for each. `changed`: as above."""
    steps: dict[str, list[str]] = {}
    for each in _ways(incident):
        ended = replace(incident.latest, exit_code=each.exit_code, reason=each.reason)
        steps.setdefault(next_step(ended, changed=changed), []).append(f"exit {each.exit_code}")
    if len(steps) < 2:
        return next_step(incident.latest, changed=changed)
    return " ".join(
        f"For {' and '.join(dict.fromkeys(codes))}: {step[0].lower()}{step[1:]}"
        for step, codes in list(steps.items())[:STEPS_SHOWN]
    )


def next_step(death: Death, *, changed: bool = False) -> str:
    """What to look at next. `changed`: what changed before the first death is shown beside it."""
    if death.reason == "ContainerStatusUnknown":
        return "Look at the node first: it was restarted, or lost track of its containers."
    if death.cause is Cause.ERROR and death.exit_code is not None:
        otherwise = _SEE_WHAT_CHANGED if changed else _SEE_THE_LOG
        return _ERROR_STEPS.get(signal_of(death.exit_code) or 0, otherwise)
    if death.cause is Cause.OOM_KILLED and not death.memory_limit:
        return "It has no memory limit of its own: see the pod's limit, and what else its node has to carry."
    if death.cause is Cause.INIT_FAILED and death.reason == "OOMKilled":
        return "The pod cannot start before its init container succeeds: raise that container's memory limit."
    if death.cause is Cause.UNEXPECTED_EXIT and death.kind is ContainerKind.SIDECAR:
        return "A sidecar is to run as long as its pod: see in its log why it stopped."
    if death.cause is Cause.IMAGE_PULL:
        return PULL_WORDS[pull_problem(death.reason, death.message)].next_step
    if death.cause is Cause.UNSCHEDULABLE:
        if death.reason == NO_SCHEDULER:
            return "See whether the scheduler runs, and whether the pod's schedulerName is right."
        return scheduling_step(death.message)
    if death.cause is Cause.DELETED and death.controller is not None:
        return (
            "See the owner's events for what keeps it from making another: a quota, or an admission webhook."
        )
    return _STEPS[death.cause]


_SEE_THE_LOG = "See what the log says further back."
_SEE_WHAT_CHANGED = "See what changed before the first death, and what the log says further back."

_ERROR_STEPS = {
    SIGKILL: "Something killed it from outside: see the events for a failed probe, and the node for memory.",
    SIGSEGV: "It crashed in native code: look for a new image or library, and for a core dump.",
    SIGTERM: "It was asked to stop and nobody deleted the pod: see the events for a failed probe.",
}

_STEPS = {
    Cause.OOM_KILLED: "Compare the memory limit with what it uses; then raise the one or lower the other.",
    Cause.LIVENESS_FAILED: "See the log before the kill: it hung, or the probe gives it too little time.",
    Cause.STARTUP_FAILED: "See how far its start came: it may need more time (failureThreshold, period).",
    Cause.UNEXPECTED_EXIT: "It ended well but is to run for ever: see in its log why it thought it was done.",
    Cause.START_ERROR: "Check command, args and the image's entrypoint: the process never began.",
    Cause.INIT_FAILED: "The pod cannot start before its init container succeeds: read that container's log.",
    Cause.EVICTED: "See which resource the message names: the node's, or the pod's own limit.",
    Cause.PREEMPTED: "See whether its replacement found a place, and whether its priority is right.",
    Cause.NODE_SHUTDOWN: "See whether its replacement is Ready, and who shut the node down.",
    Cause.NODE_LOST: "Look at the node first: its other pods went with it.",
    Cause.TAINT_EVICTION: "Look at the node's taints and conditions.",
    Cause.REJECTED: "The node had no room or did not fit: see the message, then what the node can allocate.",
    Cause.DEADLINE_EXCEEDED: "See in its log how far it came; then whether the deadline is still right.",
    Cause.CONFIG_ERROR: "Check that every ConfigMap, Secret and key it refers to is there.",
    Cause.DELETED: "Make it again from its manifest. Who deleted it only the API server's audit log tells.",
    Cause.STUCK_CREATING: "See the events: a volume that does not mount, or a network that is not set up.",
    Cause.STUCK_TERMINATING: "See whether its node answers and whether a finalizer holds it.",
    Cause.NOT_READY: "See what the readiness probe asks for, and what the log says to it.",
}
