"""What an incident's cause means and what to look at next, in a line each. Pure."""

from __future__ import annotations

from bot.model.deaths import Cause, Death, signal_of
from bot.model.exits import explain
from bot.model.pods import ContainerKind

SIGKILL, SIGSEGV, SIGTERM = 9, 11, 15


def happened(death: Death) -> str:
    """What happened to the latest one, after the container's name: `exit 139, crashed with SIGSEGV (…)`."""
    if death.exit_code is not None:
        return explain(death.exit_code, death.reason, memory_limit=death.memory_limit)
    return _POD_WORDS.get(death.cause, death.reason or death.cause.value)


_POD_WORDS = {
    Cause.EVICTED: "evicted by the kubelet of its node",
    Cause.PREEMPTED: "removed to make room for a pod of higher priority",
    Cause.NODE_SHUTDOWN: "ended because its node shut down",
    Cause.NODE_LOST: "lost with its node, which does not answer any more",
    Cause.TAINT_EVICTION: "evicted because of a taint on its node",
    Cause.REJECTED: "rejected by the kubelet of its node before anything ran",
    Cause.DEADLINE_EXCEEDED: "ended because it ran longer than its activeDeadlineSeconds",
    Cause.IMAGE_PULL: "waits for an image that cannot be pulled",
    Cause.CONFIG_ERROR: "cannot be created from its configuration",
    Cause.UNSCHEDULABLE: "finds no node to run on",
    Cause.STUCK_CREATING: "does not get past its creation",
    Cause.STUCK_TERMINATING: "should be gone by now and is not",
    Cause.NOT_READY: "runs but does not become ready",
}


def verb(cause: Cause) -> tuple[str, str]:
    """What the pods of an incident did, for one and for several: `died`, `has been stuck`."""
    return ("has been stuck", "have been stuck") if cause.is_stuck else ("died", "died")


def next_step(death: Death) -> str:
    """What to look at next."""
    if death.reason == "ContainerStatusUnknown":
        return "Look at the node first: it was restarted, or lost track of its containers."
    if death.cause is Cause.ERROR and death.exit_code is not None:
        return _ERROR_STEPS.get(signal_of(death.exit_code) or 0, _ERROR_STEPS[0])
    if death.cause is Cause.OOM_KILLED and not death.memory_limit:
        return "It has no memory limit of its own: see the pod's limit, and what else its node has to carry."
    if death.cause is Cause.INIT_FAILED and death.reason == "OOMKilled":
        return "The pod cannot start before its init container succeeds: raise that container's memory limit."
    if death.cause is Cause.UNEXPECTED_EXIT and death.kind is ContainerKind.SIDECAR:
        return "A sidecar is to run as long as its pod: see in its log why it stopped."
    return _STEPS[death.cause]


_ERROR_STEPS = {
    0: "See what changed before the first death, and what the log says further back.",
    SIGKILL: "Something killed it from outside: see the events for a failed probe, and the node for memory.",
    SIGSEGV: "It crashed in native code: look for a new image or library, and for a core dump.",
    SIGTERM: "It was asked to stop and nobody deleted the pod: see the events for a failed probe.",
}

_STEPS = {
    Cause.OOM_KILLED: "Compare the memory limit with what it uses; then raise the one or lower the other.",
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
    Cause.IMAGE_PULL: "Check the image's name and tag, then the pull secret and the registry.",
    Cause.CONFIG_ERROR: "Check that every ConfigMap, Secret and key it refers to is there.",
    Cause.UNSCHEDULABLE: "Compare its requests, affinity and tolerations with the nodes there are.",
    Cause.STUCK_CREATING: "See the events: a volume that does not mount, or a network that is not set up.",
    Cause.STUCK_TERMINATING: "See whether its node answers and whether a finalizer holds it.",
    Cause.NOT_READY: "See what the readiness probe asks for, and what the log says to it.",
}
