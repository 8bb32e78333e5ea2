"""A Deployment's revisions out of the API server's ReplicaSets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.kube import parse_revisions as parse
from tests.support.surroundings import HEALTHY


def _listed(items: list[dict[str, Any]]) -> bytes:
    return json.dumps({"items": items}).encode()


def _replica_set(name: str, owner: str = "web", **annotations: str) -> dict[str, Any]:
    reference = {"kind": "Deployment", "name": owner, "controller": True}
    meta = {
        "name": name,
        "creationTimestamp": "2026-11-22T14:00:00Z",
        "annotations": annotations,
        "ownerReferences": [reference],
    }
    return {"metadata": meta, "spec": {"template": {"metadata": {}, "spec": {"containers": None}}}}


def test_only_the_deployments_own_revisions_count() -> None:
    """Selectors may overlap, and not every ReplicaSet has a number."""
    revision = {parse.REVISION: "7"}
    items = [
        _replica_set("own", **revision),
        _replica_set("other", owner="web-canary", **revision),
        _replica_set("unnumbered"),
        {"metadata": {"name": "bare", "annotations": revision}},
    ]
    found = parse.revisions(_listed(items), HEALTHY)
    assert [(each.number, each.replica_set) for each in found] == [(7, "own")]


def test_the_revisions_of_a_deployment_of_the_same_name_that_was_deleted_do_not_count() -> None:
    """Its ReplicaSets are there for a while longer; what is made anew counts from 1."""
    deployment = replace(HEALTHY, uid="new", created_at=datetime(2026, 11, 22, 14, 5, tzinfo=UTC))
    items = [
        _replica_set("web-old", **{parse.REVISION: "42"}),
        _replica_set("web-new", **{parse.REVISION: "1"}),
    ]
    for item, uid in zip(items, ("old", "new"), strict=True):
        item["metadata"]["uid"] = f"set-{uid}"
        item["metadata"]["ownerReferences"][0]["uid"] = uid
    (found,) = parse.revisions(_listed(items), deployment)
    assert (found.number, found.replica_set_uid) == (1, "set-new")
    assert found.deployment_at == datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("history", "earlier"),
    [
        pytest.param({}, (), id="never-rolled-back-to"),
        pytest.param({parse.REVISION_HISTORY: "1"}, (1,), id="once"),
        pytest.param({parse.REVISION_HISTORY: "1,3"}, (1, 3), id="twice"),
        pytest.param({parse.REVISION_HISTORY: "x,,3"}, (3,), id="written-by-somebody"),
    ],
)
def test_a_revision_knows_the_numbers_that_it_had(history: dict[str, str], earlier: tuple[int, ...]) -> None:
    """A rollback gives an old ReplicaSet a new number, and the controller writes the old one down."""
    items = [_replica_set("own", **{parse.REVISION: "7", **history})]
    (found,) = parse.revisions(_listed(items), HEALTHY)
    assert (found.number, found.earlier) == (7, earlier)


def test_labels_of_the_template_are_compared_without_the_hash() -> None:
    """A new label alone makes a new revision; the hash is another one with each and says nothing."""
    items = []
    for hashed, labels in (("a", {}), ("b", {}), ("c", {"tier": "front"})):
        item = _replica_set(f"web-{hashed}", **{parse.REVISION: "1"})
        template = item["spec"]["template"]
        template["metadata"]["labels"] = {"app": "web", parse.TEMPLATE_HASH: hashed, **labels}
        items.append(item)
    first, same, other = parse.revisions(_listed(items), HEALTHY)
    assert first.fields == same.fields != other.fields
    assert [name for name, _ in other.fields] == ["labels"]
