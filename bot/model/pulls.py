"""Why an image could not be pulled, told from the runtime's message. Pure.

There is no field that says it: containerd, CRI-O and dockershim hand the registry's own words through, each
with its own wrapping. What matters for the next step is one of a few kinds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class PullProblem(Enum):
    """Why the image is not there."""

    BAD_NAME = "bad name"
    NOT_FOUND = "not found"
    RATE_LIMITED = "rate limited"
    NOT_AUTHORISED = "not authorised"
    TIMED_OUT = "timed out"
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    NEVER_PULLED = "never pulled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullWords:
    """What a kind of problem means and what to look at next."""

    meaning: str
    next_step: str


_SIGNS = (
    (PullProblem.BAD_NAME, r"couldn't parse image|invalid reference format|InvalidImageName"),
    (PullProblem.NEVER_PULLED, r"ErrImageNeverPull|is not present with pull policy of Never"),
    (PullProblem.RATE_LIMITED, r"toomanyrequests|too many requests|\b429\b|pull rate limit"),
    # Registries that hide what one may not see say "may require authorization" of what does not exist, too.
    (
        PullProblem.NOT_AUTHORISED,
        r"unauthorized|authentication required|authorization failed|no basic auth credentials|access denied"
        r"|denied:|\b40[13]\b|forbidden",
    ),
    (PullProblem.NOT_FOUND, r"not found|manifest unknown|name unknown|does not exist|\b404\b"),
    (
        PullProblem.UNTRUSTED,
        r"x509|certificate|server gave HTTP response to HTTPS client|SignatureValidationFailed",
    ),
    (
        PullProblem.TIMED_OUT,
        r"i/o timeout|deadline exceeded|timed? ?out|TLS handshake timeout|context canceled",
    ),
    (
        PullProblem.UNREACHABLE,
        r"no such host|connection refused|no route to host|network is unreachable|connection reset|\bEOF\b"
        r"|RegistryUnavailable|\b50[0234]\b|server misbehaving",
    ),
)
_PATTERNS = tuple((problem, re.compile(signs, re.IGNORECASE)) for problem, signs in _SIGNS)

PULL_WORDS = {
    PullProblem.BAD_NAME: PullWords(
        meaning="the image's name is not one that an image can have",
        next_step="Correct the image's name in the workload: waiting will not mend it.",
    ),
    PullProblem.NOT_FOUND: PullWords(
        meaning="the registry does not have this image or tag",
        next_step="Check the name and tag, and whether the build that should have pushed it did.",
    ),
    PullProblem.RATE_LIMITED: PullWords(
        meaning="the registry lets this address pull no more for now",
        next_step="Wait, pull with credentials, or pull through a mirror of your own.",
    ),
    PullProblem.NOT_AUTHORISED: PullWords(
        meaning="the registry does not let this pod pull it, or hides that it is not there",
        next_step="Check imagePullSecrets of the pod and its service account, and the name: some registries "
        "deny what does not exist.",
    ),
    PullProblem.TIMED_OUT: PullWords(
        meaning="the registry did not answer in time",
        next_step="See whether the registry is slow and whether other nodes can pull: it may be this node.",
    ),
    PullProblem.UNREACHABLE: PullWords(
        meaning="the registry cannot be reached from the node",
        next_step="Check the registry's host name, the node's DNS and network, and the registry itself.",
    ),
    PullProblem.UNTRUSTED: PullWords(
        meaning="the node does not trust the registry or the image's signature",
        next_step="Check the registry's certificate and the node's trust in it, or the image's signature.",
    ),
    PullProblem.NEVER_PULLED: PullWords(
        meaning="it is not on the node, and imagePullPolicy Never forbids to pull it",
        next_step="Load the image onto the node, or change imagePullPolicy.",
    ),
    PullProblem.UNKNOWN: PullWords(
        meaning="it cannot be pulled",
        next_step="Check the image's name and tag, then the pull secret and the registry.",
    ),
}

_QUOTED = re.compile(r'"[^"]*"')


def pull_problem(reason: str, message: str) -> PullProblem:
    """What kind of problem a container's waiting state tells of."""
    # An image may be called `not-found`, or have the tag `404`: names say nothing of what went wrong.
    text = f"{reason} {_without_names(message)}"
    return next((problem for problem, signs in _PATTERNS if signs.search(text)), PullProblem.UNKNOWN)


def _without_names(message: str) -> str:
    names = {name.strip('"') for name in _QUOTED.findall(message)}
    text = _QUOTED.sub("", message)
    for name in sorted(names, key=len, reverse=True):
        if len(name) > 1:
            text = text.replace(name, "")
    return text
