"""From an error to what the person who asked is told about it."""

from __future__ import annotations

from bot import logs
from bot.commands.replies import failure, problem
from bot.errors import UserError
from bot.model.messages import Message

logger = logs.get(__name__)


class TookTooLong(UserError):
    """The whole of a request has a time, whatever it waits for."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This was not done after {seconds:.0f} s and podbot gave up waiting. If you were deleting, "
            "look first whether the pod is gone. Otherwise nothing was changed: try again in a minute."
        )


def explained(error: Exception, request: str) -> Message:
    """What to say about an error: its own words where they are for people, else the id of the log line."""
    if isinstance(error, UserError):
        return problem(error)
    logger.error("request_failed", request=request, exc_info=error)
    return failure(request)
