"""Rows must say what `kubectl get pods -o wide` of a current release says."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import msgspec
import pytest

from bot.model.pods import ObjectMeta, Pod, PodIP, PodStatus
from bot.pods import rows
from tests.support.clock import START
from tests.support.pod_rows import RowCase, row_cases

CASES = row_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_cell_is_what_kubectl_prints(case: RowCase) -> None:
    """Each cell of the golden row, and nothing but these."""
    said = asdict(rows.row(case.pod, case.now))
    assert {name: said[name] for name in case.row} == case.row


def test_the_table_is_as_large_as_promised_and_its_ids_are_unique() -> None:
    """At least 60 awkward statuses, each told apart by its name."""
    assert len(CASES) >= 60
    assert len({case.id for case in CASES}) == len(CASES)


def test_a_pod_with_nothing_in_it_still_makes_a_row() -> None:
    """The least that decodes: a name."""
    row = rows.row(Pod(metadata=ObjectMeta(name="web-1")), START)
    assert (row.ready, row.status, row.restarts, row.age) == ("0/0", "", "0", "<unknown>")
    assert (row.ip, row.node, row.nominated_node, row.readiness_gates) == ("<none>",) * 4


def test_the_first_address_wins_as_it_does_in_the_api_server() -> None:
    """A writer that sets podIP alone, or apart from podIPs, is read as the API server reads it."""
    alone = PodStatus(phase="Running", pod_ip="10.0.0.1")
    apart = PodStatus(phase="Running", pod_ip="10.0.0.1", pod_ips=(PodIP(ip="10.0.0.2"),))
    listed = PodStatus(phase="Running", pod_ips=(PodIP(ip="10.0.0.2"), PodIP(ip="fd00::2")))
    pods = [Pod(metadata=ObjectMeta(name="web-1"), status=status) for status in (alone, apart, listed)]
    assert [rows.row(pod, START).ip for pod in pods] == ["10.0.0.1", "10.0.0.1", "10.0.0.2"]


def test_a_clock_that_runs_behind_makes_no_nonsense_of_ages() -> None:
    """A pod created in the bot's future is new, or says that it cannot be."""
    pod = Pod(metadata=ObjectMeta(name="web-1", creation_timestamp=START))
    assert rows.row(pod, START - timedelta(seconds=1)).age == "0s"
    assert rows.row(pod, START - timedelta(minutes=1)).age == "<invalid>"


def test_null_lists_are_read_as_empty_ones() -> None:
    """Go writes a nil slice as null, and so do some admission webhooks."""
    body = (
        b'{"metadata":{"name":"web-1","ownerReferences":null},'
        b'"spec":{"containers":null,"initContainers":null,"readinessGates":null},'
        b'"status":{"phase":"Running","conditions":null,"containerStatuses":null,"podIPs":null}}'
    )
    assert rows.row(msgspec.json.decode(body, type=Pod), START).ready == "0/0"
