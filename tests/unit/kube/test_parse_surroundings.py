"""Owners, nodes and metrics out of the API server's JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.kube import parse_surroundings as parse
from bot.model.pods import Owner
from bot.model.surroundings import JobEnd


def _bytes(value: object) -> bytes:
    return json.dumps(value).encode()


def _owner(kind: str, spec: dict[str, Any], status: dict[str, Any], **meta: Any) -> bytes:
    return _bytes({"kind": kind, "metadata": {"name": "x", **meta}, "spec": spec, "status": status})


@pytest.mark.parametrize(
    ("kind", "spec", "status", "numbers"),
    [
        pytest.param(
            "Deployment", {"replicas": 5}, {"replicas": 6, "readyReplicas": 4}, (5, 6, 4), id="deployment"
        ),
        pytest.param("StatefulSet", {}, {}, (1, 0, 0), id="replicas-default-to-one"),
        pytest.param("ReplicaSet", {"replicas": 0}, {"replicas": 0}, (0, 0, 0), id="scaled-to-zero"),
        pytest.param(
            "DaemonSet",
            {},
            {"desiredNumberScheduled": 3, "currentNumberScheduled": 2, "numberReady": 1},
            (3, 2, 1),
            id="daemonset",
        ),
        pytest.param("Job", {"parallelism": 2}, {"active": 1, "ready": None}, (2, 1, 0), id="job"),
    ],
)
def test_every_kind_counts_in_its_own_way(
    kind: str, spec: dict[str, Any], status: dict[str, Any], numbers: tuple[int, int, int]
) -> None:
    """Desired, present and Ready, under whatever names."""
    found = parse.owner(kind, _owner(kind, spec, status))
    assert (found.desired, found.present, found.ready) == numbers


@pytest.mark.parametrize(
    ("conditions", "end", "reason"),
    [
        pytest.param(None, None, "", id="none-yet"),
        pytest.param([{"type": "Failed", "status": "False"}], None, "", id="false"),
        pytest.param([{"type": "FailureTarget", "status": "True"}], None, "", id="about-to-fail"),
        pytest.param([{"type": "Complete", "status": "True"}], JobEnd.COMPLETE, "", id="complete"),
        pytest.param(
            [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}],
            JobEnd.FAILED,
            "DeadlineExceeded",
            id="failed",
        ),
    ],
)
def test_how_a_job_ended(conditions: list[Any] | None, end: JobEnd | None, reason: str) -> None:
    """By its conditions alone."""
    found = parse.owner("Job", _owner("Job", {"backoffLimit": 2}, {"conditions": conditions, "failed": 3}))
    assert (found.job_end, found.job_reason, found.failed_tries, found.tries_allowed) == (end, reason, 3, 3)


def test_a_cron_job_says_when_a_job_of_it_last_succeeded() -> None:
    """Its `active` is a list of Jobs, where a Job's own is a number."""
    status = {"active": [{"kind": "Job", "name": "report-1"}], "lastSuccessfulTime": "2026-11-22T02:00:00Z"}
    found = parse.owner("CronJob", _owner("CronJob", {"suspend": True}, status))
    assert found.owner == Owner(kind="CronJob", name="x")
    assert (found.suspended, found.succeeded_at) == (True, datetime(2026, 11, 22, 2, tzinfo=UTC))
    never = parse.owner("CronJob", _owner("CronJob", {}, {}))
    assert never.succeeded_at is None


def test_a_job_names_the_cron_job_that_made_it() -> None:
    """Its controller; other owners do not count."""
    owners = [
        {"kind": "Other", "name": "x", "uid": "1"},
        {"kind": "CronJob", "name": "report", "uid": "2", "controller": True},
    ]
    body = {"metadata": {"name": "report-29384756", "ownerReferences": owners}}
    assert parse.owner("Job", json.dumps(body).encode()).part_of == Owner(kind="CronJob", name="report")


def test_a_status_of_an_older_specification_is_told_as_such() -> None:
    """Its numbers are not of what was asked for last."""
    stale = _owner("Deployment", {"replicas": 5}, {"observedGeneration": 1, "readyReplicas": 5}, generation=2)
    assert not parse.owner("Deployment", stale).all_ready
    fresh = _owner("Deployment", {"replicas": 5}, {"observedGeneration": 2, "readyReplicas": 5}, generation=2)
    assert parse.owner("Deployment", fresh).all_ready


def test_a_selector_that_is_more_than_labels_is_not_used() -> None:
    """A part of it would select other pods."""
    spec = {"selector": {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "Exists"}]}}
    assert parse.owner("Deployment", _owner("Deployment", spec, {})).selector == ()


def test_what_is_wrong_with_a_node() -> None:
    """Ready is good when True, all else when False; a kubelet that is silent is Unknown."""
    conditions = [
        {"type": "MemoryPressure", "status": "Unknown"},
        {"type": "DiskPressure", "status": "True", "message": "full"},
        {"type": "PIDPressure", "status": "False"},
        {"type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting node status."},
    ]
    body = {"metadata": {"name": "n"}, "spec": {"unschedulable": True}, "status": {"conditions": conditions}}
    node = parse.node(_bytes(body))
    assert [each.kind for each in node.wrong] == ["DiskPressure", "NotReady"]
    assert node.unschedulable


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        pytest.param({"memory": "255120Ki"}, "249Mi", id="kibibytes"),
        pytest.param({"cpu": "5m"}, "", id="no-memory"),
        pytest.param(None, "", id="other-container"),
    ],
)
def test_memory_in_use(usage: dict[str, str] | None, told: str) -> None:
    """Of the one container that is asked about."""
    containers = [{"name": "proxy", "usage": {"memory": "1Mi"}}]
    if usage is not None:
        containers.append({"name": "app", "usage": usage})
    assert parse.memory_use(_bytes({"containers": containers}), "app") == told


@pytest.mark.parametrize("body", [b"", b"[]", b'{"metadata":{"name":7}}'])
def test_something_else_is_a_value_error(body: bytes) -> None:
    """A proxy's page is no owner."""
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever sort; the caller only needs the class
        parse.owner("Deployment", body)


def test_only_podbots_own_annotations_are_taken_along() -> None:
    """Of owners and of namespaces; others may be of any size."""
    said = {"podbot.io/owner": "team shop", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
    for kind in ("Deployment", "CronJob"):
        assert parse.owner(kind, _owner(kind, {}, {}, annotations=said)).annotations == (
            ("podbot.io/owner", "team shop"),
        )
    namespace = _bytes({"metadata": {"name": "shop", "annotations": said}})
    assert parse.podbot_annotations(namespace) == {"podbot.io/owner": "team shop"}
    assert parse.podbot_annotations(_bytes({"metadata": {"name": "shop"}})) == {}
