"""From where a watch goes on, where what is watched has changed: all namespaces, some, and all again."""

from __future__ import annotations

import pytest

from bot.model.memory import Checkpoint
from bot.model.pods import ALL_NAMESPACES, ClusterName
from bot.watch import resume
from tests.support.pods import at


def left(namespace: str, second: float = 0) -> Checkpoint:
    return Checkpoint(cluster=ClusterName("prod-eu"), namespace=namespace, version="7", at=at(second))


@pytest.mark.parametrize(
    ("namespace", "checkpoints", "expected"),
    [
        pytest.param("shop", [], None, id="never-watched"),
        pytest.param("shop", [left("cart")], None, id="another-was"),
        pytest.param("shop", [left("shop")], left("shop"), id="its-own"),
        pytest.param("shop", [left(ALL_NAMESPACES)], left(ALL_NAMESPACES), id="all-were"),
        pytest.param(
            "shop",
            [left(ALL_NAMESPACES, 60), left("shop", 0)],
            left(ALL_NAMESPACES, 60),
            id="all-were-after-it",
        ),
        pytest.param("shop", [left(ALL_NAMESPACES, 0), left("shop", 60)], left("shop", 60), id="after-all"),
        pytest.param(ALL_NAMESPACES, [left("shop", 60)], None, id="one-is-not-all"),
    ],
)
def test_it_goes_on_from_where_it_was_seen_last(
    namespace: str, checkpoints: list[Checkpoint], expected: Checkpoint | None
) -> None:
    """A version is the cluster's, so that of all namespaces serves for each."""
    assert resume.starting_point(namespace, {each.namespace: each for each in checkpoints}) == expected


@pytest.mark.parametrize(
    ("namespaces", "before", "expected"),
    [
        pytest.param(("shop",), ("shop",), (), id="the-same"),
        pytest.param(("shop",), ("cart", "shop"), ("cart",), id="one-was-taken-away"),
        pytest.param(("shop",), (ALL_NAMESPACES, "cart"), (ALL_NAMESPACES, "cart"), id="all-became-some"),
        pytest.param((ALL_NAMESPACES,), ("shop",), (), id="some-became-all"),
    ],
)
def test_what_is_watched_no_more(
    namespaces: tuple[str, ...], before: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    """While all are watched, so is each."""
    assert resume.watched_no_more(namespaces, before) == expected
