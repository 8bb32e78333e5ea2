"""What may stand in a recording, and what is said of what may not."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import msgspec
import pytest

from bot.model.pods import Pod
from bot.replay.records import Record, RecordingWrong, RecordKind, read
from tests.support.pods import a_pod, at, condition, crashed, running


def lines(*records: object) -> list[bytes]:
    return [each if isinstance(each, bytes) else json.dumps(each).encode() for each in records]


def plain(pod: Pod) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(pod)
    return {"kind": "Pod", **found}


def one(*records: object) -> Record:
    (record,) = read(lines(*records))
    return record


@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED", "DELETED"])
def test_a_line_of_a_watch(kind: str) -> None:
    """As kubectl writes it, with a comment and an empty line before."""
    record = one(b"# a comment", b"", {"type": kind, "object": plain(a_pod(running()))})
    assert (record.kind.value, record.line) == (kind, 3)
    assert record.pod is not None
    assert record.pod.name == "web-7d4b9c-x2x9q"


def test_objects_that_are_printed_over_several_lines() -> None:
    """`-o json` without the option prints them so, one after another, and without a type."""
    printed = json.dumps(plain(a_pod(running())), indent=4).splitlines()
    first, second = read([f"{line}\n".encode() for line in (*printed, *printed)])
    assert (first.kind, first.line, second.line) == (RecordKind.MODIFIED, 1, 1 + len(printed))
    assert first.pod == second.pod == a_pod(running())


@pytest.mark.parametrize(
    ("pod", "moment"),
    [
        pytest.param(a_pod(running(since=7)), at(7), id="a-start"),
        pytest.param(a_pod(crashed(at=9)), at(9), id="an-end"),
        pytest.param(a_pod(running(), conditions=[condition("Ready", since=4)]), at(4), id="a-condition"),
        pytest.param(a_pod(running(), deleted=20, grace=30), at(20), id="a-deletion-not-its-deadline"),
        pytest.param(a_pod(), at(0), id="its-creation"),
    ],
)
def test_a_line_arrives_at_the_latest_moment_it_speaks_of(pod: Pod, moment: datetime) -> None:
    """Where the line itself does not say when it came."""
    assert one({"type": "MODIFIED", "object": plain(pod)}).at == moment


def test_managed_fields_say_when_a_pod_was_written() -> None:
    """kubectl 1.20 prints them, newer ones on demand."""
    pod = plain(a_pod(running()))
    pod["metadata"] = {"name": "web", "managedFields": [{"time": "2026-11-22T14:05:00Z"}, {"manager": "x"}]}
    assert one({"type": "MODIFIED", "object": pod}).at == at(300)


def test_a_line_may_say_when_it_arrived() -> None:
    """Then nothing else counts, in whatever zone it is written."""
    stamped = {
        "type": "MODIFIED",
        "object": plain(a_pod(running(since=7))),
        "at": "2026-11-22T16:00:01+02:00",
    }
    assert one(stamped).at == at(1)


def test_records_of_our_own() -> None:
    """Time that passes, the end of a listing, a lost watch, a restart."""
    found = list(
        read(
            lines(
                {"type": "LISTED"},
                {"type": "CLOCK", "at": "2026-11-22T14:01:00Z"},
                {"type": "LOST"},
                {"type": "RESTARTED", "forgets": True},
                {"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": {"resourceVersion": "7"}}},
            )
        )
    )
    assert [each.kind.value for each in found] == ["LISTED", "CLOCK", "LOST", "RESTARTED", "BOOKMARK"]
    assert found[1].at == at(0) + timedelta(minutes=1)
    assert (found[2].forgets, found[3].forgets) == (False, True)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        pytest.param(b"{nonsense", "it is no record", id="no-json"),
        pytest.param(b'\xff{"type":"CLOCK"}', "it is no record", id="no-text"),
        pytest.param(b'["ADDED"]', "it is no record", id="no-object"),
        pytest.param({"object": {}}, "it has no type, which is none of ADDED", id="no-type"),
        pytest.param({"type": "EXPLODED"}, "its type is 'EXPLODED'", id="unknown-type"),
        pytest.param({"type": "ADDED"}, "needs an object", id="no-pod"),
        pytest.param({"type": "CLOCK"}, 'needs "at"', id="no-time"),
        pytest.param({"type": "CLOCK", "at": "2026-11-22T14:00:00"}, "no time zone", id="no-zone"),
        pytest.param({"type": "CLOCK", "at": "yesterday"}, "it is no record", id="no-moment"),
        pytest.param({"type": "ADDED", "object": {"spec": {}}}, "its object is no Pod", id="no-metadata"),
        pytest.param(
            {"type": "ADDED", "object": {"metadata": {"name": 7}}}, "its object is no Pod", id="wrong-field"
        ),
        pytest.param(
            {"type": "ADDED", "object": {"kind": "PodList", "items": []}}, "record a watch", id="a-listing"
        ),
        pytest.param(b"{", "the object that begins here does not end", id="cut-off"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong_with_it(bad: object, problem: str) -> None:
    """Whoever sent the file in can find the place."""
    with pytest.raises(RecordingWrong, match=problem) as raised:
        list(read(lines(b"# a comment", {"type": "LISTED"}, bad)))
    assert raised.value.line == 3
    assert str(raised.value).startswith("line 3: ")
