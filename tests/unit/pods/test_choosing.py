"""Which pods are meant, and in which order they come."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from bot.model.containers import Container
from bot.model.pods import Pod
from bot.model.targets import Target, TargetKind
from bot.pods import choosing
from tests.support.memory_cluster import crash_looping, pod

WEB_1 = pod("web-7d4b9c-x2x9q", labels={"pod-template-hash": "7d4b9c"})
WEB_2 = pod("web-7d4b9c-9k2mm", labels={"pod-template-hash": "7d4b9c"})
DB = pod("db-0", owner=("StatefulSet", "db"))
PODS = [WEB_1, WEB_2, DB]

TARGETS = {
    "whole-name": (Target(TargetKind.POD, DB.name), [DB]),
    "unique-beginning": (Target(TargetKind.POD, "web-7d4b9c-x"), [WEB_1]),
    "deployment": (Target(TargetKind.DEPLOYMENT, "web"), [WEB_1, WEB_2]),
    "replica-set": (Target(TargetKind.REPLICA_SET, "web-7d4b9c"), [WEB_1, WEB_2]),
    "stateful-set": (Target(TargetKind.STATEFUL_SET, "db"), [DB]),
}


@pytest.mark.parametrize(("target", "meant"), TARGETS.values(), ids=TARGETS)
def test_a_target_names_its_pods(target: Target, meant: list[Pod]) -> None:
    """A pod by its name or a unique beginning, a workload by what it is called."""
    assert choosing.named(PODS, [target]) == (meant, ())


def test_what_names_none_or_several_is_told() -> None:
    """An ambiguous beginning is no guess, and each pod comes once."""
    wanted = [
        Target(TargetKind.POD, "web-"),
        Target(TargetKind.POD, "gone"),
        Target(TargetKind.JOB, "report"),
        Target(TargetKind.POD, DB.name),
        Target(TargetKind.STATEFUL_SET, "db"),
    ]
    assert choosing.named(PODS, wanted) == ([DB], ("web-", "gone", "job/report"))


@pytest.mark.parametrize(
    "text", ["X2X9", "shop", "node-1", "deployment/web", "web-7d4b9c", "1.5.0", "10.2.3"]
)
def test_a_text_is_found_anywhere(text: str) -> None:
    """In name, namespace, node, owner, image and address, capitals or not."""
    spec = replace(WEB_1.spec, containers=(Container(name="app", image="registry/web:1.5.0"),))
    found = replace(WEB_1, spec=spec, status=replace(WEB_1.status, pod_ip="10.2.3.4"))
    assert choosing.contains(found, text)
    assert not choosing.contains(found, "ledger")


def test_the_youngest_and_the_most_restarted_come_first() -> None:
    """Ties fall back to the name."""
    looping = pod("a-1", statuses=[crash_looping("app")])
    assert sorted([WEB_1, looping, WEB_2], key=choosing.by("restarts")) == [looping, WEB_2, WEB_1]
    unborn = replace(WEB_1, metadata=replace(WEB_1.metadata, creation_timestamp=None))
    assert sorted([unborn, WEB_2], key=choosing.by("age")) == [WEB_2, unborn]


ORDERS = {
    "natural": (["web-10", "web-9", "web"], ["web", "web-9", "web-10"]),
    "numbers": ([10, 9, -1], [-1, 9, 10]),
    "quantities": (["1Gi", "512Mi", "600Mi"], ["512Mi", "600Mi", "1Gi"]),
    "missing-first": (["a", None], [None, "a"]),
    "mixed-never-fails": (["a", 1, True, None, {"b": 1}, [2]], None),
}


@pytest.mark.parametrize(("values", "expected"), ORDERS.values(), ids=ORDERS)
def test_a_path_sorts_as_kubectl_does(values: list[object], expected: list[object] | None) -> None:
    """Missing values first, numbers and quantities by size, text naturally."""
    texts = [json.dumps({"a": value}).encode() for value in values]
    found = [values[at] for at in choosing.by_path(texts, ".a")]
    assert found == expected if expected is not None else len(found) == len(values)
