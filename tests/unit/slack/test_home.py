"""The Home tab as Slack gets it: within its limits, whatever is in the pods' names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.commands.home_tab import home_tab
from bot.model.answers import PodRow, Rule
from bot.model.commands import DebugPod, GetLogs, ListPods
from bot.model.home import BotHealth, Home, PastCommand
from bot.model.messages import Actions, Button, Menu, Message, Paragraph, Preformatted, Table, Text
from bot.model.people import Person, UserId
from bot.model.pods import ClusterName
from bot.playground.workspace.rules.blocks import Surface
from bot.playground.workspace.rules.views import check_view
from bot.slack.home import drawn
from bot.slack.windows import fit_for_window
from tests.unit.commands.drawing import draw_block

NOW = datetime(2026, 3, 4, 14, 3, 20, tzinfo=UTC)
ALICE = Person(id=UserId("U01ALICE"), name="alice", full_member=True)
ON_CALL = Rule(role="on-call", line="role on-call: list, logs in all namespaces")
HEALTHY = BotHealth(version="1.2.3", watch_problem="", last_contact=NOW, slack_connected=True)
QUIET = Home(
    person=ALICE,
    cluster=ClusterName("prod-eu"),
    broken=(),
    broken_in_all=0,
    pods=1_204,
    namespaces=12,
    namespaces_left_out=False,
    rules=(ON_CALL,),
    policy_problem="",
    recent=(),
    health=HEALTHY,
    as_of=NOW,
)


def row(name: str = "web-7d4b9c-x2x9q", status: str = "CrashLoopBackOff") -> PodRow:
    return PodRow(
        namespace="shop",
        name=name,
        ready="0/1",
        status=status,
        restarts="7 (40s ago)",
        age="12m",
        ip="10.1.0.7",
        node="node-3",
        nominated_node="<none>",
        readiness_gates="<none>",
    )


def said(home: Home) -> str:
    return "\n".join(
        f"# {section.title}\n" + "\n".join(map(draw_block, section.blocks)) for section in home_tab(home)
    )


@pytest.mark.parametrize(
    ("home", "says"),
    [
        pytest.param(QUIET, "🟢 Nothing that you may see is broken.", id="quiet"),
        pytest.param(
            replace(QUIET, namespaces_left_out=True), "Other namespaces are not yours to see.", id="a-part"
        ),
        pytest.param(
            replace(QUIET, health=replace(HEALTHY, watch_problem="prod-eu does not answer.")),
            "🟡 This may be old: prod-eu does not answer.",
            id="away",
        ),
        pytest.param(replace(QUIET, namespaces=0, pods=0), "No pod is known yet.", id="starting"),
        pytest.param(
            replace(QUIET, namespaces=0, pods=0, namespaces_left_out=True, rules=()),
            "you may `list` none of them",
            id="no-rights",
        ),
        pytest.param(
            replace(QUIET, broken=(row(),), broken_in_all=31),
            "And 30 more] -> /pods list -A --broken",
            id="more",
        ),
        pytest.param(
            replace(QUIET, policy_problem="The policy file has mistakes."),
            "🟡 Policy: The policy file",
            id="policy",
        ),
        pytest.param(
            replace(QUIET, health=replace(HEALTHY, slack_connected=False)),
            "🟡 Slack: not connected",
            id="slack",
        ),
    ],
)
def test_what_it_says(home: Home, says: str) -> None:
    """Silence is never taken for health, and nothing of podbot's own trouble is hidden."""
    assert says in said(home)


def test_silence_is_not_health() -> None:
    """While the cluster is away nothing is called fine."""
    away = said(replace(QUIET, health=replace(HEALTHY, watch_problem="prod-eu does not answer.")))
    assert "🟢" not in away


def test_changes_are_not_offered_again() -> None:
    """A debug container is named among what was asked, and not in the menu."""
    debug = DebugPod(namespace="shop", pod="web-1", command=("ps",))
    recent = tuple(PastCommand(command=each, at=NOW) for each in (debug, ListPods(namespace="shop")))
    text = said(replace(QUIET, recent=recent))
    assert "/pods debug web-1 -n shop -- ps" in text
    only_changes = said(replace(QUIET, recent=recent[:1]))
    assert "Ask again" in text
    assert "Ask again" not in only_changes


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("web-7d4b9c-x2x9q", id="plain"),
        pytest.param("a" * 253, id="longest"),
        pytest.param("<!channel> `x` \u202e\x1b[31m:smile:", id="hostile"),
    ],
)
def test_it_is_a_view_that_slack_takes(name: str) -> None:
    """Everything at once, at its longest."""
    home = replace(
        QUIET,
        broken=(row(name, status="Init:CreateContainerConfigError"),) * 15,
        broken_in_all=1_000,
        rules=(Rule(role="r", line="role r: " + "x" * 2_000),) * 40,
        recent=tuple(
            PastCommand(command=GetLogs(namespace="shop", pod=f"{name}{number}"), at=NOW)
            for number in range(8)
        ),
        policy_problem="p" * 5_000,
    )
    view = drawn(home)
    check_view(view, Surface.HOME)
    assert "<!channel>" not in str([each for each in view["blocks"] if "mrkdwn" in str(each)])


def test_what_a_window_shows() -> None:
    """No tables, nothing to share, and nothing that changes or goes on."""
    message = Message(
        text="pods",
        blocks=(
            Paragraph(((Text("pods"),),)),
            Table(("NAME", "READY"), (("web-1", "1/1"),)),
            Actions(
                (
                    Button("Logs", GetLogs(namespace="shop", pod="web-1")),
                    Button("Debug", DebugPod(namespace="shop", pod="web-1")),
                    Menu("Choose", ()),
                )
            ),
        ),
    )
    _, table, actions = fit_for_window(message).blocks
    assert table == Preformatted("NAME    READY\nweb-1   1/1")
    assert isinstance(actions, Actions)
    assert [each.label for each in actions.elements if isinstance(each, Button)] == ["Logs"]
    assert len(actions.elements) == 1
