"""When to say what: pacing and backoff. Pure."""

from __future__ import annotations

POST_EVERY = 1.1
"""Seconds between two messages to one channel: Slack takes about one a second."""

UPDATE_EVERY = 2.0
"""Seconds between two updates of one message; what changes in between is told together."""

FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 60.0


def backoff(failures: int, retry_after: float | None = None) -> float:
    """Seconds until the next try after `failures` in a row; Slack's own word on it wins."""
    if retry_after is not None:
        return max(retry_after, 0.0)
    return min(FIRST_BACKOFF * 2.0 ** min(max(failures - 1, 0), 16), LONGEST_BACKOFF)


def due_at(now: float, last_to_channel: float | None, last_of_message: float | None) -> float:
    """The earliest monotonic time at which a message may be sent, given when the last calls went out."""
    due = now
    if last_to_channel is not None:
        due = max(due, last_to_channel + POST_EVERY)
    if last_of_message is not None:
        due = max(due, last_of_message + UPDATE_EVERY)
    return due
