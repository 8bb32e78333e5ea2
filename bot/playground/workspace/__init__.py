"""A workspace as strict as Slack: its Web API, Socket Mode and HTTP delivery, and the API of the playground's
page.

An unchanged slack-bolt app connects to it with its API base URL pointed here. It knows nothing of the rest of
podbot.
"""

from bot.playground.workspace.demo_world import demo_settings
from bot.playground.workspace.server import Running, serve
from bot.playground.workspace.settings import (
    AppSettings,
    Command,
    DeliverySettings,
    PaceSettings,
    Shortcut,
    WorkspaceSettings,
)
from bot.playground.workspace.state import Workspace

__all__ = [
    "AppSettings",
    "Command",
    "DeliverySettings",
    "PaceSettings",
    "Running",
    "Shortcut",
    "Workspace",
    "WorkspaceSettings",
    "demo_settings",
    "serve",
]
