"""Looks at Slack: whether it takes the tokens, and knows the channels and people that are named."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.check.findings import Finding, Level
from bot.check.naming import Named
from bot.settings import Settings
from bot.slack import called, channels
from bot.slack.client import SlackTrouble, WebClient, open_client
from bot.slack.connection import SlackRefused, check, socket_url

SLACK = "slack"


async def look(settings: Settings, named: Named) -> tuple[Finding, ...]:
    """Whether tokens are right, and podbot can post and call where it is to. `named` says who names whom."""
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
        except SlackRefused as problem:
            return (*found, Finding(Level.WRONG, SLACK, str(problem)))
        except SlackTrouble as problem:
            words = f"{problem} at {settings.slack_api_url}: see whether it can be reached from here"
            return (*found, Finding(Level.WRONG, SLACK, f"{words}, and what SLACK_API_URL says"))
        found += [each async for each in _channels(client, named)]
        found += [each async for each in _people(client, named)]
        found += [each async for each in _groups(client, named)]
    return tuple(found)


async def _channels(client: WebClient, named: Named) -> AsyncIterator[Finding]:
    for channel, namer in named.channels.items():
        what = f"channel {channel}, {namer}"
        try:
            trouble = await channels.trouble(client, channel)
        except SlackTrouble as problem:
            yield _unknown(what, problem)
            continue
        yield _judged(what, trouble, "podbot can post there")


async def _people(client: WebClient, named: Named) -> AsyncIterator[Finding]:
    for user, namer in named.people.items():
        what = f"person {user}, {namer}"
        try:
            trouble = await called.person_trouble(client, user)
        except SlackTrouble as problem:
            yield _unknown(what, problem)
            if problem.code == "missing_scope":
                return  # the same would be said of everybody
            continue
        yield _judged(what, trouble, "is there")


async def _groups(client: WebClient, named: Named) -> AsyncIterator[Finding]:
    if not named.groups:
        return
    try:
        there = await called.usergroups(client)
    except SlackTrouble as problem:
        yield _unknown(f"user groups {', '.join(named.groups)}", problem)
        return
    for group, namer in named.groups.items():
        trouble = "" if group in there else "no user group in use has this id"
        yield _judged(f"user group {group}, {namer}", trouble, "is there")


def _judged(what: str, trouble: str, well: str) -> Finding:
    return Finding(Level.WRONG if trouble else Level.OK, SLACK, f"{what}: {trouble or well}")


def _unknown(what: str, problem: SlackTrouble) -> Finding:
    again = () if problem.retry_after is None else (f"try again in {problem.retry_after:.0f} s",)
    return Finding(Level.WARN, SLACK, f"{what}: {', '.join((str(problem), *problem.details, *again))}")
