"""When to say what."""

from __future__ import annotations

import pytest

from bot.outbox.schedule import LONGEST_BACKOFF, POST_EVERY, UPDATE_EVERY, backoff, due_at


@pytest.mark.parametrize(
    ("failures", "retry_after", "pause"),
    [
        (1, None, 1.0),
        (2, None, 2.0),
        (5, None, 16.0),
        (7, None, LONGEST_BACKOFF),
        (10_000, None, LONGEST_BACKOFF),
        (1, 30.0, 30.0),
        (9, 0.0, 0.0),
        (1, -1.0, 0.0),
    ],
)
def test_pauses_double_up_to_a_minute_and_slacks_word_wins(
    failures: int, retry_after: float | None, pause: float
) -> None:
    """Retry-After is an order, not an offer."""
    assert backoff(failures, retry_after) == pause


@pytest.mark.parametrize(
    ("channel", "message", "due"),
    [
        pytest.param(None, None, 100.0, id="nothing-before"),
        pytest.param(99.5, None, 99.5 + POST_EVERY, id="the-channel-was-just-used"),
        pytest.param(90.0, 99.0, 99.0 + UPDATE_EVERY, id="the-message-was-just-updated"),
        pytest.param(50.0, 50.0, 100.0, id="long-ago"),
    ],
)
def test_a_channel_and_a_message_each_have_their_pace(
    channel: float | None, message: float | None, due: float
) -> None:
    """The later of the two counts."""
    assert due_at(100.0, channel, message) == due
