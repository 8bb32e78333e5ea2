"""Whether podbot can post in a channel is known before it has to, with the scopes that it has anyway."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model.people import ChannelId
from bot.playground.workspace import AppSettings, Workspace, WorkspaceSettings, demo_settings, serve
from bot.playground.workspace.people import Channel
from bot.playground.workspace.settings import DEFAULT_SCOPES
from bot.playground.workspace.wire import ChannelId as WireId
from bot.slack import channels
from bot.slack.client import SlackTrouble, open_client

BY_INFO = DEFAULT_SCOPES | {"channels:read"}


def a_workspace(*, member: bool = True, archived: bool = False, scopes: frozenset[str]) -> WorkspaceSettings:
    """A workspace with one channel."""
    settings = demo_settings(app=AppSettings(scopes=scopes))
    people = {each.id for each in settings.people}
    members = frozenset(people if member else people - {settings.app.user_id})
    channel = Channel(id=WireId("C09ALERTS"), name="alerts", members=members, is_archived=archived)
    return replace(settings, channels=(channel,))


@pytest.mark.parametrize(
    "scopes", [pytest.param(BY_INFO, id="info"), pytest.param(DEFAULT_SCOPES, id="history")]
)
@pytest.mark.parametrize(
    ("channel", "member", "said"),
    [
        pytest.param("C09ALERTS", True, "", id="in-it"),
        pytest.param("C09ALERTS", False, "podbot is not in it: invite it there", id="not-in-it"),
        pytest.param("C0NOWHERE", True, channels._NOT_SEEN, id="not-there"),
    ],
)
async def test_what_keeps_podbot_from_posting(
    scopes: frozenset[str], channel: str, *, member: bool, said: str
) -> None:
    """The answer is the same whether or not the app may look at channels."""
    assert await trouble_with(a_workspace(member=member, scopes=scopes), channel) == said


async def test_an_archived_channel() -> None:
    """Nothing can be posted there, by whoever is in it."""
    assert await trouble_with(a_workspace(archived=True, scopes=BY_INFO), "C09ALERTS") == "it is archived"


async def test_a_token_without_any_right_to_look_is_said_to_lack_it() -> None:
    """Nothing is known then, and nothing is claimed."""
    with pytest.raises(SlackTrouble) as caught:
        await trouble_with(a_workspace(member=True, scopes=frozenset({"chat:write"})), "C09ALERTS")
    assert caught.value.code == "missing_scope"


async def trouble_with(settings: WorkspaceSettings, channel: str) -> str:
    async with (
        serve(Workspace(settings)) as running,
        open_client(bot_token=settings.app.bot_token, api_url=running.api_url) as client,
    ):
        return await channels.trouble(client, ChannelId(channel))
