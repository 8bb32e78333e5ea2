"""The workspace's directory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.model.people import UserId
from bot.pods.ports import People
from bot.slack.client import open_client
from bot.slack.people import SlackPeople
from tests.support.clock import HeldClock

TEAM = "T01PODBOT"
MEMBER: dict[str, Any] = {"team_id": TEAM, "name": "alice", "profile": {"display_name": "Alice"}}


class Slack:
    """The two methods the directory asks, and how often it did."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {"U01ALICE": MEMBER}
        self.groups: dict[str, Any] = {
            "ok": True,
            "usergroups": [{"id": "S01ONCALL", "users": ["U01ALICE"]}, {"id": "S02EMPTY"}],
        }
        self.asked: list[str] = []

    async def user(self, request: web.Request) -> web.Response:
        user = str((await _parameters(request))["user"])
        self.asked.append(user)
        await asyncio.sleep(0)
        found = self.users.get(user)
        if found is None:
            return web.json_response({"ok": False, "error": "user_not_found"})
        return web.json_response({"ok": True, "user": {"id": user, **found}})

    async def usergroups(self, _: web.Request) -> web.Response:
        self.asked.append("groups")
        return web.json_response(self.groups)


async def _parameters(request: web.Request) -> dict[str, Any]:
    return {**request.query, **await request.post()}


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def directory(slack: Slack, clock: HeldClock) -> AsyncIterator[People]:
    served = web.Application()
    served.router.add_route("*", "/users.info", slack.user)
    served.router.add_route("*", "/usergroups.list", slack.usergroups)
    async with (
        TestServer(served) as server,
        open_client(bot_token="xoxb", api_url=str(server.make_url("/"))) as client,
    ):
        yield SlackPeople(client, team=TEAM, clock=clock)


async def test_a_member_and_their_groups(directory: People) -> None:
    """Who someone is comes with the groups they are in."""
    alice = await directory.person(UserId("U01ALICE"))
    assert (alice.name, alice.full_member) == ("Alice", True)
    assert alice.usergroups == {"S01ONCALL"}


@pytest.mark.parametrize(
    ("user", "full"),
    [
        pytest.param({}, True, id="a member"),
        pytest.param({"is_restricted": True}, False, id="a guest"),
        pytest.param({"is_ultra_restricted": True}, False, id="a single-channel guest"),
        pytest.param({"is_bot": True}, False, id="a bot"),
        pytest.param({"deleted": True}, False, id="deactivated"),
        pytest.param({"is_stranger": True}, False, id="a stranger"),
        pytest.param({"team_id": "T99ELSEWHERE"}, False, id="of another workspace"),
        pytest.param(
            {"team_id": "T99ELSEWHERE", "enterprise_user": {"teams": [TEAM]}},
            True,
            id="of the same enterprise",
        ),
    ],
)
async def test_who_is_a_full_member(
    directory: People, slack: Slack, user: dict[str, Any], full: bool
) -> None:
    """Rules for everyone hold for people of this workspace, never for guests and bots."""
    slack.users["U02"] = {**MEMBER, **user}
    assert (await directory.person(UserId("U02"))).full_member is full


async def test_many_questions_are_one(directory: People, slack: Slack) -> None:
    """A hundred clicks at once ask Slack once."""
    await asyncio.gather(*(directory.person(UserId("U01ALICE")) for _ in range(100)))
    assert sorted(slack.asked) == ["U01ALICE", "groups"]


async def test_answers_are_fresh_for_a_minute(directory: People, slack: Slack, clock: HeldClock) -> None:
    """A removal from a group counts a minute later at most."""
    await directory.person(UserId("U01ALICE"))
    slack.groups = {"ok": True, "usergroups": []}
    await clock.advance(59)
    assert (await directory.person(UserId("U01ALICE"))).usergroups == {"S01ONCALL"}
    await clock.advance(2)
    assert (await directory.person(UserId("U01ALICE"))).usergroups == frozenset()


async def test_nobody_known_has_no_rights_and_is_asked_for_again(directory: People, slack: Slack) -> None:
    """A directory that does not answer gives nobody anything, and is not believed for a minute."""
    unknown = await directory.person(UserId("U03SAM"))
    assert (unknown.full_member, unknown.usergroups, unknown.name) == (False, frozenset(), "U03SAM")
    slack.users["U03SAM"] = MEMBER
    assert (await directory.person(UserId("U03SAM"))).full_member


async def test_a_workspace_without_groups_is_asked_once(
    directory: People, slack: Slack, clock: HeldClock
) -> None:
    """Slack's free plan has none: that is an answer, and kept as one."""
    slack.groups = {"ok": False, "error": "plan_upgrade_required"}
    for _ in range(2):
        alice = await directory.person(UserId("U01ALICE"))
        assert (alice.full_member, alice.usergroups) == (True, frozenset())
    assert slack.asked.count("groups") == 1


async def test_unknown_groups_are_no_groups(directory: People, slack: Slack) -> None:
    """Without the scope for groups, rules for groups do not apply; the person is still a member."""
    slack.groups = {"ok": False, "error": "missing_scope", "needed": "usergroups:read"}
    alice = await directory.person(UserId("U01ALICE"))
    assert (alice.full_member, alice.usergroups) == (True, frozenset())
