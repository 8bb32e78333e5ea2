"""Golden files: what was once looked at and found right. `UPDATE_GOLDEN=1` writes them anew."""

from __future__ import annotations

import json
import os
from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "golden" / "slack"


def assert_golden(name: str, value: object) -> None:
    """The value as JSON equals `tests/golden/slack/<name>.json`."""
    path = _FOLDER / f"{name}.json"
    drawn = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(drawn)
    assert path.exists(), f"{path} is missing; UPDATE_GOLDEN=1 writes it"
    assert drawn == path.read_text()
