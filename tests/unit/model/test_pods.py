"""What a pod tells of itself without a request."""

from __future__ import annotations

import msgspec
import pytest

from bot.model.containers import ContainerKind, Terminated
from bot.model.deaths import Cause, signal_of
from bot.model.pods import ObjectMeta, Owner, OwnerReference, Pod
from tests.support.pods import DEPLOYMENT, JOB, a_pod, running, sidecar, waiting


def owned(reference: OwnerReference | None, **labels: str) -> Owner:
    references = (reference,) if reference else None
    return Pod(metadata=ObjectMeta(name="web-1", labels=labels, owner_references=references)).owner


@pytest.mark.parametrize(
    ("reference", "labels", "owner"),
    [
        pytest.param(None, {}, "pod/web-1", id="bare"),
        pytest.param(DEPLOYMENT, {"pod-template-hash": "7d4b9c"}, "deployment/web", id="deployment"),
        pytest.param(DEPLOYMENT, {}, "replicaset/web-7d4b9c", id="replicaset-without-hash"),
        pytest.param(DEPLOYMENT, {"pod-template-hash": "other"}, "replicaset/web-7d4b9c", id="not-its-hash"),
        pytest.param(JOB, {}, "job/report", id="job"),
        pytest.param(
            OwnerReference(kind="ConfigMap", name="x", controller=False), {}, "pod/web-1", id="no-controller"
        ),
    ],
)
def test_a_pod_belongs_to_the_workload_that_people_know(
    reference: OwnerReference | None, labels: dict[str, str], owner: str
) -> None:
    """The Deployment rather than its ReplicaSet; a bare pod is its own workload."""
    assert str(owned(reference, **labels)) == owner


def test_containers_come_in_the_order_in_which_they_start() -> None:
    """Init containers and sidecars as written, then the app's, then a debugging person's."""
    pod = a_pod(
        running("app"),
        init=[sidecar(running("proxy")), waiting("migrate")],
        debug=[running("debugger")],
    )
    assert [(container.name, kind) for container, kind in pod.containers()] == [
        ("proxy", ContainerKind.SIDECAR),
        ("migrate", ContainerKind.INIT),
        ("app", ContainerKind.APP),
        ("debugger", ContainerKind.EPHEMERAL),
    ]
    assert {status.name for status in pod.statuses()} == {"proxy", "migrate", "app", "debugger"}


def test_what_the_api_leaves_out_or_sets_to_null_is_empty() -> None:
    """Go's nil slices arrive as null, and new pods have no status at all."""
    pod = msgspec.json.decode(
        '{"metadata": {"name": "web-1"}, "spec": {"containers": null},'
        ' "status": {"containerStatuses": null, "conditions": null}}',
        type=Pod,
    )
    assert (pod.statuses(), pod.containers(), pod.condition("Ready"), pod.controller) == ((), (), None, None)


def test_the_runtimes_id_is_read_under_the_apis_own_name() -> None:
    """containerID, not containerId."""
    ended = msgspec.json.decode('{"exitCode": 1, "containerID": "containerd://ab"}', type=Terminated)
    assert ended.container_id == "containerd://ab"


@pytest.mark.parametrize(
    ("code", "signal"), [(0, None), (128, None), (129, 1), (137, 9), (192, 64), (255, None)]
)
def test_the_signal_of_an_exit_code(code: int, signal: int | None) -> None:
    """128 + n for the 64 signals that there are."""
    assert signal_of(code) == signal


def test_a_cause_is_an_exit_or_a_wait_or_the_pods_own_end() -> None:
    """Never two of them."""
    assert not {cause for cause in Cause if cause.is_container_exit and cause.is_stuck}
