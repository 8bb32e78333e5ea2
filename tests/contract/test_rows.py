"""Rows of awkward pods: what podbot prints is what the API server prints when it is asked for a Table.

Held against the simulated cluster for every case of the golden table, and against a real server of release
1.20 for every cell whose rule it has already.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from bot.model.pods import Pod
from bot.playground.cluster.printing.tables import table
from bot.pods import rows
from tests.support.envtest import ADMIN_TOKEN, ControlPlane, NotAccepted
from tests.support.pod_rows import RowCase, row_cases

CASES = row_cases()
CELLS = ("name", "ready", "status", "restarts", "age", "ip", "node", "nominated_node", "readiness_gates")
NAMESPACE = "rows"
AS_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"

_NOT_IN_1_20 = frozenset({"schedulingGates", "ephemeralContainers"})
"""Fields of a pod's spec that a server of that release refuses or forgets."""


def printed(cells: list[Any]) -> dict[str, str]:
    """The cells of a Table's row; it counts restarts as a number where it tells no time with them."""
    return dict(zip(CELLS, map(str, cells), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_simulated_cluster_prints_the_same(case: RowCase) -> None:
    """Every cell of every case, the newest rules among them."""
    raw = {"kind": "Pod", "apiVersion": "v1"} | case.raw
    answer = table("Pod", [raw], case.now, metadata={}, include="None")
    (row,) = answer["rows"]
    assert printed(row["cells"]) == case.row


@pytest.fixture(scope="module")
def server(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    control_plane.create_namespace(NAMESPACE)
    yield control_plane
    path = f"/api/v1/namespaces/{NAMESPACE}/pods"
    for pod in control_plane.get(path)["items"]:
        name = pod["metadata"]["name"]
        patch = {"metadata": {"finalizers": None}}
        kind = "application/merge-patch+json"
        control_plane.call("PATCH", f"{path}/{name}", patch, content_type=kind)
        with suppress(NotAccepted):  # gone already, where it was only waiting for its finalizer
            control_plane.call("DELETE", f"{path}/{name}", {"gracePeriodSeconds": 0})


def put(server: ControlPlane, case: RowCase) -> str:
    """Bring the case's pod about, as a kubelet would, and give its path."""
    raw = deepcopy(case.raw)
    name = raw["metadata"]["name"]
    spec = {key: value for key, value in raw["spec"].items() if key not in _NOT_IN_1_20}
    for container in spec.get("initContainers", ()):
        container.pop("restartPolicy", None)
    metadata = {"name": name, "finalizers": ["podbot.test/held"]}
    pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
    created = server.call("POST", pods, {"metadata": metadata, "spec": spec})
    status = {
        key: value for key, value in raw.get("status", {}).items() if key != "ephemeralContainerStatuses"
    }
    server.call("PUT", f"{pods}/{name}/status", created | {"status": status})
    if "deletionTimestamp" in raw["metadata"]:
        server.call("DELETE", f"{pods}/{name}")
    return f"{pods}/{name}"


def as_table(server: ControlPlane, path: str) -> dict[str, str]:
    """The row that the server prints."""
    connection = server.connection()
    try:
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}", "Accept": AS_TABLE}
        connection.request("GET", path, headers=headers)
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    (row,) = answer["rows"]
    return printed(row["cells"])


@pytest.mark.envtest
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_real_server_prints_the_same(server: ControlPlane, case: RowCase) -> None:
    """Each cell whose rule is as old as the server; ages as of the moment in which it was asked."""
    path = put(server, case)
    pod = msgspec.json.decode(json.dumps(server.get(path)).encode(), type=Pod)

    before = datetime.now(UTC)
    theirs = as_table(server, path)
    ours = [asdict(rows.row(pod, moment)) for moment in (before, datetime.now(UTC))]

    same = [cell for cell in CELLS if cell not in case.newer_than_1_20 | {"age"}]
    assert {cell: ours[0][cell] for cell in same} == {cell: theirs[cell] for cell in same}
    assert theirs["age"] in {each["age"] for each in ours}
    golden = [cell for cell in same if cell not in {"name", "restarts"}]
    assert {cell: theirs[cell] for cell in golden} == {cell: case.row[cell] for cell in golden}
