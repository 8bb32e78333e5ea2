"""Incidents and silences on the Home tab: at its top, within Slack's limits, never in the way of the rest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from bot.errors import StoreUnavailable
from bot.incidents.at_home import at_home
from bot.model.home import Home, HomeAlerts
from bot.model.incidents import SilenceId
from bot.model.past import IncidentsListed
from bot.model.people import Asker
from bot.model.pods import ClusterName
from bot.model.silences import Silence, SilenceScope
from bot.playground.workspace import Workspace, demo_settings, serve
from bot.playground.workspace.rules.blocks import Surface
from bot.playground.workspace.rules.views import check_view
from bot.playground.workspace.wire import UserId as InWorkspace
from bot.slack.client import open_client
from bot.slack.home import HomeTab, drawn
from tests.support.accounts import ALICE, an_incident
from tests.support.clusters import only
from tests.support.deaths import CLUSTER
from tests.support.drawing import view_as_text
from tests.support.pods import at
from tests.support.policies import asker
from tests.unit.slack.test_home import QUIET, row

BUSY = replace(QUIET, broken=(row(),) * 15, broken_in_all=1_000)


def alerts(reason: str = "load test", incidents: int = 99, silences: int = 9) -> HomeAlerts:
    """Many of both."""
    found = IncidentsListed(
        incidents=(an_incident(),) * min(incidents, 10), page=0, pages=10, total=incidents
    )
    held = [
        Silence(
            id=SilenceId(f"S{number}"),
            scope=SilenceScope(namespace="shop"),
            author=ALICE,
            reason=reason,
            created_at=at(0),
            until=at(60),
        )
        for number in range(silences)
    ]
    made = at_home(found, held, CLUSTER)
    assert made is not None
    return made


def text(*homes: Home) -> str:
    first, *others = homes
    view = drawn(first, *others)
    check_view(view, Surface.HOME)
    return view_as_text(view)


def test_what_is_open_comes_first() -> None:
    """Before what is broken, with buttons to take it and to look at it."""
    said = text(replace(QUIET, alerts=alerts()))
    assert said.index("# 99 open incidents") < said.index("# What is broken")
    assert "[ Acknowledge ] [ Show ]" in said
    assert "[ And 94 more ] [ Figures ]" in said
    assert "[ End silence S0 ]" in said
    assert "and 4 more silences" in said


def test_a_busy_day_finds_room() -> None:
    """Podbot's own state is still there at the end."""
    assert "# podbot itself" in text(replace(BUSY, alerts=alerts()))


def test_a_busy_day_of_many_clusters_finds_room() -> None:
    """The buttons of each are for its cluster."""
    homes = [replace(BUSY, cluster=ClusterName(f"prod-{number}"), alerts=alerts()) for number in range(12)]
    said = text(*homes)
    assert "# prod-0: 99 open incidents" in said
    assert "# podbot itself" in said
    view = str(drawn(*homes)["blocks"][:4])
    assert "prod-0" in view


@pytest.mark.parametrize("reason", ["<!channel> [x](y)" * 40, "\u202e" * 300], ids=["mention", "direction"])
def test_a_silences_reason_is_words(reason: str) -> None:
    """It is a person's text: nothing in it is mark-up, and it is on one line."""
    view = drawn(replace(QUIET, alerts=alerts(reason)))
    check_view(view, Surface.HOME)
    marked_up = [each for each in view["blocks"] if "mrkdwn" in str(each)]
    assert "<!channel>" not in str(marked_up)
    assert "\u202e" not in str(view)


@dataclass
class Source:
    """Implements `bot.slack.home.AlertSource`."""

    trouble: Exception | None = None
    asked: list[str] = field(default_factory=list)

    async def at_home(self, asker: Asker) -> HomeAlerts:
        self.asked.append(asker.person.id)
        if self.trouble is not None:
            raise self.trouble
        return alerts()


class Pods:
    """Implements `bot.slack.home.HomeSource`."""

    def home(self, asker: Asker) -> Home:
        return replace(QUIET, person=asker.person)


async def shown(source: Source | None) -> str:
    name = QUIET.cluster
    async with (
        serve(Workspace(demo_settings())) as slack,
        open_client(bot_token=slack.workspace.app.bot_token, api_url=slack.api_url) as client,
    ):
        clusters = only(Pods(), default_namespace="shop", name=name)
        sources = None if source is None else only(source, default_namespace="shop", name=name)
        await HomeTab(client, clusters, sources).show(asker())
        view = slack.workspace.views.home(InWorkspace(ALICE))
        assert view is not None
        return view_as_text(view.definition)


async def test_the_tab_asks_for_what_is_open() -> None:
    """For the person who opened it."""
    source = Source()
    assert "99 open incidents" in await shown(source)
    assert source.asked == ["U01ALICE"]


async def test_the_tab_is_shown_without_the_store() -> None:
    """What comes from memory is there all the same."""
    assert "What is broken" in await shown(Source(trouble=StoreUnavailable("away")))
    assert "What is broken" in await shown(None)
