"""Writes the recordings and their expected results: `python -m tests.replays.write`."""

from __future__ import annotations

from pathlib import Path

from tests.replays import scenarios
from tests.replays.script import ALL

FOLDER = Path(__file__).parent


def files() -> dict[str, str]:
    """Every file by its name."""
    scenarios.load()
    return {
        f"{name}.{kind}": content
        for name, each in ALL.items()
        for kind, content in (("jsonl", each.recording()), ("expected", each.expected()))
    }


if __name__ == "__main__":
    for name, content in files().items():
        (FOLDER / name).write_text(content)
