"""deploy/kubernetes/rbac.yaml grants what `podbot check` asks for, and as little else as it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.check.clusters import ELECTING, GRANTED, WATCHING, Need
from bot.kube.access import Right

MANIFEST = Path(__file__).parents[3] / "deploy" / "kubernetes" / "rbac.yaml"


def granted(kind: str) -> Iterator[Right]:
    for each in yaml.safe_load_all(MANIFEST.read_text("utf-8")):
        if each["kind"] == kind:
            for rule in each["rules"]:
                yield from rights(rule)


def rights(rule: dict[str, Any]) -> Iterator[Right]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            yield from (Right(verb=verb, resource=resource, group=group) for verb in rule["verbs"])


@pytest.mark.parametrize("need", [*WATCHING, *GRANTED.values()], ids=lambda need: str(need.right))
def test_what_podbot_needs_is_granted(need: Need) -> None:
    """Whoever applies the manifest hears of no missing right."""
    assert need.right in set(granted("ClusterRole"))


def test_replicas_may_elect_their_leader() -> None:
    """In one namespace, not in all."""
    assert {need.right for need in ELECTING} == set(granted("Role"))


def test_no_more_is_changed_than_it_says() -> None:
    """Pods are deleted, debug containers added; nothing else is written, and no secret is read."""
    asked = set(granted("ClusterRole"))
    assert {each for each in asked if each.verb not in {"get", "list", "watch"}} == {
        Right(verb="delete", resource="pods"),
        Right(verb="patch", resource="pods/ephemeralcontainers"),
    }
    assert not {"secrets", "*"} & {each.resource for each in asked}
