"""A flood of deaths is taken in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.flood import flood

pytestmark = pytest.mark.timeout(120)


async def test_hundreds_a_second(tmp_path: Path) -> None:
    """Some seconds of it; how fast it can be is for `benchmarks/flood.py` to say, on an idle machine."""
    came = await flood(tmp_path, per_second=300, seconds=5.0, say=lambda _: None)
    assert came.deaths == 1_500
    assert came.lag_at_end < 30.0
