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
    """Everything that is needed or useful, and nothing else: whoever installs the app reads the list."""
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == NEEDED_SCOPES | USEFUL_SCOPES


def test_the_playgrounds_app_is_installed_by_it(manifest: dict[str, Any]) -> None:
    """What works there works with what the manifest asks for."""
    app = demo_settings().app
    assert app.scopes == set(manifest["oauth_config"]["scopes"]["bot"])
    assert app.events == set(manifest["settings"]["event_subscriptions"]["bot_events"])
    commands = {each["command"]: each["usage_hint"] for each in manifest["features"]["slash_commands"]}
    assert {each.command: each.usage_hint for each in app.commands} == commands


def test_what_slack_takes_in_a_manifest(manifest: dict[str, Any]) -> None:
    """Slack refuses one that is over these limits, with the lengths of its reference."""
    display, features = manifest["display_information"], manifest["features"]
    assert len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert len(features["bot_user"]["display_name"]) <= 80
    for each in features["shortcuts"]:
        assert len(each["name"]) <= 24
        assert len(each["description"]) <= 150
        assert len(each["callback_id"]) <= 255
    for each in features["slash_commands"]:
        assert len(each["command"]) <= 32
        assert len(each["description"]) <= 2_000
        assert len(each["usage_hint"]) <= 1_000
