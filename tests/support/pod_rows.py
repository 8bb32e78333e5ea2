"""The golden table of awkward pods and their rows, for every test that compares rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from bot.model.answers import Health
from bot.model.pods import Pod

TABLE = Path(__file__).parents[1] / "golden" / "rows" / "pods.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCase:
    """One pod, its row (keys as in `PodRow`), and the cells that a 1.20 server prints otherwise."""

    id: str
    now: datetime
    raw: dict[str, Any]
    row: dict[str, str]
    health: Health
    newer_than_1_20: frozenset[str]

    @property
    def pod(self) -> Pod:
        """The pod as podbot reads it off the API server's JSON."""
        return msgspec.json.decode(json.dumps(self.raw).encode(), type=Pod)


def row_cases() -> list[RowCase]:
    """The whole table, in its order."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    now = datetime.fromisoformat(table["now"])
    return [
        RowCase(
            id=each["id"],
            now=now,
            raw=each["pod"],
            row=each["row"],
            health=Health(each["health"]),
            newer_than_1_20=frozenset(each["newer_than_1_20"]),
        )
        for each in table["cases"]
    ]
