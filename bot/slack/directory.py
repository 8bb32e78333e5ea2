"""What people and user groups are called in Slack, for what has to name them without calling them.

Implements `bot.incidents.ports.Directory`. Who may do what is decided by `people`, which asks for more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.clock import Clock
from bot.model.people import Names, UsergroupId, UserId
from bot.slack.client import SlackTrouble, translated
from bot.slack.people import Kept, usergroups

logger = logs.get(__name__)

_FRESH_SECONDS = 600.0
_REMEMBERED = 10_000
_ANSWER_SECONDS = 4.0
"""Whoever waits for a file gets it with ids instead of waiting longer for names."""

_MOST_ASKED = 50
"""People of one answer; the others are named by their ids."""


class SlackDirectory:
    """Names, asked of Slack and kept for ten minutes. Raises nothing: whoever is not found has no name."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._people: Kept[UserId, str] = Kept(self._person, clock, seconds=_FRESH_SECONDS, most=_REMEMBERED)
        self._groups: Kept[None, dict[UsergroupId, str]] = Kept(
            self._all_groups, clock, seconds=_FRESH_SECONDS, most=1
        )

    async def names(self, people: Collection[UserId], groups: Collection[UsergroupId]) -> Names:
        """What these are called, as far as Slack says so within some seconds."""
        asked = sorted(people)[:_MOST_ASKED]
        async with asyncio.TaskGroup() as tasks:
            persons = [tasks.create_task(self._known(each), name="name of a person") for each in asked]
            handles = await self._handles() if groups else {}
        found = zip(asked, (each.result() for each in persons), strict=True)
        return Names(
            people={user: name for user, name in found if name},
            groups={group: handles[group] for group in sorted(groups) if group in handles},
        )

    async def _known(self, user: UserId) -> str:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await self._people.get(user)
        except (SlackTrouble, TimeoutError) as error:
            logger.info("name_unknown", user=user, error=str(error))
            return ""

    async def _handles(self) -> dict[UsergroupId, str]:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await self._groups.get(None)
        except (SlackTrouble, TimeoutError) as error:
            logger.info("usergroup_names_unknown", error=str(error))
            return {}

    async def _person(self, user: UserId) -> str:
        with translated():
            answer = await self._client.users_info(user=user)
        found: dict[str, Any] = answer.get("user") or {}
        profile: dict[str, Any] = found.get("profile") or {}
        return str(profile.get("display_name") or profile.get("real_name") or found.get("name") or "")

    async def _all_groups(self, _: None) -> dict[UsergroupId, str]:
        found = await usergroups(self._client)
        return {UsergroupId(str(each["id"])): str(each.get("handle") or each["id"]) for each in found}
