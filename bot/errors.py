"""The one root of podbot's errors, and the flag that says who may read their message.

A `UserError` is written for the person who asked: what failed, whether anything was changed, what to do
next. Any other `PodbotError` is for the operator's log; a person sees its short id only.
"""

from __future__ import annotations


class PodbotError(Exception):
    """Root of everything podbot raises on purpose."""


class UserError(PodbotError):
    """An error whose message may be shown to the person who asked, as it is."""


NOTHING_CHANGED = "Nothing was changed."
"""What a message says where nothing was, as the one who reads it may have asked for a change."""


class ClusterError(UserError):
    """The API server did not do what was asked. `changed_nothing` is False where that is not known."""

    changed_nothing: bool = True

    @property
    def of_a_look(self) -> str:
        """The message for those who asked for no change: they are not told that there was none."""
        return str(self).replace(f" {NOTHING_CHANGED}", "")


class ClusterUnreachable(ClusterError):
    """No answer: refused, reset, timed out, or a 5xx that did not go away."""


class ClusterRefused(ClusterError):
    """The API server answered 401 or 403: the bot's own credentials do not allow this."""


class NotServed(ClusterError):
    """The cluster does not serve this part of the API: it is too old, or an addition is not installed."""


class ObjectNotFound(ClusterError):
    """The API server answered 404: no object of this name."""


class ObjectConflict(ClusterError):
    """The API server answered 409: the object is not the one that was seen (UID or version differ)."""


class InvalidRequest(ClusterError):
    """The API server answered 400 or 422: its message says which part of the request it does not take."""


class UnreadableAnswer(ClusterError):
    """The API server answered something that is not the object it was asked for."""


class StoreUnavailable(PodbotError):
    """The store did not take or give what was asked: its disk is full, its server away. Worth another try."""


class Deposed(PodbotError):
    """Another replica leads by now: what this one still wanted to write is refused."""
