"""The scheduler's sentence in a few words."""

from __future__ import annotations

import pytest

from bot.model.scheduling import NEXT_STEPS, Obstacle, next_step, verdict

CASES = {
    "memory-and-taint": (
        "0/5 nodes are available: 3 Insufficient memory, 2 node(s) had untolerated taint {team: data, x: y}. "
        "preemption: 0/5 nodes are available: 2 Preemption is not helpful for scheduling, 3 No preemption "
        "victims found for incoming pod.",
        "0/5 nodes: 3 too little memory, 2 tainted",
    ),
    "1.20": (
        "0/2 nodes are available: 1 node(s) had taint {node.kubernetes.io/disk-pressure: }, that the pod "
        "didn't tolerate, 1 Insufficient cpu.",
        "0/2 nodes: 1 tainted, 1 too little CPU",
    ),
    "several-taints-add-up": (
        "0/17 nodes are available: 1 node(s) had untolerated taint {a: b}, 2 Insufficient memory, "
        "2 node(s) didn't match Pod's node affinity/selector, 6 node(s) had untolerated taint {c: }.",
        "0/17 nodes: 7 tainted, 2 too little memory, 2 not selected (affinity or node selector)",
    ),
    "old-selector": (
        "0/12 nodes are available: 3 Insufficient memory, 9 node(s) didn't match node selector.",
        "0/12 nodes: 9 not selected (affinity or node selector), 3 too little memory",
    ),
    "volumes": (
        "0/3 nodes are available: 3 node(s) had volume node affinity conflict.",
        "0/3 nodes: 3 without its volume",
    ),
    "claims": (
        "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
        "0/3 nodes",
    ),
    "anti-affinity-and-cordoned": (
        "0/4 nodes are available: 1 node(s) were unschedulable, 3 node(s) didn't match pod anti-affinity "
        "rules.",
        "0/4 nodes: 3 kept apart (pod affinity or anti-affinity), 1 cordoned",
    ),
    "spread-and-ports": (
        "0/3 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, "
        "2 node(s) didn't match pod topology spread constraints.",
        "0/3 nodes: 2 against the topology spread, 1 without its port free",
    ),
    "devices": (
        "0/2 nodes are available: 2 Insufficient nvidia.com/gpu.",
        "0/2 nodes: 2 too little of another resource",
    ),
    "too-many-pods": ("0/1 nodes are available: 1 Too many pods.", "0/1 nodes: 1 full (no more pods)"),
    "something-new": ("0/1 nodes are available: 1 node(s) said no.", "0/1 nodes: 1 for another reason"),
    "no-nodes": ("0/0 nodes are available: .", "0/0 nodes"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_sentence_is_made_short(name: str) -> None:
    """Most nodes first; what preemption would not help is left out."""
    message, short = CASES[name]
    assert str(verdict(message)) == short


@pytest.mark.parametrize(
    "message", ["", 'persistentvolumeclaim "data" not found', "skip schedule deleting pod"]
)
def test_another_sentence_is_left_as_it_is(message: str) -> None:
    """Nothing is made up."""
    assert verdict(message) is None


def test_the_next_step_is_about_what_keeps_most_nodes_out() -> None:
    """One line, for the biggest obstacle."""
    assert next_step(CASES["old-selector"][0]) == NEXT_STEPS[Obstacle.SELECTOR]
    assert next_step('persistentvolumeclaim "data" not found') == NEXT_STEPS[Obstacle.VOLUME]
    assert next_step("something else") == NEXT_STEPS[Obstacle.OTHER]
    assert NEXT_STEPS.keys() == set(Obstacle)
