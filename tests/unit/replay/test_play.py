"""A recording played: on its own time, with what was recorded beside the pods, up to a line that is wrong."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bot.model.deaths import Cause
from bot.model.pods import Pod
from bot.replay import words
from bot.replay.command import RecordingUnusable, outcome, replay
from bot.replay.play import Outcome, play
from bot.replay.records import RecordingWrong, read
from bot.replay.virtual_time import RecordedClock, VirtualTimeLoop
from tests.replays.write import FOLDER
from tests.support.clock import START
from tests.support.pods import a_pod, at, crashed, running, waiting


def played(*records: dict[str, object]) -> Outcome:
    return play(read(json.dumps(each).encode() for each in records))


def line(kind: str, pod: Pod, seconds: float) -> dict[str, object]:
    plain = msgspec.to_builtins(pod)
    plain["metadata"]["resourceVersion"] = str(seconds)
    return {"type": kind, "object": {"kind": "Pod", **plain}, "at": at(seconds).isoformat()}


LISTED: dict[str, object] = {"type": "LISTED", "at": START.isoformat()}


def clock(seconds: float) -> dict[str, object]:
    return {"type": "CLOCK", "at": at(seconds).isoformat()}


def test_a_day_of_a_recording_is_played_in_one_go() -> None:
    """Time moves, nobody waits."""
    pulling = a_pod(waiting("app", "ErrImagePull"), phase="Pending")
    found = played(LISTED, line("ADDED", pulling, 1), clock(86_400))
    assert [(death.cause, death.seen_at) for death in found.deaths] == [(Cause.IMAGE_PULL, at(61))]


def test_a_timer_whose_time_does_not_come_stays_silent() -> None:
    """The recording ends before the minute is over."""
    pulling = a_pod(waiting("app", "ErrImagePull"), phase="Pending")
    assert words.text(played(LISTED, line("ADDED", pulling, 1), clock(50))) == "nothing to announce\n"


def test_without_a_marker_the_added_lines_at_the_beginning_are_the_listing() -> None:
    """As kubectl writes it: what was there already is not news."""
    before = line("ADDED", a_pod(running(restarts=3)), 0)
    after = line("MODIFIED", a_pod(crashed(restarts=3, at=5)), 5)
    assert [death.seen_at for death in played(before, after).deaths] == [at(5)]


def test_a_long_life_before_the_recording_is_not_lived_again() -> None:
    """The listing holds pods that are months old; the recording begins with the newest line of it."""
    began = time.monotonic()
    old = a_pod(running(since=-90 * 86_400), name="old", uid="old")
    found = played(line("ADDED", old, -90 * 86_400), line("ADDED", a_pod(running()), 0), clock(10))
    assert found.deaths == ()
    assert time.monotonic() - began < 5


def test_an_empty_recording_is_nothing() -> None:
    """Not even an error."""
    assert words.text(played()) == "nothing to announce\n"


def test_what_is_wrong_in_the_middle_is_an_error_and_no_result() -> None:
    """Half a result would be taken for a whole one."""
    with pytest.raises(RecordingWrong, match="line 3"):
        played(LISTED, line("ADDED", a_pod(crashed()), 10), {"type": "EXPLODED"})
    deployment = {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": "three"}}
    with pytest.raises(RecordingWrong, match="line 2: its object cannot be read"):
        played(LISTED, {"type": "MODIFIED", "object": deployment})


def test_as_json_it_has_what_podbot_knows_of_each_death() -> None:
    """One document, with the incidents and what was said of them."""
    found = json.loads(words.as_json(played(LISTED, line("ADDED", a_pod(crashed(exit_code=137)), 12))))
    (death,), (incident,) = found["deaths"], found["incidents"]
    assert (death["pod"], death["container"], death["restart"]) == ("web-7d4b9c-x2x9q", "app", 0)
    assert (death["cause"], death["exit_code"], death["signal"]) == ("Error", 137, 9)
    assert (death["finished_at"], death["seen_at"]) == ("2026-11-22T14:00:10Z", "2026-11-22T14:00:12Z")
    assert (incident["workload"], incident["deaths"], incident["state"]) == ("deployment/web", 1, "firing")
    assert incident["text"].startswith("Error · web · shop")


def test_as_json_it_has_all_that_was_said() -> None:
    """The message as it stands at the end, and its thread; counts and rollouts where they were recorded."""
    (incident,) = json.loads(replay(FOLDER / "mended-by-a-rollout.jsonl", as_json=True))["incidents"]
    rolled_out = "Revision 3 rolled out: image web:1.5.0 → web:1.5.1"
    assert "1 of 1 Ready since 14:00 UTC · lasted 26 s · 1 death" in incident["message"]
    assert f"14:00 UTC {rolled_out}" in incident["message"]
    assert [entry["message"][0] for entry in incident["thread"]] == [
        rolled_out,
        "Recovered: 1 of 1 Ready since 14:00 UTC, after revision 3 (image web:1.5.1)",
    ]
    (incident,) = json.loads(replay(FOLDER / "crash-loop.jsonl", as_json=True))["incidents"]
    assert not [line for line in incident["message"] if "Ready" in line], "nobody recorded how many it wants"


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """With the line, where it is one."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"type":"ADDED"}\n')
    with pytest.raises(
        RecordingUnusable, match=r"bad\.jsonl, line 1: a record of type ADDED needs an object"
    ):
        outcome(bad)
    with pytest.raises(RecordingUnusable, match="cannot be read"):
        replay(tmp_path / "missing.jsonl", as_json=False)


def test_virtual_time_passes_in_the_order_of_its_timers() -> None:
    """Whatever can run at a moment runs before the next one comes."""

    async def story() -> list[tuple[str, timedelta]]:
        told: list[tuple[str, timedelta]] = []
        recorded = RecordedClock(START)

        async def say(word: str, after: float) -> None:
            await recorded.sleep(after)
            told.append((word, recorded.now() - START))

        await asyncio.gather(say("late", 7_200), say("early", 1), say("at once", 0))
        return told

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        assert runner.run(story()) == [
            ("at once", timedelta()),
            ("early", timedelta(seconds=1)),
            ("late", timedelta(hours=2)),
        ]
