"""The App Home tab: drawn and published, each time it is opened or refreshed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.commands.home_of_several import home_of_several
from bot.commands.home_tab import Section, home_tab
from bot.errors import StoreUnavailable
from bot.model.home import Home, HomeAlerts
from bot.model.messages import Message
from bot.model.people import Asker
from bot.model.pods import ClusterName
from bot.slack import limits
from bot.slack.blocks import render
from bot.slack.client import SlackTrouble, translated
from bot.slack.clusters import Clusters
from bot.slack.defang import one_line, shortened
from bot.slack.drawing import Json
from bot.slack.windows import fit_for_window

logger = logs.get(__name__)

REFRESH = "home_refresh"
"""The action of the tab's own button."""

_PATIENCE = 2.0
"""Seconds that the tab waits for incidents, of each cluster."""


class HomeSource(Protocol):
    """The pod service, as far as the tab needs it."""

    def home(self, asker: Asker) -> Home:
        """What the tab shows this person."""
        ...


class AlertSource(Protocol):
    """The incident service of a cluster, as far as the tab needs it."""

    async def at_home(self, asker: Asker) -> HomeAlerts | None:
        """What is open and silenced, as far as the asker may see it. Raises `StoreUnavailable`."""
        ...


class HomeTab:
    """Publishes the tab. Without `alerts` nothing is said of incidents."""

    def __init__(
        self,
        client: AsyncWebClient,
        clusters: Clusters[HomeSource],
        alerts: Clusters[AlertSource] | None = None,
    ) -> None:
        self._client = client
        self._clusters = clusters
        self._alerts = alerts

    async def show(self, asker: Asker) -> None:
        """Publish the tab as it is for this person now."""
        homes = [
            replace(each.pods.home(asker), alerts=await self._alerts_of(each.name, asker))
            for each in self._clusters
        ]
        first, *others = homes
        view = drawn(first, *others)
        try:
            with translated():
                await self._client.views_publish(user_id=asker.person.id, view=view)
        except SlackTrouble as trouble:
            # It will be opened again; a message about a tab that stayed as it was would help nobody.
            logger.warning("home_not_published", code=trouble.code, details=trouble.details)

    async def _alerts_of(self, cluster: ClusterName, asker: Asker) -> HomeAlerts | None:
        """None as well where the store does not answer soon: the rest of the tab comes from memory."""
        if self._alerts is None:
            return None
        source = self._alerts.of(cluster)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await source.at_home(asker)
        except (StoreUnavailable, TimeoutError) as problem:
            logger.warning("home_without_incidents", cluster=cluster, reason=repr(problem))
            return None


def drawn(home: Home, *others: Home) -> Json:
    """The view, within Slack's limit: what finds no room is the end of the least urgent section."""
    first, *sections = home_of_several((home, *others)) if others else home_tab(home)
    blocks = [*_section(first), _refresh()]
    for section in sections:
        blocks += [{"type": "divider"}, *_section(section)]
    return {"type": "home", "blocks": list(_fitting(blocks[: limits.VIEW_BLOCKS]))}


def _fitting(blocks: list[Json]) -> Iterator[Json]:
    room = limits.VIEW_SIZE
    for block in blocks:
        room -= len(json.dumps(block))
        if room < 0:
            return
        yield block


def _section(section: Section) -> Iterator[Json]:
    title = shortened(one_line(section.title), limits.HEADER_TEXT) or "…"
    yield {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}
    # A Home tab has no tables either, and nobody to share with.
    yield from render(fit_for_window(Message(text=section.title, blocks=section.blocks))).blocks


def _refresh() -> Json:
    button: Json = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Refresh", "emoji": False},
        "action_id": REFRESH,
    }
    return {"type": "actions", "elements": [button]}
