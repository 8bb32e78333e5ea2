"""`podbot` with a clock that a trial can hurry and step: `python -m tests.chaos.runner run`.

The file that `CHAOS_CLOCK` names holds by how many seconds the wall clock is wrong; it is read whenever the
time is asked for. `CHAOS_HASTE` says how many times as fast waits pass: monotonic time is never stepped.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import cli


class SteppedClock:
    """The machine's clock, wrong and hurried as it is told."""

    def __init__(self) -> None:
        self._file = Path(os.environ["CHAOS_CLOCK"])
        self._haste = float(os.environ["CHAOS_HASTE"])

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self._file.read_text() or 0))

    def monotonic(self) -> float:
        return time.monotonic() * self._haste

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._haste)


if __name__ == "__main__":
    setattr(cli, "SystemClock", SteppedClock)  # noqa: B010 - the command line makes its clock by this name
    cli.main()
