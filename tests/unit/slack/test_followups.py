"""A deletion is followed up in a task of its own, whatever Slack, the cluster or we ourselves do wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from bot.model.deletions import Aftermath, Deletion
from bot.playground.workspace import AppSettings, Workspace, demo_settings
from bot.slack import followups
from bot.slack.client import SlackTrouble
from bot.slack.files import Files
from bot.slack.followups import FollowUps
from tests.support.drawing import as_text
from tests.support.told_deletions import REPLACED
from tests.unit.slack.conftest import Bench, podbot_in


async def deleted(bench: Bench, *, channel: str = "#incidents") -> dict[str, Any]:
    """Alice has deleted web-1, and the channel has been told."""
    await bench.alice.types(channel, "/pods delete web-1")
    await bench.alice.sees_view("Delete `web-1` in shop?")
    await bench.alice.submits()
    return await bench.bob.sees(channel, "deleted `web-1`")


async def test_files_that_slack_does_not_take() -> None:
    """A scope that is missing costs the evidence, not the deletion."""
    podbot = demo_settings().app
    scopes = AppSettings().scopes - {"files:write"}
    settings = demo_settings(app=AppSettings(user_id=podbot.user_id, commands=podbot.commands, scopes=scopes))
    async with podbot_in(Workspace(settings)) as bench:
        said = await deleted(bench)
        assert "Logs, describe and events could not be saved." in as_text(said)


@pytest.mark.parametrize(
    ("failures", "end"),
    [
        pytest.param(1, "are in the thread", id="for-a-moment"),
        pytest.param(9, "could not be saved", id="for-good"),
    ],
)
async def test_files_that_slack_does_not_take_just_now(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, failures: int, end: str
) -> None:
    """They are tried once more, after the deletion."""
    add_to, left = Files.add_to, failures

    async def failing(*args: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            raise SlackTrouble("ratelimited", passing=True)
        return await add_to(*args)

    monkeypatch.setattr(Files, "add_to", failing)
    await deleted(bench)
    await bench.bob.sees("#incidents", end)


async def test_files_that_take_too_long(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is an end to waiting for them."""
    monkeypatch.setattr(followups, "_SAVED_WITHIN", 0.1)

    tried = False

    async def hanging(*_: Any) -> None:
        nonlocal tried
        if tried:
            await asyncio.Event().wait()
        tried = True
        raise SlackTrouble("ratelimited", passing=True)

    monkeypatch.setattr(Files, "add_to", hanging)
    await deleted(bench)
    await bench.bob.sees("#incidents", "could not be saved")


async def test_a_mistake_of_ours_is_said_and_logged(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deletion is done; that nobody follows it is said."""

    async def broken(deletion: Deletion) -> AsyncGenerator[Aftermath, None]:
        if deletion.pods:
            raise KeyError("ours")
        yield REPLACED

    monkeypatch.setattr(bench.pods, "follow", broken)
    await deleted(bench)
    said = await bench.bob.sees("#incidents", "podbot failed at following this any further")
    assert "ours" not in as_text(said)


async def test_too_many_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than can be followed is told so at once, and keeps nobody waiting."""
    monkeypatch.setattr(bench.follow_ups, "_most_at_once", 1)
    await deleted(bench)
    await bench.alice.types("#incidents", "/pods delete web-2")
    await bench.alice.sees_view("Delete `web-2` in shop?")
    await bench.alice.submits()
    await bench.bob.sees("#incidents", "podbot follows too many deletions already")


async def test_a_message_that_somebody_removed(bench: Bench) -> None:
    """There is nothing to change any more; the follow-up ends all the same."""
    said = await deleted(bench)
    await bench.client.chat_delete(channel=said["channel"], ts=said["ts"])
    await bench.pods.aftermath.put(REPLACED)
    async with asyncio.timeout(5):
        while bench.follow_ups.running:  # noqa: ASYNC110 - the follow-up's own end
            await asyncio.sleep(0.01)


async def test_a_change_that_slack_does_not_take_just_now(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again after the pause that Slack asks for."""
    update, left = bench.client.chat_update, 1

    async def failing(**fields: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            raise SlackTrouble("ratelimited", passing=True, retry_after=0.01)
        return await update(**fields)

    monkeypatch.setattr(bench.client, "chat_update", failing)
    await deleted(bench)
    await bench.bob.sees("#incidents", "Waiting for its replacement")


async def test_closing_without_anything_to_close() -> None:
    """A bot that deleted nothing stops at once."""
    await FollowUps().close(1.0)
