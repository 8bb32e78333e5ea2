"""How what goes wrong between podbot and an API server is said: as a `bot.errors` class, in words.

No third-party exception passes this module. Every message says what failed and on which cluster, whether
anything was changed, and what to do next.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import aiohttp

from bot.errors import (
    NOTHING_CHANGED,
    ClusterError,
    ClusterRefused,
    ClusterUnreachable,
    InvalidRequest,
    NotServed,
    ObjectConflict,
    ObjectNotFound,
    UnreadableAnswer,
)
from bot.kube import parse
from bot.kube.clients import Redirected
from bot.kube.parse import Status
from bot.kube.request import Request
from bot.model.pods import ClusterName
from bot.watch.ports import HistoryGone

_NOTHING = NOTHING_CHANGED
_UNKNOWN = "Whether it was done is not known: look before you ask again."
_LONGEST_QUOTE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A request that failed. `transient`: the same request may well succeed in a moment."""

    error: ClusterError
    transient: bool = False
    retry_after: float | None = None
    """What the server asked for, in seconds; it wins over our own pauses."""


def from_answer(
    cluster: ClusterName, request: Request, code: int, body: bytes, *, retry_after: float | None = None
) -> Fault:
    """The fault that an answer with an error status stands for."""
    return from_status(cluster, request, code, parse.status(body), retry_after=retry_after)


def from_status(
    cluster: ClusterName,
    request: Request,
    code: int,
    status: Status | None,
    *,
    retry_after: float | None = None,
) -> Fault:
    """The fault that a status code means, with the API server's own explanation where it gave one."""
    said = _quote(status.message) if status else ""
    if code == 410 or (status and _version_from_the_future(status)):
        return Fault(error=HistoryGone(f"{cluster} no longer has the history to go on from. {_NOTHING}"))
    if code == 401:
        error: ClusterError = ClusterRefused(
            f"{cluster} does not accept the bot's credentials (401). {_NOTHING} "
            "Whoever runs podbot has to renew them."
        )
        return Fault(error=error)
    if code == 403:
        error = ClusterRefused(
            f"{cluster} does not let the bot {request.doing} (403{said}). {_NOTHING} "
            "Whoever runs podbot has to grant its account that right."
        )
        return Fault(error=error)
    if request.addition and _is_missing(code, status):
        error = NotServed(
            f"{cluster} does not serve {request.addition}, so podbot cannot {request.doing}. {_NOTHING}"
        )
        return Fault(error=error)
    if code == 429 or code >= 500:
        return _overloaded(cluster, request, code, said, retry_after)
    if status is None:
        error = UnreadableAnswer(
            f"{cluster} answered {code} to the wish to {request.doing}, but not as an API server does. "
            f"{_NOTHING} Is its address right?"
        )
        return Fault(error=error)
    if code == 404:
        return Fault(error=ObjectNotFound(f"No {request.subject} on {cluster}. {_NOTHING}"))
    if code == 409:
        error = ObjectConflict(
            f"The {request.subject} is not the one that was seen: it was replaced or changed meanwhile. "
            f"{_NOTHING} List again."
        )
        return Fault(error=error)
    return Fault(error=InvalidRequest(f"{cluster} cannot {request.doing} ({code}{said}). {_NOTHING}"))


def from_exception(cluster: ClusterName, request: Request, problem: Exception, *, waited: float) -> Fault:
    """The fault that an exception of the HTTP client stands for; `waited`: the call's bound in seconds."""
    match problem:
        case aiohttp.ClientConnectorDNSError():
            return Fault(error=_away(cluster, "its name cannot be resolved"), transient=True)
        case aiohttp.ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
            return Fault(error=_away(cluster, "its certificate cannot be verified"))
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return Fault(error=_away(cluster, "no secure connection comes about"))
        case aiohttp.ConnectionTimeoutError():
            return Fault(error=_away(cluster, "no connection comes about in time"))
        case aiohttp.ClientConnectorError() if isinstance(problem.os_error, ConnectionRefusedError):
            return Fault(error=_away(cluster, "connection refused"), transient=True)
        case aiohttp.ClientConnectorError():
            return Fault(error=_away(cluster, "no connection comes about"), transient=True)
        case TimeoutError():
            return Fault(error=_unanswered(cluster, request, f"timed out after {waited:g} s"))
        case Redirected():
            error = UnreadableAnswer(
                f"{cluster} answered the wish to {request.doing} with a redirect ({problem.code}), which "
                f"podbot does not follow: an API server sends none. {_NOTHING} Is its address right?"
            )
            return Fault(error=error)
        case aiohttp.InvalidURL():
            return Fault(error=_away(cluster, "its address is not a URL"))
        case _:
            return Fault(error=_unanswered(cluster, request, "the connection broke off"), transient=True)


def unreadable(cluster: ClusterName, request: Request, problem: Exception | str) -> UnreadableAnswer:
    """The answer came, with a good status, and is not what was asked for."""
    error = UnreadableAnswer(
        f"{cluster} answered the wish to {request.doing} with something that podbot cannot read"
        f"{_quote(str(problem))}. {_UNKNOWN if request.changes else _NOTHING}"
    )
    error.changed_nothing = not request.changes
    return error


def silent(cluster: ClusterName, seconds: float) -> ClusterUnreachable:
    """A watch that says nothing for longer than bookmarks allow: the connection is taken for dead."""
    return ClusterUnreachable(f"{cluster} has been silent for {seconds:g} s. {_NOTHING}")


def no_credentials(cluster: ClusterName, why: str) -> ClusterRefused:
    """There is nothing to send a request with: the kubeconfig, token or plugin did not yield credentials."""
    return ClusterRefused(
        f"The bot has no credentials for {cluster}{_quote(why)}. {_NOTHING} "
        "Whoever runs podbot has to renew them."
    )


def _overloaded(
    cluster: ClusterName, request: Request, code: int, said: str, retry_after: float | None
) -> Fault:
    if code == 429:
        error = ClusterUnreachable(
            f"{cluster} is too busy to answer (429{said}). {_NOTHING} Try again in a minute."
        )
        return Fault(error=error, transient=True, retry_after=retry_after)
    return Fault(
        error=_unanswered(cluster, request, f"{code}{said}"), transient=True, retry_after=retry_after
    )


def _away(cluster: ClusterName, why: str) -> ClusterUnreachable:
    """The request never left, so nothing can have been changed."""
    return ClusterUnreachable(f"{cluster} does not answer ({why}). {_NOTHING}")


def _unanswered(cluster: ClusterName, request: Request, why: str) -> ClusterUnreachable:
    """The request left and no answer came: a change may have been made all the same."""
    error = ClusterUnreachable(
        f"{cluster} does not answer ({why}). {_UNKNOWN if request.changes else _NOTHING}"
    )
    error.changed_nothing = not request.changes
    return error


def _is_missing(code: int, status: Status | None) -> bool:
    """An API that is not installed is a plain 404 of the server's router; one whose server is down, a 503."""
    return code == 503 or (code == 404 and (status is None or not (status.details and status.details.name)))


def _version_from_the_future(status: Status) -> bool:
    """The server says that it is behind the version we hold, as after a restore of etcd from a backup.

    `storage.NewTooLargeResourceVersionError` answers it with 504 and this cause; waiting would not end.
    """
    causes = (status.details.causes if status.details else None) or ()
    return any(cause.reason == "ResourceVersionTooLarge" for cause in causes)


def _quote(text: str) -> str:
    words = " ".join(text.split()).rstrip(".")
    if not words:
        return ""
    return f": {words[:_LONGEST_QUOTE]}…" if len(words) > _LONGEST_QUOTE else f": {words}"
