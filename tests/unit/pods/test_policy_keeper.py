"""The policy in force follows its file, and a bad file never takes rights away or gives any."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from bot.files.followed import LOOK_EVERY
from bot.model.commands import Verb
from bot.pods.policy_keeper import PolicyKeeper
from tests.support.clock import HeldClock
from tests.support.policies import ALICE, DESIGN

NO_DELETE = DESIGN.replace("logs, delete, incidents", "logs")
MISTAKEN = DESIGN.replace("logs, delete", "logs, remove").replace("S01ONCALL", "oncall")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


@pytest.fixture
def keeper(path: Path) -> PolicyKeeper:
    return PolicyKeeper(path, HeldClock())


@pytest.fixture
def logged() -> Iterator[list[EventDict]]:
    with capture_logs() as entries:
        yield entries


def may_delete(keeper: PolicyKeeper) -> bool:
    return keeper.policy.decide(ALICE, Verb.DELETE, "shop").allowed


def errors(logged: list[EventDict]) -> list[str]:
    return [entry["mistake"] for entry in logged if entry["log_level"] == "error"]


async def test_without_a_file_nothing_is_allowed_and_that_is_said() -> None:
    """No `PODBOT_POLICY`: deny by default."""
    keeper = PolicyKeeper(None, HeldClock())
    await keeper.load()
    assert not may_delete(keeper)
    assert keeper.problem == "There is no policy file, so nothing is allowed."


async def test_a_good_file_is_in_force(keeper: PolicyKeeper, path: Path) -> None:
    """The plain case."""
    path.write_text(DESIGN)
    await keeper.load()
    assert may_delete(keeper)
    assert keeper.problem == ""


async def test_a_change_is_taken_up_within_a_second_of_the_clock(path: Path) -> None:
    """Hot reload, both ways, without a restart."""
    clock = HeldClock()
    keeper = PolicyKeeper(path, clock)
    path.write_text(DESIGN)
    following = asyncio.create_task(keeper.run())
    try:
        await _within(clock, lambda: may_delete(keeper))
        path.write_text(NO_DELETE)
        await _within(clock, lambda: not may_delete(keeper))
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


async def test_mistakes_leave_the_old_policy_in_force_and_are_logged_once_with_their_lines(
    keeper: PolicyKeeper, path: Path, logged: list[EventDict]
) -> None:
    """An hour of looking at a mistaken file writes two lines, one a mistake."""
    path.write_text(DESIGN)
    await keeper.load()
    path.write_text(MISTAKEN)
    for _ in range(5):
        await keeper.load()
    assert may_delete(keeper)
    assert keeper.problem == "The policy file has mistakes, so the previous policy stays in force."
    assert [each.split(":")[0] for each in errors(logged)] == ["line 6", "line 9"]


async def test_different_mistakes_are_logged_anew(
    keeper: PolicyKeeper, path: Path, logged: list[EventDict]
) -> None:
    """Whoever mends a file step by step sees each step's outcome."""
    path.write_text(MISTAKEN)
    await keeper.load()
    path.write_text(MISTAKEN.replace("remove", "delete"))
    await keeper.load()
    assert [each.split(":")[0] for each in errors(logged)] == ["line 6", "line 9", "line 9"]
    assert keeper.problem == "The policy file has mistakes, so nothing is allowed."


async def test_going_back_to_the_old_text_ends_the_problem(keeper: PolicyKeeper, path: Path) -> None:
    """A mistake undone is no mistake."""
    counts = []
    for text in (DESIGN, MISTAKEN, DESIGN):
        path.write_text(text)
        await keeper.load()
        counts.append(len(keeper.mistakes))
    assert counts == [0, 2, 0]
    assert keeper.problem == ""
    assert may_delete(keeper)


async def test_a_vanished_file_leaves_the_old_policy_in_force(
    keeper: PolicyKeeper, path: Path, logged: list[EventDict]
) -> None:
    """Unmounted or renamed: said once, and taken up again when it is back."""
    path.write_text(DESIGN)
    await keeper.load()
    path.unlink()
    for _ in range(3):
        await keeper.load()
    assert may_delete(keeper)
    assert keeper.problem == "The policy file cannot be read, so the previous policy stays in force."
    assert errors(logged) == ["No such file or directory"]
    path.write_text(DESIGN)
    await keeper.load()
    assert keeper.problem == ""


async def test_a_file_that_never_was_allows_nothing(keeper: PolicyKeeper, logged: list[EventDict]) -> None:
    """A path that leads nowhere is a problem, not a crash."""
    await keeper.load()
    assert not may_delete(keeper)
    assert keeper.problem == "The policy file cannot be read, so nothing is allowed."
    assert len(errors(logged)) == 1


async def test_a_folder_or_binary_or_endless_file_is_a_mistake(keeper: PolicyKeeper, path: Path) -> None:
    """Whatever is there, looking at it ends and says what is wrong."""
    path.write_bytes(b"version: 1\n\xff\xfe\n")
    await keeper.load()
    assert "mistakes" in keeper.problem
    path.unlink()
    path.mkdir()
    await keeper.load()
    assert "cannot be read" in keeper.problem
    endless = PolicyKeeper(Path("/dev/zero"), HeldClock())
    await endless.load()
    assert "mistakes" in endless.problem


async def test_a_mounted_configmap_is_followed_through_its_link(tmp_path: Path) -> None:
    """The kubelet swaps the link `..data`; the file's own path never changes."""
    for version, text in (("v1", NO_DELETE), ("v2", DESIGN)):
        (tmp_path / version).mkdir()
        (tmp_path / version / "policy.yaml").write_text(text)
    data, path = tmp_path / "..data", tmp_path / "policy.yaml"
    data.symlink_to("v1")
    path.symlink_to("..data/policy.yaml")
    keeper = PolicyKeeper(path, HeldClock())
    await keeper.load()
    assert not may_delete(keeper)
    (tmp_path / "..data_tmp").symlink_to("v2")
    (tmp_path / "..data_tmp").rename(data)
    await keeper.load()
    assert may_delete(keeper)


async def _within(clock: HeldClock, holds: object) -> None:
    """Let the keeper look again until it holds; files are read in a thread, which takes real time."""
    assert callable(holds)
    async with asyncio.timeout(10):
        while not holds():
            await clock.advance(LOOK_EVERY)
            await asyncio.sleep(0.005)
