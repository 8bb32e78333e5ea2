"""Why something about a pod could not be read, for where it is told beside what could. Pure."""

from __future__ import annotations

from bot.errors import ClusterError, ClusterRefused, ClusterUnreachable, ObjectNotFound


def why_unread(error: ClusterError) -> str:
    """The reason in a few words: `the cluster gave no answer`."""
    match error:
        case ClusterRefused():
            return "the bot's account may not"
        case ClusterUnreachable():
            return "the cluster gave no answer"
        case ObjectNotFound():
            return "it is not there"
        case _:
            return "the cluster's answer was no help"
