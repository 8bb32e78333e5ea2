"""A disguised recording gives nobody away, and tells the same story."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.kube import parse_surroundings
from bot.model.events import Event
from bot.model.pods import Owner, Pod
from bot.model.surroundings import JobEnd, NodeCondition, NodeState, OwnerState
from bot.replay import disguise_around
from bot.replay.disguise import Disguise
from bot.replay.play import Outcome, play
from bot.replay.records import read
from tests.replays.write import FOLDER
from tests.support.pods import (
    a_pod,
    at,
    condition,
    crashed,
    disrupted,
    ended,
    lost,
    running,
    sidecar,
    waiting,
    with_limits,
)

SECRET = "Acme"
DISGUISE = Disguise(b"0123456789abcdef")
ORDINARY = {
    "kind", "type", "phase", "status", "reason", "restartPolicy", "cpu", "memory", "creationTimestamp",
    "deletionTimestamp", "startedAt", "finishedAt", "lastTransitionTime", "startTime", "firstTimestamp",
    "lastTimestamp", "apiVersion", "resourceVersion",
}  # fmt: skip
"""Fields whose values are Kubernetes' own words, or times."""

RICH = a_pod(
    with_limits(
        crashed("app", 137, at=30, run="a", restarts=1, last=ended(1, message="db-password")), memory="1Gi"
    ),
    waiting("proxy", "ImagePullBackOff", message="pull of registry.acme.example/app: unauthorized"),
    init=[sidecar(running("mesh")), crashed("migrate", 0)],
    debug=[waiting("debugger", "")],
    phase="Failed",
    reason="Evicted",
    message="The node was low on resource: memory. Container app was using 2Gi.",
    conditions=[disrupted("TerminationByKubelet"), condition("acme.example/gate", reason="acme said so")],
    deleted=10,
)


def seeded(value: Any, key: str = "") -> Any:
    """The same JSON with a secret in every string that is not one of Kubernetes' own words."""
    if isinstance(value, dict):
        return {name: seeded(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [seeded(each, key) for each in value]
    return f"{value} {SECRET}" if isinstance(value, str) and key not in ORDINARY else value


def test_nothing_of_a_pods_own_is_left() -> None:
    """Whatever field it stood in."""
    raw = json.loads(msgspec.json.encode(RICH))
    raw["metadata"]["labels"] = {"acme-team": "payments", "pod-template-hash": "7d4b9c"}
    raw["metadata"]["annotations"] = {"acme": "value"}
    raw["spec"]["containers"][0]["env"] = [{"name": "ACME_TOKEN", "value": "hunter2"}]
    pod = msgspec.json.decode(json.dumps(seeded(raw)), type=Pod)
    told = json.dumps(DISGUISE.pod(pod)).lower()
    for word in ("acme", "payments", "hunter2", "web", "shop", "node-1", "registry", "db-password", "proxy"):
        assert word not in told


def test_nothing_of_an_event_is_left_but_what_tells_a_cause() -> None:
    """The container it names is the pod's, by its digest."""
    event = msgspec.convert(
        {
            "metadata": {"name": "web.17", "namespace": "shop"},
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web", "uid": "uid-1",
                               "fieldPath": "spec.containers{app}"},
            "type": "Normal",
            "reason": "Killing",
            "message": "Container app failed liveness probe, will be restarted",
        },
        Event,
    )  # fmt: skip
    told = DISGUISE.event(event)
    app = DISGUISE.pod(a_pod(running()))["spec"]["containers"][0]["name"]
    assert told["involvedObject"]["fieldPath"] == f"spec.containers{{{app}}}"
    assert told["message"].startswith("failed liveness probe; text-")
    for word in ("web", "shop", "uid-1", "Container"):
        assert word not in json.dumps(told)


def test_when_a_container_is_tried_again_is_left() -> None:
    """The kubelet's own words say it, with the names of the container and the pod behind them."""
    said = "back-off 2m40s restarting failed container=app pod=web-7d4b9c-x2x9q_shop(uid-1)"
    told = DISGUISE.message(said)
    assert told.startswith("back-off 2m40s restarting failed container; text-")
    assert "web" not in told


def test_a_foreign_component_says_nothing() -> None:
    """Its reasons may be anybody's words."""
    event = msgspec.convert({"metadata": {"name": "x"}, "reason": "AcmeBillingFailed", "message": "m"}, Event)
    assert "Acme" not in json.dumps(DISGUISE.event(event))


@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet", "StatefulSet", "Job"])
def test_a_workload_keeps_its_numbers(kind: str) -> None:
    """As the API has them, so that they are read back the same."""
    state = OwnerState(
        owner=Owner(kind=kind, name="web"),
        desired=3,
        present=2,
        ready=1,
        job_end=JobEnd.FAILED if kind == "Job" else None,
        job_reason="BackoffLimitExceeded" if kind == "Job" else "",
        failed_tries=4 if kind == "Job" else 0,
        tries_allowed=7,
    )
    told = disguise_around.owner(DISGUISE, "shop", state)
    again = parse_surroundings.owner(kind, msgspec.json.encode(told))
    assert (again.desired, again.present, again.ready) == (3, 2, 1)
    assert (again.job_end, again.job_reason, again.failed_tries) == (
        state.job_end,
        state.job_reason,
        state.failed_tries,
    )
    assert "web" not in json.dumps(told)


def test_a_node_keeps_its_complaints() -> None:
    """Under another name, without the kubelet's sentence."""
    wrong = (NodeCondition(kind="NotReady", message="kubelet on acme-7 is silent", since=at(0)),)
    told = disguise_around.node(DISGUISE, NodeState(name="acme-7", wrong=wrong))
    assert told["status"]["conditions"][0]["type"] == "Ready"
    assert "acme" not in json.dumps(told)


def test_equal_names_stay_equal_in_one_recording_and_differ_between_two() -> None:
    """Relations hold; names cannot be tried against another recording."""
    one, other = DISGUISE.pod(a_pod(running())), Disguise(b"another salt....").pod(a_pod(running()))
    assert one == DISGUISE.pod(a_pod(running()))
    assert one["metadata"]["name"] != other["metadata"]["name"]


def test_the_workload_can_still_be_told_from_the_pod() -> None:
    """The ReplicaSet's name holds the Deployment's, as before."""
    pod = msgspec.convert(DISGUISE.pod(a_pod(running())), Pod)
    deployment = disguise_around.owner(
        DISGUISE,
        "shop",
        OwnerState(owner=Owner(kind="Deployment", name="web"), desired=1, present=1, ready=1),
    )
    assert pod.owner == Owner(kind="Deployment", name=deployment["metadata"]["name"])


def test_waiting_for_no_reason_is_still_waiting() -> None:
    """An empty object says something."""
    pod = msgspec.convert(DISGUISE.pod(a_pod(waiting("app", "", restarts=1, last=lost()))), Pod)
    (status,) = pod.statuses()
    assert status.state.waiting is not None


@pytest.mark.parametrize("recording", sorted(FOLDER.glob("*.jsonl")), ids=lambda path: path.stem)
def test_the_story_stays_the_same(recording: Path) -> None:
    """Every recording of ours, disguised, tells the same deaths at the same times."""
    lines = recording.read_bytes().splitlines()
    plain, disguised = play(read(lines)), play(read(map(_disguised, lines)))
    assert _story(disguised) == _story(plain)


def _disguised(line: bytes) -> bytes:
    if line.startswith(b"#"):
        return line
    record = json.loads(line)
    thing = record.get("object")
    if thing and thing["kind"] == "Pod":
        record["object"] = DISGUISE.pod(msgspec.convert(thing, Pod))
        record.setdefault("at", next(iter(read([line]))).at.isoformat())  # type: ignore[union-attr]
    elif thing and thing["kind"] == "Event":
        record["object"] = DISGUISE.event(msgspec.convert(thing, Event))
    elif thing:
        state = parse_surroundings.owner(thing["kind"], json.dumps(thing).encode())
        record["object"] = disguise_around.owner(DISGUISE, thing["metadata"]["namespace"], state)
    return json.dumps(record).encode()


def _story(outcome: Outcome) -> tuple[list[object], Counter[object]]:
    deaths: list[object] = [
        (
            each.seen_at,
            each.cause,
            each.id.restart,
            each.exit_code,
            each.unseen_before,
            each.since_before_first_look,
        )
        for each in outcome.deaths
    ]
    incidents: Counter[object] = Counter(
        (each.incident.key.cause, each.incident.state, each.incident.deaths, len(each.incident.pods))
        for each in outcome.incidents
    )
    return deaths, incidents
