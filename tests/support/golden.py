"""Golden files: what was once looked at and found right.

`UPDATE_GOLDEN=1` writes them anew; read the difference as the person would who is told it.
"""

from __future__ import annotations

import os
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "golden"


def assert_golden(name: str, said: str) -> None:
    """It is what the file of this name below `tests/golden` has."""
    path = _FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(said, "utf-8")
    assert path.exists(), f"{path} is missing; UPDATE_GOLDEN=1 writes it"
    assert said == path.read_text("utf-8"), f"{path} has it otherwise; UPDATE_GOLDEN=1 writes it anew"
