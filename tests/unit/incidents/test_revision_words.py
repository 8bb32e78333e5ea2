"""What a revision changed is understood at once, and no value is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.incidents.revision_words import what_changed
from bot.kube import parse_revisions
from bot.model.messages import spoken
from bot.model.revisions import RevisionChange, change_between
from tests.support.pods import at
from tests.support.surroundings import HEALTHY

APP: dict[str, Any] = {
    "name": "app",
    "image": "registry.example/web:1",
    "env": [{"name": "LIMIT", "value": "hunter1"}, {"name": "OLD", "value": "hunter2"}],
    "envFrom": [{"configMapRef": {"name": "web-env"}}],
    "resources": {"limits": {"memory": "256Mi"}},
}
PROXY = {"name": "proxy", "image": "registry.example/proxy:1", "env": [{"name": "PORT", "value": "1"}]}


def template(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"spec": {"containers": containers or [APP], **more}}


def changed(after: dict[str, Any], before: dict[str, Any] | None = None) -> str:
    """What is said of a revision whose ReplicaSet has this template, read as the API server gives it."""
    owner = {"kind": "Deployment", "name": "web", "controller": True}
    items = [
        {
            "metadata": {
                "name": f"web-{number}",
                "creationTimestamp": f"2026-11-22T14:00:0{number}Z",
                "annotations": {"deployment.kubernetes.io/revision": str(number)},
                "ownerReferences": [owner],
            },
            "spec": {"template": each},
        }
        for number, each in enumerate((before or template(), after), start=1)
    ]
    found = parse_revisions.revisions(json.dumps({"items": items}).encode(), HEALTHY)
    assert "hunter" not in str(found)
    change = change_between(found)
    assert change is not None
    return spoken(what_changed(change))


def sourced(*sources: dict[str, Any]) -> dict[str, Any]:
    return template(APP | {"envFrom": sources})


CONFIG, SECRET = ({"configMapRef": {"name": "web-env"}}, {"secretRef": {"name": "web-db"}})


@pytest.mark.parametrize(
    ("after", "words"),
    [
        pytest.param(template(), "nothing in the pod template", id="nothing"),
        pytest.param(template(APP | {"image": "registry.example/web:2"}), "image web:1 → web:2", id="image"),
        pytest.param(
            template(APP | {"env": [{"name": "LIMIT", "value": "hunter3"}, {"name": "NEW", "value": "x"}]}),
            "environment of app: LIMIT changed, NEW added, OLD removed",
            id="variables",
        ),
        pytest.param(
            sourced({"configMapRef": {"name": "web-env-2"}}),
            "environment of app: envFrom changed (config map web-env → web-env-2)",
            id="another-config-map",
        ),
        pytest.param(
            sourced(SECRET),
            "environment of app: envFrom changed (secret web-db added, config map web-env removed)",
            id="a-secret-for-a-config-map",
        ),
        pytest.param(
            sourced(CONFIG, SECRET),
            "environment of app: envFrom changed (secret web-db added)",
            id="one-more-source",
        ),
        pytest.param(
            sourced(*({"secretRef": {"name": f"s{number}"}} for number in range(6))),
            "environment of app: envFrom changed (secret s0, secret s1, secret s2, secret s3 and 2 more "
            "added, config map web-env removed)",
            id="many-sources",
        ),
        pytest.param(
            sourced(CONFIG | {"prefix": "WEB_"}),
            "environment of app: envFrom changed (config map web-env → web-env with prefix WEB_)",
            id="a-prefix",
        ),
        pytest.param(
            sourced({"configMapRef": {"name": "web-env", "optional": True}}),
            "environment of app: envFrom changed (config map web-env → web-env, optional)",
            id="optional",
        ),
        pytest.param(
            template(APP | {"resources": {}, "command": ["hunter4"]}),
            "command, resources of app changed",
            id="fields-of-a-container",
        ),
        pytest.param(
            template(volumes=[{"name": "tls"}]), "volumes of the pod changed", id="fields-of-the-pod"
        ),
        pytest.param(template(APP, PROXY), "container proxy added", id="a-container-more"),
        pytest.param(
            template() | {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}},
            "restarted with kubectl rollout restart",
            id="restarted",
        ),
        pytest.param(
            template() | {"metadata": {"annotations": {"checksum/config": "hunter5", "b": "c"}}},
            "pod annotations b, checksum/config added",
            id="annotations",
        ),
    ],
)
def test_what_changed(after: dict[str, Any], words: str) -> None:
    """Which container, and what happened to what."""
    assert changed(after) == words


def test_what_is_taken_away() -> None:
    """A container that goes takes its environment along, which is not worth a word of its own."""
    assert changed(template(), template(APP, PROXY)) == "container proxy removed"
    assert changed(template(), sourced(CONFIG, SECRET)) == (
        "environment of app: envFrom changed (secret web-db removed)"
    )


def test_annotations_that_change_and_go() -> None:
    """A restart by hand is one that was made, not one that another rollout forgets."""
    before = template() | {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "1", "a": "1"}}}
    after = template() | {"metadata": {"annotations": {"a": "2"}}}
    assert changed(after, before) == (
        "pod annotation a changed; pod annotation kubectl.kubernetes.io/restartedAt removed"
    )


def test_the_order_of_sources_and_of_containers() -> None:
    """Of the same key the last source holds."""
    assert changed(sourced(SECRET, CONFIG), sourced(CONFIG, SECRET)) == (
        "environment of app: envFrom changed (in another order)"
    )
    swapped = changed(template(PROXY, APP), template(APP, PROXY))
    assert swapped == "something else in the pod template changed"


def test_where_no_more_is_known() -> None:
    """Nothing is made up."""
    change = RevisionChange(number=43, at=at(0), env=("app/LIMIT",), other=True)
    assert spoken(what_changed(change)) == (
        "environment of app: LIMIT changed; something else in the pod template changed"
    )
