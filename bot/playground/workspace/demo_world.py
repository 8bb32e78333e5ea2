"""The demo's workspace: three people, three channels, the on-call group, and podbot as its app."""

from __future__ import annotations

from dataclasses import replace

from bot.playground.workspace.people import Channel, User, UserGroup
from bot.playground.workspace.settings import (
    PODBOT,
    AppSettings,
    Command,
    DeliverySettings,
    PaceSettings,
    Shortcut,
    WorkspaceSettings,
)
from bot.playground.workspace.wire import ChannelId, UserGroupId, UserId

ALICE = UserId("U01ALICE")
BOB = UserId("U02BOB")
SAM = UserId("U03SAM")
ONCALL = UserGroupId("S01ONCALL")
INCIDENTS = ChannelId("C01INCIDENTS")
ALERTS = ChannelId("C02ALERTS")
GENERAL = ChannelId("C03GENERAL")

_PEOPLE = (
    User(
        id=ALICE, name="alice", real_name="Alice Arden", title="On-call engineer", email="alice@example.com"
    ),
    User(id=BOB, name="bob", real_name="Bob Berg", title="Developer", email="bob@example.com"),
    User(id=SAM, name="sam", real_name="Sam Stone", title="Sales, no rights here", email="sam@example.com"),
    User(id=PODBOT, name="podbot", real_name="podbot", is_bot=True),
)
_EVERYBODY = frozenset({ALICE, BOB, SAM})
_USAGE = "list [-n namespace] | logs pod | delete pod | help"


def demo_settings(
    *,
    panel_url: str | None = None,
    request_url: str | None = None,
    app: AppSettings | None = None,
    pace: PaceSettings | None = None,
    delivery: DeliverySettings | None = None,
) -> WorkspaceSettings:
    """The settings of the demo's workspace.

    Args:
        panel_url: Handed to the page as it is.
        request_url: Where signed HTTP deliveries go; None for Socket Mode.
        app: In place of podbot's own tokens, scopes, commands and shortcuts.
        pace: In place of Slack's rate limits.
        delivery: In place of Slack's waiting times.
    """
    podbot = app or AppSettings(
        user_id=PODBOT,
        commands=(
            Command(command="/pods", description="Ask about pods, or act on them", usage_hint=_USAGE),
            Command(
                command="/kubectl", description="The same, in kubectl's words", usage_hint="get pods -o wide"
            ),
        ),
        shortcuts=(Shortcut(name="Ask podbot", callback_id="podbot_ask"),),
    )
    return WorkspaceSettings(
        app=podbot if request_url is None else replace(podbot, request_url=request_url),
        people=_PEOPLE,
        channels=(
            Channel(
                id=INCIDENTS,
                name="incidents",
                topic="What is broken now, and who has it",
                members=_EVERYBODY | {PODBOT},
            ),
            Channel(id=ALERTS, name="alerts", topic="podbot's alerts", members=_EVERYBODY | {PODBOT}),
            Channel(id=GENERAL, name="general", topic="Everything else", members=_EVERYBODY),
        ),
        usergroups=(UserGroup(id=ONCALL, handle="oncall", name="On call", users=(ALICE,)),),
        panel_url=panel_url,
        pace=pace or PaceSettings(),
        delivery=delivery or DeliverySettings(),
    )
