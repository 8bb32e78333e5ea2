"""Several clusters in one bot: what is begun on one goes on there, over Slack's own protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.misunderstood import Misunderstood
from bot.commands.prose import message
from bot.model.answers import Answer, ClusterList, ClusterState, Guidance
from bot.model.at_cluster import at_cluster
from bot.model.commands import (
    Command,
    DebugPod,
    DeletePod,
    DescribePod,
    GetLogs,
    ListClusters,
    ListPods,
    OpenPod,
)
from bot.model.debugging import DebugStarted
from bot.model.home import Home, PastCommand
from bot.model.messages import Actions, Button, Paragraph, plain
from bot.model.pods import ALL_NAMESPACES, ClusterName
from bot.model.problems import AmbiguousPod
from bot.playground.workspace import Workspace, demo_settings
from bot.playground.workspace.rules.blocks import Surface
from bot.playground.workspace.rules.views import check_view
from bot.slack.blocks import render
from bot.slack.clusters import Clusters, Served
from bot.slack.home import drawn
from tests.support.clusters import only
from tests.support.drawing import as_text
from tests.support.told_deletions import UID
from tests.unit.slack.conftest import Bench, ToldPods, podbot_in
from tests.unit.slack.test_home import HEALTHY, NOW, QUIET, row

PROD, STAGING = ClusterName("prod-eu"), ClusterName("staging")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A bot that serves prod-eu, the default, and staging."""
    async with podbot_in(Workspace(demo_settings()), two_clusters=True) as bench:
        yield bench


def said(bench: Bench) -> tuple[list[Command], list[Command]]:
    """What was asked of prod-eu, and of staging."""
    return [each for _, each in bench.pods.asked], [each for _, each in bench.staging.asked]


async def test_the_default_and_the_one_that_is_named(bench: Bench) -> None:
    """Each is asked in its own default namespace, and the answer says of which it is."""
    await bench.alice.types("#incidents", "/pods list")
    await bench.alice.sees("#incidents", "prod-eu · ")
    await bench.alice.types("#incidents", "/kubectl --context staging get pods")
    await bench.alice.sees("#incidents", "staging · ")
    assert said(bench) == ([ListPods(namespace="shop")], [ListPods(namespace="qa")])


async def test_an_unknown_cluster_is_no_default(bench: Bench) -> None:
    """Nothing is asked of any."""
    await bench.alice.types("#incidents", "/pods delete web-1 --context stagin")
    await bench.alice.sees("#incidents", "Did you mean `--context staging`?")
    assert said(bench) == ([], [])


async def test_help_is_of_no_cluster(bench: Bench) -> None:
    """It is the same everywhere."""
    await bench.alice.types("#incidents", "/pods help")
    answer = await bench.alice.sees("#incidents", "tells why they die")
    assert "prod-eu" not in as_text(answer)


async def test_a_menu_goes_on_where_its_answer_came_from(bench: Bench) -> None:
    """An ambiguous name on staging is chosen among staging's pods."""

    async def ambiguous(command: Command) -> Answer:
        if isinstance(command, DescribePod):
            choices = tuple((f"web-{n}", GetLogs(namespace="qa", pod=f"web-{n}")) for n in range(3))
            raise AmbiguousPod("web", "qa", choices, total=3)
        return await bench.staging._guide(command)

    bench.staging.on_run = ambiguous
    await bench.alice.types("#incidents", "/pods describe web --context=staging")
    answer = await bench.alice.sees("#incidents", "staging · ")
    await bench.alice.chooses(answer, "Choose a pod", "web-1")
    await bench.alice.sees("#incidents", "tells why they die")
    assert said(bench) == (
        [],
        [DescribePod(namespace="qa", pod="web"), GetLogs(namespace="qa", pod="web-1")],
    )


async def test_a_deletion_is_confirmed_where_it_was_planned(bench: Bench) -> None:
    """The dialog carries its cluster; the channel is told of it."""
    await bench.alice.types("#incidents", "/pods delete web-1 --context staging")
    await bench.alice.sees_view("Delete `web-1` in qa?")
    await bench.alice.submits()
    told = await bench.bob.sees("#incidents", "deleted `web-1`")
    assert "staging" in as_text(told)
    assert said(bench) == ([], [DeletePod(namespace="qa", pod="web-1")])
    assert (len(bench.pods.confirmed), len(bench.staging.confirmed)) == (0, 1)


async def test_a_debug_container_is_read_where_it_was_started(bench: Bench) -> None:
    """Its output comes from the same cluster."""

    async def start(command: Command) -> Answer:
        assert isinstance(command, DebugPod)
        return DebugStarted(
            cluster=STAGING,
            by=bench.staging.asked[0][0].person,
            namespace=command.namespace,
            pod=command.pod,
            uid=UID,
            container="debugger-1",
            image="busybox:1.36",
            target="",
            command="ps",
            seconds=60,
        )

    bench.staging.on_run = start
    await bench.alice.types("#incidents", "/pods debug web-1 --context staging -- ps")
    await bench.alice.sees("#incidents", "seen from inside")
    await bench.bob.sees("#incidents", "staging · ")


async def test_the_home_tab_shows_all_and_its_buttons_know_their_cluster(bench: Bench) -> None:
    """Broken on staging is looked at on staging, in a window, and on from there."""
    bench.staging.broken = (row("web-9"),)
    home = await bench.alice.home("staging: 1 pod broken")
    assert "prod-eu" in as_text(home)
    await bench.alice.clicks(home, "Logs")
    window = await bench.alice.sees_view("staging · ")
    await bench.alice.clicks(window, "What I may do")
    await bench.alice.sees_view("staging · ")
    prod, staging = said(bench)
    assert prod == []
    assert staging[0] == GetLogs(namespace="shop", pod="web-9")


def test_what_a_request_carries() -> None:
    """A name where there are several; none where there is one; and never one that is not served."""
    one = only("pods", default_namespace="shop", name=PROD)
    two = Clusters(
        Served(name=PROD, pods="prod", default_namespace="shop"),
        Served(name=STAGING, pods="staging", default_namespace="qa"),
    )
    assert (one.meant(None), one.meant(PROD), two.meant(None), two.meant(STAGING)) == (
        None,
        None,
        PROD,
        STAGING,
    )
    assert (one.of(None), two.of(None), two.of(STAGING)) == ("pods", "prod", "staging")
    for ask in (one.meant, one.of, two.meant, two.of):
        with pytest.raises(Misunderstood, match="serves no cluster called `gone`"):
            ask(ClusterName("gone"))


def homes(clusters: int, broken: int) -> list[Home]:
    """As many clusters, each with so many broken pods, past commands and rules."""
    past = tuple(
        PastCommand(command=OpenPod(namespace="shop", pod=f"web-{n}"), at=NOW - timedelta(minutes=n))
        for n in range(8)
    )
    return [
        replace(
            QUIET,
            cluster=ClusterName(f"arn:aws:eks:eu-west-1:123456789012:cluster/prod-{number}"),
            broken=tuple(row(f"web-{number}-{n}") for n in range(broken)),
            broken_in_all=broken,
            recent=past,
        )
        for number in range(clusters)
    ]


@pytest.mark.parametrize("broken", [0, 1, 15])
@pytest.mark.parametrize("clusters", [2, 5, 8, 60])
def test_the_tab_of_many_clusters_fits(clusters: int, broken: int) -> None:
    """Within Slack's 100 blocks nothing of the permissions or of podbot's own health is cut off."""
    view = drawn(*homes(clusters, broken))
    check_view(view, Surface.HOME)
    assert len(view["blocks"]) < 100
    assert "podbot 1.2.3" in str(view)


def test_the_tab_tells_the_clusters_apart() -> None:
    """Trouble first; one that is away is never called healthy; rules once."""
    away = replace(
        QUIET, cluster=STAGING, health=replace(HEALTHY, watch_problem="staging does not answer."), pods=3
    )
    text = str(drawn(QUIET, away))
    assert "nothing broken among 1,204 pods" in text
    assert text.index("staging") < text.index("prod-eu")
    assert "may be old: staging does not answer. When last seen" in text
    assert "not in step with" in text
    assert text.count("role on-call: list, logs in all namespaces") == 1


async def test_the_shortcut_suggests_the_cluster_of_an_alerts_button(bench: Bench) -> None:
    """What an alert of staging offers is asked of staging; the answer says so."""
    logs = Actions((Button("Logs", GetLogs(namespace="qa", pod="web-1")),))
    alert = at_cluster(message(Paragraph((plain("web crashed"),)), logs), STAGING)
    rendered = render(alert)
    await bench.client.chat_postMessage(
        channel="C01INCIDENTS", text=rendered.text, blocks=list(rendered.blocks)
    )
    shown = await bench.alice.sees("#incidents", "web crashed")
    await bench.alice.shortcut(shown, "Ask podbot")
    await bench.alice.sees_view("--context=staging logs web-1 -n qa")
    await bench.alice.fills({"Command": "--context=staging logs web-1 -n qa"})
    assert await bench.alice.submits() == {}
    await bench.alice.sees("#incidents", "staging · ")
    assert said(bench) == ([], [GetLogs(namespace="qa", pod="web-1")])


async def test_all_clusters_are_listed(bench: Bench) -> None:
    """Each says for itself how it is; with `--context` one does."""

    def state(pods: ToldPods) -> Callable[[Command], Awaitable[Answer]]:
        async def run(command: Command) -> Answer:
            if not isinstance(command, ListClusters):
                return Guidance(topic="")
            one = ClusterState(cluster=pods.cluster, watch_problem="", pods=9, namespaces=2, broken=1)
            return ClusterList(clusters=(one,))

        return run

    for pods in (bench.pods, bench.staging):
        pods.on_run = state(pods)
    await bench.alice.types("#incidents", "/kubectl config get-contexts")
    answer = await bench.alice.sees("#incidents", "podbot serves 2 clusters.")
    assert "prod-eu (default) · 1 broken of 9 pods" in as_text(answer).replace("*", "")
    await bench.alice.chooses(answer, "What is broken on …", "staging")
    await bench.alice.sees("#incidents", "staging · ")
    assert said(bench)[1][-1] == ListPods(namespace=ALL_NAMESPACES, broken=True)
    await bench.alice.types("#incidents", "/pods clusters --context staging")
    await bench.alice.sees("#incidents", "podbot serves 1 cluster.")
