"""What is pressed goes on at the cluster that the message is of, through Slack and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.model.at_cluster import at_cluster
from bot.model.commands import Command
from bot.model.messages import Actions, Button, Choice, Menu, Message, Paragraph, plain
from bot.model.pods import ClusterName
from bot.slack.actions import Press, button_value, menu_code, read_press
from tests.unit.commands.test_grammar_properties import commands

clusters = st.sampled_from(
    [
        ClusterName("prod-eu"),
        ClusterName("kind-kind"),
        ClusterName("kubernetes-admin@kubernetes"),
        ClusterName("gke_shop-1234_europe-west4_main"),
        ClusterName("arn:aws:eks:eu-west-1:123456789012:cluster/prod"),
    ]
)
own = st.none() | clusters
buttons = st.builds(Button, st.just("press"), commands, cluster=own)
choices = st.builds(Choice, st.just("choose"), commands, own)
menus = st.builds(Menu, st.just("menu"), st.lists(choices, min_size=1, max_size=4).map(tuple))
blocks = st.lists(
    st.just(Paragraph((plain("text"),)))
    | st.builds(Actions, st.lists(buttons | menus, min_size=1, max_size=4).map(tuple)),
    max_size=4,
).map(tuple)
messages = st.builds(Message, text=st.just("text"), blocks=blocks)


def pressed(message: Message) -> list[tuple[ClusterName | None, Press | None]]:
    """Of every element: the cluster that it has, and what comes back from Slack when it is pressed."""
    found: list[tuple[ClusterName | None, Press | None]] = []
    for block in message.blocks:
        for element in block.elements if isinstance(block, Actions) else ():
            if isinstance(element, Button):
                value = button_value(element)
                found.append((element.cluster, read_press("logs:0", value) if value else None))
                continue
            code = menu_code(element.choices, 0)
            for choice, option in zip(element.choices, code.values, strict=True):
                found.append((choice.cluster, read_press(code.action_id, option) if option else None))
    return found


def asked(message: Message) -> list[Command]:
    """Every element's command."""
    found: list[Command] = []
    for block in message.blocks:
        for element in block.elements if isinstance(block, Actions) else ():
            parts = (element,) if isinstance(element, Button) else element.choices
            found += [each.command for each in parts]
    return found


@given(messages, clusters)
def test_every_element_is_bound_and_comes_back_bound(message: Message, cluster: ClusterName) -> None:
    """What fits into Slack's values gives the same command for the same cluster."""
    bound = at_cluster(message, cluster)
    assert asked(bound) == asked(message)
    for (before, _), (now, press), command in zip(
        pressed(message), pressed(bound), asked(bound), strict=True
    ):
        assert now == (before or cluster)
        assert press is None or (press.command, press.cluster) == (command, now)


@given(messages, clusters, clusters)
def test_bound_once_is_bound_for_good(message: Message, cluster: ClusterName, other: ClusterName) -> None:
    """An alert's buttons keep its incident's cluster, wherever they are shown."""
    bound = at_cluster(message, cluster)
    assert at_cluster(bound, other) == bound


@given(messages)
def test_without_a_cluster_nothing_is_bound(message: Message) -> None:
    """And what Slack gets is what it got before there were several."""
    assert at_cluster(message, None) is message
