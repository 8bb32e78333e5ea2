"""The app's manifest asks Slack for what the bot listens to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.playground.workspace import demo_settings
from bot.slack import ask
from bot.slack.connection import NEEDED_SCOPES, USEFUL_SCOPES

MANIFEST = Path(__file__).parents[3] / "deploy" / "slack" / "manifest.yaml"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(MANIFEST.read_text("utf-8"))
    return found


def test_the_home_tab_and_its_event(manifest: dict[str, Any]) -> None:
    """Without the event nobody's tab would ever be drawn."""
    assert manifest["features"]["app_home"]["home_tab_enabled"]
    assert "app_home_opened" in manifest["settings"]["event_subscriptions"]["bot_events"]


def test_the_shortcut(manifest: dict[str, Any]) -> None:
    """Under the name and the id that the bot and the playground know."""
    (shortcut,) = manifest["features"]["shortcuts"]
    assert (shortcut["type"], shortcut["callback_id"]) == ("message", ask.SHORTCUT)
    (demo,) = demo_settings().app.shortcuts
    assert (demo.name, demo.callback_id) == (shortcut["name"], ask.SHORTCUT)


def test_the_scopes(manifest: dict[str, Any]) -> None:
    """Everything that is needed or useful."""
    assert set(manifest["oauth_config"]["scopes"]["bot"]) >= NEEDED_SCOPES | USEFUL_SCOPES
