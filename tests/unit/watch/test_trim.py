"""Trimming keeps what a pod says and shares how it is said."""

from __future__ import annotations

import msgspec

from benchmarks.mirror_memory import pod_json
from bot.kube import parse
from bot.model.annotations import LONGEST
from bot.model.pods import Pod
from bot.watch.trim import KEPT_ANNOTATIONS, Trimmer


def _pods(count: int) -> list[dict[str, object]]:
    return [pod_json(number) for number in range(count)]


def test_nothing_but_annotations_and_volumes_is_lost() -> None:
    """A trimmed pod equals the pod, but for annotations that nobody reads, and volumes."""
    (pod,) = parse.pods(msgspec.json.encode({"metadata": {}, "items": _pods(1)})).pods
    trimmed = Trimmer().trim(pod, like=None)
    bare = msgspec.structs.replace(pod.metadata, annotations={})
    spec = msgspec.structs.replace(pod.spec, volumes=())
    assert trimmed == msgspec.structs.replace(pod, metadata=bare, spec=spec)


def test_the_annotations_in_use_stay() -> None:
    """What kubectl's default container is, is still known."""
    (name,) = KEPT_ANNOTATIONS
    raw = {"metadata": {"name": "a", "annotations": {name: "app", "other": "x" * 1000}}}
    trimmed = Trimmer().trim(parse.pod(msgspec.json.encode(raw)), like=None)
    assert trimmed.metadata.annotations == {name: "app"}


def test_pods_of_one_workload_share_their_spec() -> None:
    """The second pod of a ReplicaSet costs no second copy of its containers and labels."""
    trimmer = Trimmer()
    first, second = (
        trimmer.trim(pod, like=None)
        for pod in parse.pods(msgspec.json.encode({"metadata": {}, "items": _pods(2)})).pods
    )
    assert first.spec.containers is second.spec.containers
    assert first.metadata.labels is second.metadata.labels
    assert first.name != second.name


def test_a_pods_next_state_shares_with_its_last() -> None:
    """A status update does not copy what did not change."""
    old, new = parse.pods(msgspec.json.encode({"metadata": {}, "items": [pod_json(1), pod_json(1)]})).pods
    trimmer = Trimmer()
    kept = trimmer.trim(old, like=None)
    assert trimmer.trim(new, like=kept).spec is kept.spec


def test_podbots_own_annotations_stay_and_no_longer_than_they_may_be() -> None:
    """Alerts go by them; a quarter of a megabyte of one is not kept."""
    said = {"podbot.io/owner": "team shop", "podbot.io/runbook": "x" * 250_000, "podbot.io/other": "y"}
    trimmed = Trimmer().trim(_read({"metadata": {"name": "a", "annotations": said}}), like=None)
    assert trimmed.annotations == (("podbot.io/runbook", "x" * LONGEST), ("podbot.io/owner", "team shop"))


def _read(pod: dict[str, object]) -> Pod:
    return parse.pod(msgspec.json.encode(pod))
