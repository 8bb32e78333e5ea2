"""Every recording is announced as it should be, and nothing else of it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.replay import words
from bot.replay.play import play
from bot.replay.records import read
from tests.replays.write import FOLDER, files

RECORDINGS = sorted(FOLDER.glob("*.jsonl"))

HOLES = {
    "botkube": [f"1-{number}" for number in range(1, 8)],
    "robusta": [f"2-{number}" for number in range(1, 7)],
    "kwatch": [f"3-{number}" for number in range(1, 12)],
    "kubewatch": ["4"],
    "restart-info": ["5"],
    "stern": ["6"],
}
"""The known failures of other detectors, by the numbers under which our notes list them."""


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_is_announced_as_expected(recording: Path) -> None:
    """The text that `podbot replay` prints is the one beside the recording."""
    with recording.open("rb") as lines:
        outcome = play(read(lines))
    assert words.text(outcome) == recording.with_suffix(".expected").read_text()


def test_the_written_recordings_are_those_of_the_scripts() -> None:
    """Whoever changes a scenario writes it anew: `python -m tests.replays.write`."""
    stale = [name for name, content in files().items() if (FOLDER / name).read_text() != content]
    assert stale == []


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_begins_with_its_intent(recording: Path) -> None:
    """One line that says what it is there for."""
    first, second = recording.read_text().splitlines()[:2]
    assert re.fullmatch(r"# \S.{15,}\.", first)
    assert second.startswith("{")


def test_every_known_hole_of_other_detectors_has_a_recording() -> None:
    """Named after the detector and the hole's number."""
    names = [path.stem for path in RECORDINGS]
    for detector, numbers in HOLES.items():
        for number in numbers:
            assert any(name.startswith(f"{detector}-{number}-") for name in names), f"{detector} {number}"
    assert len(names) >= 120
