"""What the machine says of its sleep."""

from __future__ import annotations

from bot.ops.heartbeat import STANDS_STILL
from bot.ops.suspension import slept


def test_a_machine_that_is_awake_sleeps_no_longer() -> None:
    """The two clocks are read one after the other, and still agree to far less than what counts."""
    before = slept()
    assert before >= -STANDS_STILL
    assert abs(slept() - before) < STANDS_STILL
