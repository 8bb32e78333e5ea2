"""Which cluster a typed command is for, and how an answer says of which it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.clusters import of_cluster
from bot.commands.grammar import Asked, Misunderstood, ask
from bot.commands.prose import marked, message
from bot.commands.spelling import spell
from bot.model.commands import Command, DebugPod, DeletePod, GetLogs, Help, ListPods, WhoAmI
from bot.model.messages import Actions, Button, Message, Paragraph, Preformatted
from bot.model.pods import ClusterName
from tests.unit.commands.drawing import draw
from tests.unit.commands.test_grammar_properties import commands

PROD, STAGING = ClusterName("prod-eu"), ClusterName("arn:aws:eks:eu-west-1:1234:cluster/staging")
BOTH = {PROD: "shop", STAGING: "qa"}


@pytest.mark.parametrize(
    ("text", "command", "cluster"),
    [
        pytest.param("list", ListPods(namespace="shop"), None, id="none"),
        pytest.param("get pods --context prod-eu", ListPods(namespace="shop"), PROD, id="behind"),
        pytest.param(f"--context={STAGING} get pods", ListPods(namespace="qa"), STAGING, id="before"),
        pytest.param(f"--cluster {STAGING} -n a list", ListPods(namespace="a"), STAGING, id="cluster-before"),
        pytest.param(
            "logs web-1 --cluster=prod-eu --context=prod-eu",
            GetLogs(namespace="shop", pod="web-1"),
            PROD,
            id="twice-the-same",
        ),
        pytest.param(
            f"delete web-1 --context {STAGING}", DeletePod(namespace="qa", pod="web-1"), STAGING, id="delete"
        ),
        pytest.param(
            "debug web-1 -- kubectl --context x",
            DebugPod(namespace="shop", pod="web-1", command=("kubectl", "--context", "x")),
            None,
            id="behind-a-debug-containers-command",
        ),
        pytest.param("auth whoami --context prod-eu", WhoAmI(), PROD, id="auth"),
        pytest.param("help --context prod-eu", Help(), PROD, id="help"),
        pytest.param("logs --help --context nowhere", Help(topic="logs"), None, id="only-help"),
    ],
)
def test_what_is_meant(text: str, command: Command, cluster: ClusterName | None) -> None:
    """kubectl's own flag, anywhere that kubectl takes it; the namespace is that cluster's default."""
    assert ask(text, BOTH) == Asked(command=command, cluster=cluster)


@pytest.mark.parametrize(
    ("text", "clusters", "why"),
    [
        pytest.param(
            "list --context prod-us",
            BOTH,
            "podbot serves no cluster called `prod-us`. Did you mean `--context prod-eu`? "
            f"It serves `prod-eu` and `{STAGING}`.",
            id="near",
        ),
        pytest.param(
            "list --context zzz",
            {PROD: "shop"},
            "podbot serves no cluster called `zzz`. It serves `prod-eu` alone.",
            id="only-one",
        ),
        pytest.param("list --context", BOTH, "`--context` needs CLUSTER behind it", id="forgotten"),
        pytest.param("list --context=", BOTH, "`--context` needs CLUSTER behind it", id="empty"),
        pytest.param("list -context prod-eu", BOTH, "write `--context`", id="one-hyphen"),
        pytest.param(
            f"list --context prod-eu --cluster {STAGING}", BOTH, "name two clusters", id="two-of-them"
        ),
    ],
)
def test_what_is_not_understood(text: str, clusters: dict[ClusterName, str], why: str) -> None:
    """An unknown cluster is never taken for the default."""
    with pytest.raises(Misunderstood) as caught:
        ask(text, clusters)
    assert why in str(caught.value)


def test_one_clusters_own_name_is_taken() -> None:
    """Fingers that always type it find no obstacle."""
    assert ask("list --context prod-eu", {PROD: "shop"}) == ask("list --context prod-eu", BOTH)


@given(commands, st.sampled_from([PROD, STAGING]))
def test_what_is_spelled_for_a_cluster_is_read_back(command: Command, cluster: ClusterName) -> None:
    """Whatever the command, `--context` before the verb does not change it."""
    assert ask(spell(command, cluster=cluster), BOTH) == Asked(command=command, cluster=cluster)


ANSWER = message(
    Paragraph((marked("No pod. Try `/pods list -A`, or `/pods help list`."), marked("`app` is fine."))),
    Preformatted("/pods is not touched in logs"),
    Actions((Button("Logs", GetLogs(namespace="shop", pod="web-1")),)),
)


def test_an_answer_says_of_which_cluster_it_is() -> None:
    """First of all, in its plain text as well; and commands to be copied name it."""
    told = of_cluster(ANSWER, PROD)
    assert told.text.startswith("prod-eu · No pod.")
    drawn = draw(told)
    assert "/pods --context=prod-eu list -A" in drawn
    assert "/pods help list" in drawn
    assert "/pods is not touched in logs" in drawn
    assert isinstance(told.blocks[0], Paragraph)
    assert told.blocks[0].lines[1] == marked("`app` is fine.")


def test_with_one_cluster_nothing_is_said() -> None:
    """The message is the same."""
    assert of_cluster(ANSWER, None) is ANSWER
    assert of_cluster(Message(text="no blocks"), PROD).text == "prod-eu · no blocks"
