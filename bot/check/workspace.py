"""Looks at Slack: whether it takes the tokens, and whether podbot is in the channels that are named."""

from __future__ import annotations

from collections.abc import Mapping

from bot.check.findings import Finding, Level
from bot.model.people import ChannelId
from bot.settings import Settings
from bot.slack import channels
from bot.slack.client import SlackTrouble, open_client
from bot.slack.connection import SlackRefused, check, socket_url

SLACK = "slack"


async def look(settings: Settings, named: Mapping[ChannelId, str]) -> tuple[Finding, ...]:
    """Whether tokens and channels are right. `named` says of each channel what names it."""
    found: list[Finding] = []
    bot_token = settings.slack_bot_token.get_secret_value()
    async with open_client(bot_token=bot_token, api_url=settings.slack_api_url) as client:
        try:
            identity = await check(client)
            found.append(Finding(Level.OK, SLACK, f"podbot is {identity.user} in {identity.team_name}"))
            found += [Finding(Level.WRONG, SLACK, each) for each in identity.problems]
            found += [Finding(Level.WARN, SLACK, each) for each in identity.remarks]
            if settings.slack_app_token is not None:
                await socket_url(client, settings.slack_app_token.get_secret_value())
                found.append(Finding(Level.OK, SLACK, "Socket Mode can be opened"))
        except (SlackRefused, SlackTrouble) as problem:
            return (*found, Finding(Level.WRONG, SLACK, str(problem)))
        for channel, namer in named.items():
            try:
                trouble = await channels.trouble(client, channel)
            except SlackTrouble as problem:
                words = f"channel {channel}, {namer}: {', '.join((str(problem), *problem.details))}"
                found.append(Finding(Level.WARN, SLACK, words))
                continue
            words = trouble or "podbot can post there"
            level = Level.WRONG if trouble else Level.OK
            found.append(Finding(level, SLACK, f"channel {channel}, {namer}: {words}"))
    return tuple(found)
