"""What the scheduler says of a pod that it finds no node for, made short. Pure.

`0/5 nodes are available: 3 Insufficient memory, 2 node(s) had untolerated taint {a: b}. …` becomes
`0/5 nodes: 3 too little memory, 2 tainted`. The sentence is built by the scheduler's `FitError.Error`; the
parts are its plugins' own words, which have changed over the years.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Obstacle(Enum):
    """Why a node will not do; the value is how it is said after the number of nodes."""

    MEMORY = "too little memory"
    CPU = "too little CPU"
    STORAGE = "too little ephemeral storage"
    PODS = "full (no more pods)"
    OTHER_RESOURCE = "too little of another resource"
    TAINTED = "tainted"
    CORDONED = "cordoned"
    SELECTOR = "not selected (affinity or node selector)"
    ANTI_AFFINITY = "kept apart (pod affinity or anti-affinity)"
    SPREAD = "against the topology spread"
    VOLUME = "without its volume"
    PORT = "without its port free"
    OTHER = "for another reason"


_SIGNS = (
    (Obstacle.MEMORY, r"Insufficient memory|memory pressure|NodeUnderMemoryPressure"),
    (Obstacle.CPU, r"Insufficient cpu"),
    (Obstacle.STORAGE, r"Insufficient ephemeral-storage|disk pressure"),
    (Obstacle.PODS, r"Insufficient pods|Too many pods"),
    (Obstacle.OTHER_RESOURCE, r"Insufficient "),
    (Obstacle.CORDONED, r"unschedulable"),
    (Obstacle.TAINTED, r"taint"),
    (Obstacle.SPREAD, r"topology spread"),
    (Obstacle.ANTI_AFFINITY, r"pod (anti-)?affinity|anti-affinity"),
    (Obstacle.VOLUME, r"volume|persistentvolumeclaim|PersistentVolume"),
    (Obstacle.SELECTOR, r"node affinity|node selector|MatchNodeSelector|match Pod's node"),
    (Obstacle.PORT, r"free ports|host ports"),
)
_PATTERNS = tuple((obstacle, re.compile(signs, re.IGNORECASE)) for obstacle, signs in _SIGNS)

NEXT_STEPS = {
    Obstacle.MEMORY: "Compare its memory request with what the nodes have left; add a node or ask for less.",
    Obstacle.CPU: "Compare its CPU request with what the nodes have left; add a node or ask for less.",
    Obstacle.STORAGE: "Compare its ephemeral-storage request with what the nodes have left.",
    Obstacle.PODS: "The nodes hold as many pods as they may: add a node.",
    Obstacle.OTHER_RESOURCE: "See which resource the message names, and which nodes offer it.",
    Obstacle.TAINTED: "See which taints the message names, and whether the pod should tolerate them.",
    Obstacle.CORDONED: "See who cordoned the nodes, and whether they may be uncordoned.",
    Obstacle.SELECTOR: "Compare its nodeSelector and node affinity with the nodes' labels.",
    Obstacle.ANTI_AFFINITY: "See which pods its pod affinity or anti-affinity speaks of, and where they run.",
    Obstacle.SPREAD: "See its topologySpreadConstraints, and which zones still have room.",
    Obstacle.VOLUME: "Look at its PersistentVolumeClaims: unbound, or bound in a zone without room.",
    Obstacle.PORT: "It wants a host port that is taken on every node: see which pods hold it.",
    Obstacle.OTHER: "Read the scheduler's own words, and compare what the pod wants with the nodes.",
}

NO_SCHEDULER = "NoScheduler"
"""Our own word, as a complaint's reason, for a pod that no scheduler has looked at."""

_HEAD = re.compile(r"(\d+)/(\d+) nodes are available:?")
_PART = re.compile(r"^(?:(\d+) )?(.*)$", re.DOTALL)
_BRACED = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the scheduler found: how many nodes there are, and how many are out for which reason."""

    fit: int
    nodes: int
    obstacles: tuple[tuple[Obstacle, int], ...]
    """Most nodes first. A node may be out for several reasons, so they can add up to more than `nodes`."""

    def __str__(self) -> str:
        """`0/5 nodes: 3 too little memory, 2 tainted`."""
        out = ", ".join(f"{count} {obstacle.value}" for obstacle, count in self.obstacles)
        return f"{self.fit}/{self.nodes} nodes{': ' + out if out else ''}"


def verdict(message: str) -> Verdict | None:
    """The scheduler's message, taken apart; None where it is something else (a missing claim, a gate)."""
    # What preemption would not help follows after the first sentence, and repeats the numbers.
    text = _BRACED.sub("", message.partition("preemption:")[0])
    head = _HEAD.search(text)
    if head is None:
        return None
    counts: dict[Obstacle, int] = {}
    for part in text[head.end() :].strip().rstrip(".").split(","):
        found = _PART.match(part.strip())
        if found is None or not found[2].strip():
            continue
        if found[1] is None:  # the rest of the part before, whose words have a comma in them
            continue
        obstacle = next((each for each, signs in _PATTERNS if signs.search(found[2])), Obstacle.OTHER)
        counts[obstacle] = counts.get(obstacle, 0) + int(found[1])
    order = sorted(counts.items(), key=lambda each: -each[1])
    return Verdict(fit=int(head[1]), nodes=int(head[2]), obstacles=tuple(order))


def next_step(message: str) -> str:
    """What to look at next, by what keeps most nodes out."""
    found = verdict(message)
    if found is not None and found.obstacles:
        return NEXT_STEPS[found.obstacles[0][0]]
    if "persistentvolumeclaim" in message.lower():
        return NEXT_STEPS[Obstacle.VOLUME]
    return NEXT_STEPS[Obstacle.OTHER]
