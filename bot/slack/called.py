"""Whether the people and user groups that a file names are there to be called, or to hold a role."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.model.people import UsergroupId, UserId
from bot.slack import people
from bot.slack.client import SlackTrouble, translated

_NOBODY = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


async def person_trouble(client: AsyncWebClient, user: UserId) -> str:
    """What is wrong with a person, in words; empty where nothing is. Raises `SlackTrouble`."""
    try:
        with translated():
            answer = await client.users_info(user=user)
    except SlackTrouble as refusal:
        if refusal.code in _NOBODY:
            return "nobody in this workspace has this id"
        raise
    found: dict[str, Any] = answer.get("user") or {}
    return "this person is deactivated" if found.get("deleted") else ""


async def usergroups(client: AsyncWebClient) -> frozenset[UsergroupId]:
    """The user groups that are in use; disabled ones are left out. Raises `SlackTrouble`."""
    return frozenset(UsergroupId(str(each["id"])) for each in await people.usergroups(client))
