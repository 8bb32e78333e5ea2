"""What the shortcut's dialog begins with."""

from __future__ import annotations

import pytest

from bot.commands.grammar import Asked
from bot.commands.suggestion import from_buttons, from_text, typed, words
from bot.model.commands import Command, DeletePod, DescribePod, GetLogs, ListPods
from bot.model.pods import ClusterName

PROD, STAGING = ClusterName("prod"), ClusterName("staging")
POD = "web-7d4b9c-x2x9q"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        pytest.param(f"{POD} is down", f"logs {POD} -n default", id="name"),
        pytest.param(f"FIRING: pod shop/{POD} crashed", f"logs {POD} -n shop", id="namespace-before"),
        pytest.param(f"pod/{POD} crashed", f"logs {POD} -n default", id="kind-before"),
        pytest.param(f"pod={POD}, namespace=payments", f"logs {POD} -n payments", id="labels"),
        pytest.param(f'{{"Namespace": "batch", "pod": "{POD}"}}', f"logs {POD} -n batch", id="json"),
        pytest.param("see CVE-2024-12345 and node-3", "", id="numbers"),
        pytest.param("well-known words-about pods", "", id="words"),
        pytest.param("", "", id="nothing"),
        pytest.param(("a-" * 15_000) + POD, "", id="long"),
    ],
)
def test_a_text(text: str, command: str) -> None:
    """The first name of a Deployment's shape, and the namespace that goes with it."""
    found = from_text(text, {PROD: "default"})
    assert (typed(found) if found else "") == command


@pytest.mark.parametrize(
    ("commands", "command"),
    [
        pytest.param(
            [
                ListPods(namespace="shop"),
                DescribePod(namespace="shop", pod=POD),
                GetLogs(namespace="shop", pod=POD, container="app", previous=True),
            ],
            f"logs {POD} -n shop -c app --previous",
            id="logs-first",
        ),
        pytest.param([DescribePod(namespace="shop", pod=POD)], f"describe {POD} -n shop", id="describe"),
        pytest.param([DeletePod(namespace="shop", pod=POD)], "", id="never-a-deletion"),
    ],
)
def test_buttons(commands: list[Command], command: str) -> None:
    """What podbot's own message offers is exact."""
    found = from_buttons([Asked(command=each) for each in commands])
    assert (typed(found) if found else "") == command


@pytest.mark.parametrize(
    ("text", "command"),
    [
        pytest.param(f"{POD} crashed in *staging*", f"--context=staging logs {POD} -n qa", id="named"),
        pytest.param(f"{POD} crashed in stagings", f"logs {POD} -n default", id="not-named"),
    ],
)
def test_a_text_that_names_one_of_several_clusters(text: str, command: str) -> None:
    """The cluster's name as a word of its own is the pod's cluster, and its namespace the default."""
    found = from_text(text, {PROD: "default", STAGING: "qa"})
    assert found is not None
    assert typed(found) == command


def test_the_words_to_be_looked_up() -> None:
    """Each once; only what could be a pod of a workload."""
    assert words(f"`{POD}`: ledger-0 died, Ledger-0 again (shop)") == (POD, "ledger-0")
