"""The configuration in force follows its file, and a bad file changes nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.files.followed import LOOK_EVERY
from bot.incidents.config_keeper import ConfigKeeper
from bot.incidents.route_config import Config
from tests.support.clock import HeldClock
from tests.support.routes import SECRETS, WHOLE

LESS = "version: 1\nroutes:\n  - {name: all, channel: C01}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "podbot.yaml"


def routes(keeper: ConfigKeeper) -> list[str]:
    return [each.name for each in keeper.config.rules]


async def test_without_a_file_there_is_the_empty_configuration() -> None:
    """No `PODBOT_CONFIG`, and nothing wrong with that."""
    keeper = ConfigKeeper(None, {}, HeldClock())
    await keeper.load()
    assert (keeper.config, keeper.problem, keeper.mistakes) == (Config(), "", ())


async def test_a_change_is_taken_up_while_it_runs(path: Path) -> None:
    """Hot reload: the next incident goes by it."""
    clock = HeldClock()
    keeper = ConfigKeeper(path, SECRETS, clock)
    path.write_text(LESS)
    await keeper.load()
    assert routes(keeper) == ["all"]
    following = asyncio.create_task(keeper.run())
    try:
        path.write_text(WHOLE)
        async with asyncio.timeout(10):
            while routes(keeper) == ["all"]:
                await clock.advance(LOOK_EVERY)
                await asyncio.sleep(0.005)
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
    assert len(routes(keeper)) == 4


async def test_mistakes_leave_the_old_one_in_force(path: Path) -> None:
    """They are logged once, with their lines; the file made right ends the problem."""
    keeper = ConfigKeeper(path, SECRETS, HeldClock())
    path.write_text(LESS)
    await keeper.load()
    path.write_text(WHOLE.replace("escalation: on-call", "escalation: nobody"))
    with capture_logs() as logged:
        for _ in range(3):
            await keeper.load()
    assert routes(keeper) == ["all"]
    assert keeper.problem == (
        "The configuration file has mistakes, so the previous configuration stays in force."
    )
    assert [each["mistake"] for each in logged] == list(keeper.mistakes)
    path.write_text(WHOLE)
    await keeper.load()
    assert (keeper.problem, keeper.mistakes) == ("", ())


async def test_a_file_that_never_was_good_leaves_the_alert_channel(path: Path) -> None:
    """And says so."""
    keeper = ConfigKeeper(path, SECRETS, HeldClock())
    await keeper.load()
    assert keeper.config == Config()
    assert keeper.problem == (
        "The configuration file cannot be read, so all alerts go to PODBOT_ALERT_CHANNEL."
    )
