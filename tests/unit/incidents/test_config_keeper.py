"""The configuration in force follows its file, and a bad file changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.files.followed import LOOK_EVERY
from bot.incidents.config_keeper import ConfigKeeper
from bot.incidents.route_config import Config
from bot.model.tuning import Limits, Timings
from tests.support.clock import HeldClock
from tests.support.routes import SECRETS, WHOLE

LESS = "version: 1\nroutes:\n  - {name: all, channel: C01}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "podbot.yaml"


def routes(keeper: ConfigKeeper) -> list[str]:
    return [each.name for each in keeper.config.rules]


@asynccontextmanager
async def followed(keeper: ConfigKeeper) -> AsyncIterator[None]:
    """While it follows its file."""
    following = asyncio.create_task(keeper.run())
    try:
        yield
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


async def until(holds: Callable[[], bool], clock: HeldClock) -> None:
    """Let looks at the file pass; reading it takes a thread, and real time."""
    async with asyncio.timeout(10):
        while not holds():
            await clock.advance(LOOK_EVERY)
            await asyncio.sleep(0.005)


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
    async with followed(keeper):
        path.write_text(WHOLE)
        await until(lambda: routes(keeper) != ["all"], clock)
    assert len(routes(keeper)) == 4


async def test_a_changed_timing_is_taken_up_while_it_runs(path: Path) -> None:
    """And one that is too long changes nothing: what was there goes on, for the limits, too."""
    clock = HeldClock()
    keeper = ConfigKeeper(path, {}, clock)
    path.write_text("version: 1\n")
    await keeper.load()
    assert (keeper.config.timings, keeper.config.limits) == (Timings(), Limits())
    tuned = (Timings(not_ready=timedelta(minutes=20)), Limits(incidents_a_minute=5))
    async with followed(keeper):
        with capture_logs() as logged:
            path.write_text("version: 1\ntimings: {not_ready: 20m}\nlimits: {incidents_a_minute: 5}\n")
            await until(lambda: keeper.config.timings != Timings(), clock)
        assert (keeper.config.timings, keeper.config.limits) == tuned
        assert [each["tuned"] for each in logged] == [["not_ready 20m (10m)", "incidents_a_minute 5 (10)"]]
        path.write_text("version: 1\ntimings: {not_ready: 25h}\nlimits: {incidents_a_minute: 6}\n")
        await until(lambda: bool(keeper.mistakes), clock)
        assert keeper.mistakes == ("line 2: timings.not_ready: must be between 10s and 24h",)
        assert (keeper.config.timings, keeper.config.limits) == tuned
        path.write_text("version: 1\n")
        await until(lambda: not keeper.mistakes, clock)
        assert (keeper.config.timings, keeper.config.limits) == (Timings(), Limits())


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
