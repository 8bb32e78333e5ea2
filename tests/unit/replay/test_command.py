"""`podbot replay` as it is typed."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner

from bot.cli import main
from bot.clock import SystemClock
from bot.errors import ClusterError
from bot.kube.targets import targets
from bot.replay import command
from bot.replay.records import read
from tests.replays.write import FOLDER
from tests.unit.kube.servers import http_server, pod_list

RECORDING = FOLDER / "crash-loop.jsonl"


def test_a_recording_is_told_in_words() -> None:
    """What stands beside the tests' recordings is what a person reads."""
    done = CliRunner().invoke(main, ["replay", str(RECORDING)])
    assert (done.exit_code, done.stdout) == (0, RECORDING.with_suffix(".expected").read_text())


def test_a_recording_is_told_as_json() -> None:
    """For programs."""
    done = CliRunner().invoke(main, ["replay", str(RECORDING), "-o", "json"])
    assert [death["restart"] for death in json.loads(done.stdout)["deaths"]] == [0, 1, 2]


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    """And ends it with 1, and with nothing that could be taken for a result."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"type":"LISTED"}\nnonsense\n')
    done = CliRunner().invoke(main, ["replay", str(bad)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"podbot: {bad}, line 2: it is no record" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param([], "Name a FILE to replay, or one to write", id="neither"),
        pytest.param([str(RECORDING), "--record", "new.jsonl"], "Name a FILE to replay, or one", id="both"),
        pytest.param(
            ["--record", "new.jsonl", "--for", "ever"], "a duration is written as 30s", id="duration"
        ),
        pytest.param(["missing.jsonl"], "does not exist", id="no-such-file"),
    ],
)
def test_what_cannot_be_meant_is_said(arguments: list[str], problem: str) -> None:
    """In click's own way, before anything is connected."""
    done = CliRunner().invoke(main, ["replay", *arguments])
    assert done.exit_code == 2
    assert problem in done.stderr


async def test_a_recording_never_replaces_a_file(tmp_path: Path) -> None:
    """Whatever it was, it is still there."""
    there = tmp_path / "there.jsonl"
    there.write_text("mine")
    with pytest.raises(command.RecordingUnusable, match="cannot be written: File exists"):
        await _record(there, "http://127.0.0.1:1", asyncio.Event())
    assert there.read_text() == "mine"


@pytest.mark.parametrize(
    ("namespace", "problem"),
    [
        pytest.param("", "does not answer", id="nobody-answers"),
        pytest.param("Not_One", "cannot be the name of a namespace", id="no-namespace"),
    ],
)
async def test_what_cannot_be_recorded_is_said_at_once(tmp_path: Path, namespace: str, problem: str) -> None:
    """In place of ten minutes of nothing; and no file stays behind."""
    file = tmp_path / "new.jsonl"
    with pytest.raises(ClusterError, match=problem):
        await _record(file, "http://127.0.0.1:1", asyncio.Event(), namespace=namespace)
    assert not file.exists()


async def test_a_recording_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    """Ctrl-C long before its time; what was recorded until then is whole."""
    file, stop, watched = tmp_path / "new.jsonl", asyncio.Event(), asyncio.Event()

    async def serve(request: web.Request) -> web.StreamResponse:
        if "watch" in request.query:
            watched.set()
        return pod_list()

    async with http_server(serve) as server:
        recording = asyncio.create_task(_record(file, server, stop))
        async with asyncio.timeout(10):
            await watched.wait()
        stop.set()
        said = await recording
    assert [record.kind.value for record in read(file.read_bytes().splitlines())][-1] == "CLOCK"
    assert said[0].startswith("Recording ")
    assert said[-1].endswith("see for yourself.")


async def _record(file: Path, url: str, stop: asyncio.Event, *, namespace: str = "") -> list[str]:
    (target,) = targets(api_url=url, environ={})
    said: list[str] = []
    await command.record(
        *(target, file, stop),
        clock=SystemClock(),
        lasts=timedelta(minutes=5),
        namespace=namespace,
        say=said.append,
    )
    return said
