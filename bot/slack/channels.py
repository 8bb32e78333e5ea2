"""Channels: that of somebody's direct messages, and whether podbot can tell something in one."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.model.people import ChannelId, UserId
from bot.slack.client import SlackTrouble, translated

_NOT_SEEN = "it does not exist, or is private and podbot is not in it: invite it there"


async def direct(client: AsyncWebClient, user: UserId) -> ChannelId:
    """The channel of the direct messages between podbot and this person. Raises `SlackTrouble`."""
    with translated():
        opened = await client.conversations_open(users=user)
    channel: dict[str, Any] = opened["channel"]
    return ChannelId(channel["id"])


async def trouble(client: AsyncWebClient, channel: ChannelId) -> str:
    """What keeps podbot from posting there, in words; empty where nothing does.

    The app's manifest asks for no scope to look at channels; then the right to read there tells as much.
    Raises `SlackTrouble` where Slack does not say.
    """
    try:
        with translated():
            answer = await client.conversations_info(channel=channel)
    except SlackTrouble as refusal:
        if refusal.code == "missing_scope":
            return await _told_by_history(client, channel)
        return _explained(refusal)
    found: dict[str, Any] = answer["channel"]
    if found.get("is_archived"):
        return "it is archived"
    return "" if found.get("is_member") or found.get("is_im") else "podbot is not in it: invite it there"


async def _told_by_history(client: AsyncWebClient, channel: ChannelId) -> str:
    try:
        with translated():
            await client.conversations_history(channel=channel, limit=1)
    except SlackTrouble as refusal:
        return _explained(refusal)
    return ""


def _explained(refusal: SlackTrouble) -> str:
    match refusal.code:
        case "channel_not_found":
            return _NOT_SEEN
        case "not_in_channel":
            return "podbot is not in it: invite it there"
    raise refusal
